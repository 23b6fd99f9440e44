"""The frames of an SVDF over recordings, in exact integers and in float32.

Source: ``EvalIntegerSVDF`` and ``EvalFloatSVDF`` of TFLite's ``reference_ops/svdf.h``, and
``EvalIntegerSvdfReference`` of TFLite Micro's ``svdf_common.cc``. Each filter has a feature, the
product of a frame with its weights, and weighs its features of the last ``memory`` frames. A unit
is the sum of ``rank`` neighbouring filters and its bias. States begin with the real value 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding, requantized, wrap_int32
from mendlite.arith.scaled_products import FloatProducts, HybridProducts, Integers, Scaled


def over_frames(features: NDArray[Any], time: NDArray[Any], rank: int) -> NDArray[Any]:
    """Sums [n, T, units] over the frames behind and the filters of each unit.

    ``features`` [n, T, filters], 0 before the first frame; ``time`` [filters, memory], the weights
    of the oldest frame first. Products are added frame by frame, then filter by filter.
    """
    count, frames, filters = features.shape
    memory = time.shape[1]
    before = np.zeros((count, memory - 1, filters), features.dtype)
    kept = np.concatenate([before, features], axis=1)
    sums = kept[:, :frames] * time[:, 0]
    for tap in range(1, memory):
        sums += kept[:, tap : tap + frames] * time[:, tap]
    by_unit = sums.reshape(count, frames, -1, rank)
    units: NDArray[Any] = by_unit[..., 0].copy()
    for filter_of_unit in range(1, rank):
        units += by_unit[..., filter_of_unit]
    return units


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The integers that hold features: ``ends`` of their type, and their zero-point."""

    ends: tuple[int, int]
    zero_point: int

    def stored(self, scaled: Integers) -> Integers:
        """Scaled features as the state holds them, less the zero-point.

        They are cut to the type before the zero-point is added, which may wrap.
        """
        least, most = self.ends
        wide = np.clip(scaled, least, most) + self.zero_point
        return (wide - least) % (most - least + 1) + least - self.zero_point


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerSvdf:
    """A prepared SVDF of int8 inputs and outputs.

    ``features`` scales products of inputs and feature weights to the state's steps. ``time`` i64
    [filters, memory]; ``bias`` i64[units]; ``by`` and ``zero_point`` requantize a unit's sum, which
    wraps where it leaves int32. The fused activation is not applied (no kernel does).
    """

    features: Scaled
    state: State
    time: Integers
    bias: Integers
    rank: int
    by: tuple[Integers, Integers]
    zero_point: int
    rounding: Rounding

    def stored(self, x: NDArray[np.int8]) -> Integers:
        """Features i64[n, T, filters] of recordings i8[n, T, K], less the state's zero-point."""
        count, frames, width = x.shape
        scaled = self.features(x.reshape(-1, width))
        return self.state.stored(scaled).reshape(count, frames, -1)

    def __call__(self, x: NDArray[np.int8]) -> NDArray[np.int8]:
        """Outputs i8[n, T, units] of recordings i8[n, T, K]."""
        sums = wrap_int32(over_frames(self.stored(x), self.time, self.rank) + self.bias)
        outputs = requantized(sums, self.by, self.rounding, self.zero_point)
        return np.clip(outputs, -128, 127).astype(np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatSvdf:
    """A prepared SVDF of float32, its weights float32 or int8 (``EvalHybridSVDF``).

    ``time`` f64[filters, memory] and ``bias`` f64[units] are real values, ``bounds`` those of the
    fused activation.
    """

    features: FloatProducts | HybridProducts
    time: NDArray[np.float64]
    bias: NDArray[np.float64]
    rank: int
    bounds: tuple[float, float]

    def stored(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Features f64[n, T, filters] of recordings f32[n, T, K]."""
        count, frames, width = x.shape
        return self.features(x.reshape(-1, width)).reshape(count, frames, -1)

    def sums(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Units f64[n, T, units] before the activation."""
        units: NDArray[np.float64] = over_frames(self.stored(x), self.time, self.rank) + self.bias
        return units

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs f32[n, T, units] of recordings f32[n, T, K]."""
        return np.clip(self.sums(x), *self.bounds).astype(np.float32)
