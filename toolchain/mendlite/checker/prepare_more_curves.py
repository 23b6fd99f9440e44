"""What the curves of ``more_curves.py`` need."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mendlite.checker.site import Site

RULES: Mapping[str, tuple[tuple[str, ...], Callable[[Site], None]]] = {}
"""Types besides float32, and what raises where a multiplier does not fit."""
