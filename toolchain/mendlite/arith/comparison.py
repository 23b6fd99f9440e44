"""8-bit values as TFLite's comparisons compare them, in exact integers.

Source: ``ComparisonWithScaling`` (``internal/reference/comparisons.h``) and the preparations in
``comparisons.cc`` of TFLite and TFLite Micro.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding, times_real

LEFT_SHIFT = 8
"""Bits of headroom: what is compared are real values in units of 2^-8, rounded to whole ones."""

SCALES_BELOW = 1.0
"""The kernels shift right alone: of a scale from 1 up no result is defined."""


def comparable(
    stored: NDArray[np.int64], scale: float, zero_point: int, rounding: Rounding
) -> NDArray[np.int64]:
    """256 ``scale`` (``stored`` - ``zero_point``), rounded as the kernels do, i64.

    ``scale`` lies between 0 and SCALES_BELOW.
    """
    return times_real((stored - zero_point) << LEFT_SHIFT, scale, rounding)
