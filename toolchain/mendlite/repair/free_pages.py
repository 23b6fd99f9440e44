"""Free memory between the arrays of a large network's repair goes back to the system.

malloc returns what is free at the end of the heap alone. The gaps that one layer's arrays leave fit
the next layer's badly: on MobileNetV2 they add up to as much as all that is in use.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

from mendlite.case.case import Case
from mendlite.repair.facts import LARGE, replayed_multiplications
from mendlite.workers.c_library import of_c_library


def free_pages(case: Case) -> None:
    """Return free pages to the system where a replay of the case is large.

    A small network's arrays are allocated again at once, in the same pages.
    """
    trim = _trim()
    if trim is not None and replayed_multiplications(case) >= LARGE:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    """``malloc_trim`` of glibc; None of another C library."""
    trim = of_c_library("malloc_trim")
    if trim is not None:
        trim.argtypes = (ctypes.c_size_t,)
    found: Callable[[int], int] | None = trim
    return found
