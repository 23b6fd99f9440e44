"""Small dense networks in exact numbers, for a solver without tolerances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.float_error import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerLayer:
    """``y = low + how many of thresholds[n] the accumulator reaches``.

    ``acc = weights @ (x - input_zero) + bias``; weights i64[N, K], bias i64[N], thresholds
    i64[N, high - low]. A real output is ``scale * (y - zero_point)``.
    """

    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    thresholds: NDArray[np.int64]
    input_zero: int
    low: int
    scale: float
    zero_point: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RealLayer:
    """``y = clip(weights @ x + bias, low, high)`` over real numbers; float32 values are exact."""

    weights: Floats
    bias: Floats
    low: float
    high: float


ExactNetwork = tuple[IntegerLayer, ...] | tuple[RealLayer, ...]
