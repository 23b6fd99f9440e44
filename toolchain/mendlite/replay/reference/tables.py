"""Kernels that look integers up in a table of all outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.pairwise import Pairwise
from mendlite.compiled import values as compiled
from mendlite.compiled.trial import usable
from mendlite.replay.reference.context import Arrays, Kernel


def by_table(table: NDArray[Any], source: np.dtype[Any]) -> Kernel:
    """The kernel whose outputs for all values of the type ``source``, in order, are ``table``."""
    unsigned = np.dtype(f"u{source.itemsize}")
    every = np.arange(len(table), dtype=unsigned).view(source)
    by_bits = np.ascontiguousarray(table[every.astype(np.int64) - np.iinfo(source).min])
    if usable() and (source.itemsize, by_bits.dtype) in compiled.TABLES:
        return lambda x: compiled.look_up(by_bits, x[0].astype(source, copy=False))
    return lambda x: by_bits.take(x[0].astype(source, copy=False).view(unsigned))


def by_pairs(of: Pairwise, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.int8]:
    """``of`` two int8 arrays that broadcast."""
    found = compiled.look_up_pairs(of.table, first, second) if usable() else None
    return of(first, second) if found is None else found


def all_bytes(x: Arrays) -> list[NDArray[np.int8]]:
    """The arrays as int8."""
    return [values.astype(np.int8, copy=False) for values in x]
