"""One layer's repair as a system of integer rows, for least squares and bias correction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.layer_system import RESIDUAL_LIMIT, LayerSystem

UNBOUNDED = np.int64(2) ** 40
"""A bound that no accumulator reaches (they are int32), for the open side of a target."""


def targets(
    *,
    float_targets: NDArray[Any],
    open_low: NDArray[np.bool_],
    open_high: NDArray[np.bool_],
    unit: NDArray[np.float64],
    fraction_bits: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bounds (low, high) i64[S, C] from target real outputs [S, C].

    ``unit`` f64[C] is the real value of one accumulator unit (s_x * s_w). Where ``open_low``
    (``open_high``) holds, any smaller (larger) accumulator is as good: the output saturates.
    """
    # In place: a large layer has some 10**8 of them.
    scaled = np.divide(float_targets, unit, dtype=np.float64)
    scaled *= 1 << fraction_bits
    np.clip(np.rint(scaled, out=scaled), -float(UNBOUNDED), float(UNBOUNDED), out=scaled)
    low = scaled.astype(np.int64)
    del scaled
    high = low.copy()
    low[open_low], high[open_high] = -UNBOUNDED, UNBOUNDED
    return low, high


def accumulators(system: LayerSystem) -> NDArray[np.int64]:
    """Accumulators i64[S, C] of the system's own weights and bias, without ``fixed_bias``.

    The products run in float64, where they are exact: |x| <= 2**15, |w| <= 2**8 and
    K <= 2**20 result in sums below 2**53.
    """
    product = multiply(system.rows, system.weights)
    acc = product.astype(np.int64)
    return acc if system.bias is None else acc + system.bias


def multiply(rows: NDArray[Any], weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """Exact products rows . weights, f64[S, C], for shared and for depthwise rows.

    ``rows`` are integers, of an integer type or f64, which is not copied.
    """
    values = np.asarray(rows, np.float64)
    if rows.ndim == 3:
        each = values.transpose(1, 0, 2) @ weights.astype(np.float64)[..., None]
        return np.ascontiguousarray(each[..., 0].T)
    return values @ weights.T.astype(np.float64)


TOGETHER = 64
"""Rows that are added as one: numpy adds long rows several times as fast as short ones."""


def column_sums(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums i64[C] of integers [S, C], which no order changes."""
    count, channels = values.shape
    whole = count - count % TOGETHER
    long = values[:whole].reshape(-1, TOGETHER * channels).sum(axis=0)
    sums: NDArray[np.int64] = long.reshape(TOGETHER, channels).sum(axis=0)
    sums += values[whole:].sum(axis=0)
    return sums


def residuals(system: LayerSystem, acc: NDArray[np.int64]) -> NDArray[np.int64]:
    """Signed distance i64[S, C] from each accumulator to its target, in target units.

    Zero where a one-sided target already holds; limited to +-RESIDUAL_LIMIT.
    """
    scale = 1 << system.fraction_bits
    here: NDArray[np.int64] = acc * scale
    here += np.rint(system.fixed_bias * scale).astype(np.int64)
    # In place: a large layer has some 10**8 of them.
    distance = np.maximum(here, system.low)
    np.minimum(distance, system.high, out=distance)
    distance -= here
    np.maximum(distance, -RESIDUAL_LIMIT, out=distance)
    np.minimum(distance, RESIDUAL_LIMIT, out=distance)
    return distance


def squared_error(residual: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum of squares per channel, i64[C]; exact for up to 2**18 rows."""
    return column_sums(residual * residual)
