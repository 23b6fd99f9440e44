"""Memory that replays free stays with the process, for the arrays that come next."""

from __future__ import annotations

import ctypes
from functools import cache

from mendlite.workers.c_library import of_c_library

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""``M_TRIM_THRESHOLD`` and ``M_MMAP_THRESHOLD`` of glibc's malloc.h."""

KEPT, ON_THE_HEAP = 2**28, 2**26
"""Bytes: what stays free at the end of the heap, and from where an array has pages of its own.
Larger arrays are those of all samples of a large network: on the heap, the gaps that they leave
stay, and its memory adds up from layer to layer."""


@cache
def keep_freed_memory() -> None:
    """Let malloc reuse freed pages; nothing where the C library has no mallopt.

    A replay allocates and frees arrays of some megabytes for each operator of each slice. glibc
    returns those pages to the system at once and gets zeroed ones for the next array: 15 % of a
    small model's repair. Only the command does this: in someone else's process malloc is theirs.
    """
    mallopt = of_c_library("mallopt")
    if mallopt is not None:
        mallopt(ctypes.c_int(MMAP_THRESHOLD), ctypes.c_int(ON_THE_HEAP))
        mallopt(ctypes.c_int(TRIM_THRESHOLD), ctypes.c_int(KEPT))
