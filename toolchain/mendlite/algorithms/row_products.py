"""Products of a layer's rows with weights, with distances and with each other: whole numbers.

Rows of int8 activations have 9 bits: the compiled kernel of dense layers multiplies them in int16
and adds in int32, some ten times as fast as float64. Other rows, and sums that int32 might not
hold, are multiplied in float64, as exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.system import multiply
from mendlite.compiled.whole_products import whole_products
from mendlite.model.layer_system import LayerSystem

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]
Small = NDArray[np.int16]

LOW_BITS = 11
"""Bits of a distance's lower part: it and the upper part, of 2**22 >> 11, are int16."""


def reach_of(rows: NDArray[Any]) -> int:
    """The largest magnitude of rows; 0 without any."""
    return max(int(rows.max(initial=0)), -int(rows.min(initial=0)))


def with_weights(system: LayerSystem) -> Callable[[NDArray[Any]], Wholes]:
    """Some rows of the system → their products with its weights, i64[S, C]."""
    if system.rows.dtype == np.int16 and not system.depthwise:
        product = whole_products(system.weights.T, reach_of(system.rows))
        if product is not None:
            return lambda rows: product(rows).astype(np.int64)
    return lambda rows: multiply(rows, system.weights).astype(np.int64)


def with_distances(rows: NDArray[Any], distances: Wholes) -> Floats:
    """Products rows^T . ``distances`` i64[S, C], f64[C, K]; |distances| <= 2**22."""
    if rows.dtype == np.int16 and rows.ndim == 2:
        upper = distances >> LOW_BITS
        parts = np.concatenate([distances - (upper << LOW_BITS), upper], axis=1)
        sums = _across(parts.astype(np.int16), rows)
        if sums is not None:
            low, high = sums[: distances.shape[1]], sums[distances.shape[1] :]
            return low + high.astype(np.float64) * (1 << LOW_BITS)
    values, right = np.asarray(rows, np.float64), distances.astype(np.float64)
    if values.ndim == 3:
        each: Floats = right.T[:, None, :] @ values.transpose(1, 0, 2)
        return each[:, 0]
    return right.T @ values


def _across(first: Small, second: Small) -> NDArray[np.int32] | None:
    """Products first^T . second, i32[M, N], of [S, M] and [S, N]; None where int32 is too small.

    The kernel packs one of them: the narrower one, if its sums allow it.
    """
    by_second = first.shape[1] >= second.shape[1]
    for packs_second in (by_second, not by_second):
        packed, other = (second, first) if packs_second else (first, second)
        product = whole_products(packed, reach_of(other))
        if product is not None:
            sums = product(np.ascontiguousarray(other.T))
            return sums if packs_second else np.ascontiguousarray(sums.T)
    return None


def with_each_other(rows: NDArray[Any]) -> Floats:
    """The Gram matrix f64[K, K] of rows [S, K]; f64[C, K, K] of a depthwise layer's [S, C, K]."""
    if rows.dtype == np.int16 and rows.ndim == 2:
        product = whole_products(rows, reach_of(rows))
        if product is not None:
            return product(np.ascontiguousarray(rows.T)).astype(np.float64)
    values = by_channel(rows)
    gram: Floats = values.swapaxes(-1, -2) @ values
    return gram


def by_channel(rows: NDArray[Any]) -> Floats:
    """Rows f64[S, K], or f64[C, S, K] of a depthwise layer, as products read them."""
    values = np.asarray(rows, np.float64)
    return values.transpose(1, 0, 2) if values.ndim == 3 else values
