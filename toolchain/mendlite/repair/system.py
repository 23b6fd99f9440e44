"""One layer's repair as a system of integer rows, for least squares and bias correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNBOUNDED = np.int64(2) ** 40
"""A bound that no accumulator reaches (they are int32), for the open side of a target."""

RESIDUAL_LIMIT = 2**22
"""Largest residual in target units. Its square times 2**18 rows stays inside int64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSystem:
    """Rows of one layer with C output channels, K weights a channel and S rows.

    The accumulator of row s and channel c is ``acc = rows[s] . weights[c] + bias[c]``, where
    ``rows`` are integers: int16[S, K] shared by all channels, or int16[S, C, K] for a
    depthwise convolution. For int8 activations they are x_q - z_x and ``acc`` is the kernel's
    own int32 accumulator.

    ``weights`` i64[C, K]; ``bias`` i64[C] in the accumulator's unit, or None where the layer
    has none that may be edited; ``fixed_bias`` f64[C] is what the kernel adds that is not an
    integer in that unit (the float32 bias of a layer with float activations; else zero).

    A row is right when ``low <= acc + fixed_bias <= high``: equal where the target lies
    inside the output's range, one-sided where the output saturates there (a fused ReLU
    passes any accumulator below zero). ``low`` and ``high`` are i64[S, C] in units of
    ``2**-fraction_bits`` of the accumulator.

    ``weights_float`` f64[C, K] are the float model's weights in the same unit as ``weights``.
    ``editable`` bool[C] says which channels may change (dead channels may not).
    """

    rows: NDArray[np.int16]
    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None
    fixed_bias: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    fraction_bits: int
    weights_float: NDArray[np.float64]
    editable: NDArray[np.bool_]

    @property
    def depthwise(self) -> bool:
        """Whether every channel has rows of its own."""
        return self.rows.ndim == 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRepair:
    """New integers for one layer, and what is claimed of them.

    ``weights`` i64[C, K], ``bias`` i64[C] or None, as in ``LayerSystem``. ``before`` and
    ``after`` i64[C] are per-channel sums of squared distances from the targets, in squared
    target units.
    """

    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None
    before: NDArray[np.int64]
    after: NDArray[np.int64]


def targets(
    *,
    wanted: NDArray[Any],
    open_low: NDArray[np.bool_],
    open_high: NDArray[np.bool_],
    unit: NDArray[np.float64],
    fraction_bits: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bounds (low, high) i64[S, C] from wanted real outputs [S, C].

    ``unit`` f64[C] is the real value of one accumulator unit (s_x * s_w). Where ``open_low``
    (``open_high``) holds, any smaller (larger) accumulator is as good: the output saturates.
    """
    scaled = wanted.astype(np.float64) / unit
    fixed = np.rint(scaled * (1 << fraction_bits))
    fixed = np.clip(fixed, -float(UNBOUNDED), float(UNBOUNDED)).astype(np.int64)
    return np.where(open_low, -UNBOUNDED, fixed), np.where(open_high, UNBOUNDED, fixed)


def accumulators(system: LayerSystem) -> NDArray[np.int64]:
    """Accumulators i64[S, C] of the system's own weights and bias, without ``fixed_bias``.

    The products run in float64, where they are exact: |x| <= 2**15, |w| <= 2**8 and
    K <= 2**20 give sums below 2**53.
    """
    product = multiply(system.rows, system.weights)
    acc = product.astype(np.int64)
    return acc if system.bias is None else acc + system.bias


def multiply(rows: NDArray[np.int16], weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """Exact products rows . weights, f64[S, C], for shared and for depthwise rows."""
    values = rows.astype(np.float64)
    if rows.ndim == 3:
        result: NDArray[np.float64] = np.einsum("sck,ck->sc", values, weights.astype(np.float64))
        return result
    return values @ weights.T.astype(np.float64)


def residuals(system: LayerSystem, acc: NDArray[np.int64]) -> NDArray[np.int64]:
    """Signed distance i64[S, C] from each accumulator to its target, in target units.

    Zero where a one-sided target already holds; limited to +-RESIDUAL_LIMIT.
    """
    scale = 1 << system.fraction_bits
    here = acc * scale + np.rint(system.fixed_bias * scale).astype(np.int64)
    distance = np.clip(here, system.low, system.high) - here
    limited: NDArray[np.int64] = np.clip(distance, -RESIDUAL_LIMIT, RESIDUAL_LIMIT)
    return limited


def squared_error(residual: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum of squares per channel, i64[C]; exact for up to 2**18 rows."""
    result: NDArray[np.int64] = (residual * residual).sum(axis=0)
    return result
