"""One limit of a gate and whether a result meets it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """``name`` is the key in a target's [gate], ``limit`` its value as text.

    ``breach`` is the sentence of a limit that is not met, empty where it is.
    """

    name: str
    limit: str
    breach: str
