"""One layer as a system of integer rows, and new integers for it: values alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.tensor import WEIGHT_LIMIT

RESIDUAL_LIMIT = 2**22
"""Largest residual in target units. Its square times 2**18 rows stays inside int64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSystem:
    """Rows of one layer with C output channels, K weights a channel and S rows.

    The accumulator of row s and channel c is ``acc = rows[s] . weights[c] + bias[c]``, where
    ``rows`` are integers, int16 or the same values in f64: [S, K] shared by all channels, or
    [S, C, K] for a depthwise convolution. For int8 activations they are x_q - z_x and ``acc`` is
    the kernel's own int32 accumulator.

    ``weights`` i64[C, K]; ``bias`` i64[C] in the accumulator's unit, or None where the layer
    has none that may be edited; ``fixed_bias`` f64[C] is what the kernel adds that is not an
    integer in that unit (the float32 bias of a layer with float activations; else zero).

    A row is right when ``low <= acc + fixed_bias <= high``: equal where the target lies
    inside the output's range, one-sided where the output saturates there (a fused ReLU
    passes any accumulator below zero). ``low`` and ``high`` are i64[S, C] in units of
    ``2**-fraction_bits`` of the accumulator.

    ``weights_float`` f64[C, K] are the float model's weights in the same unit as ``weights``;
    ``own_float`` is false where those are another network's, and it is ``weights`` instead.
    ``editable`` bool[C] marks the channels that may change (dead channels may not).
    ``weight_range`` are the smallest and the largest weight that the layer's type takes.
    """

    rows: NDArray[Any]
    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None
    fixed_bias: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    fraction_bits: int
    weights_float: NDArray[np.float64]
    editable: NDArray[np.bool_]
    weight_range: tuple[int, int] = (-WEIGHT_LIMIT, WEIGHT_LIMIT)
    own_float: bool = True

    @property
    def depthwise(self) -> bool:
        """Whether every channel has rows of its own."""
        return self.rows.ndim == 3

    def of_rows(self, part: slice) -> LayerSystem:
        """The same layer with some of its rows."""
        return replace(self, rows=self.rows[part], low=self.low[part], high=self.high[part])

    def without_targets(self) -> LayerSystem:
        """The same rows and weights; ``low`` and ``high`` have no rows."""
        return replace(self, low=self.low[:0], high=self.high[:0])

    def of_channels(self, part: slice | NDArray[np.intp]) -> LayerSystem:
        """Some channels of the layer: a system of their own."""
        return replace(
            self,
            rows=self.rows[:, part] if self.depthwise else self.rows,
            weights=self.weights[part],
            bias=None if self.bias is None else self.bias[part],
            fixed_bias=self.fixed_bias[part],
            low=self.low[:, part],
            high=self.high[:, part],
            weights_float=self.weights_float[part],
            editable=self.editable[part],
        )


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
