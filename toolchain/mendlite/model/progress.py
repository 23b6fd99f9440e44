"""How a long computation reports its progress."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done, and of how many."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""
