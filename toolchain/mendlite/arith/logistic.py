"""int8 LOGISTIC of TFLite's reference kernel and of TFLite Micro, in exact integers.

Source: ``reference_integer_ops::Logistic`` and the preparation in ``activations.cc`` on gemmlowp's
``logistic``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exponential import exp_on_negative_values, one_over_one_plus
from mendlite.arith.fixed_point import (
    INT32_MAX,
    Rounding,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
)

INTEGER_BITS = 4


def logistic_table(scale: float, zero_point: int, rounding: Rounding) -> NDArray[np.int8]:
    """Outputs i8[256] (scale 1/256, zero-point -128) of the int8 inputs -128 to 127."""
    real = scale * 2.0 ** (31 - INTEGER_BITS)
    multiplier, shift = (int(v[0]) for v in quantize_multiplier(real, rounding))
    # ``CalculateInputRadius``: beyond it the input leaves Q4.27.
    largest = (2.0**INTEGER_BITS - 1) * 2.0 ** (31 - INTEGER_BITS)
    radius = int(np.floor(largest / 2.0**shift))
    x = np.arange(-128, 128, dtype=np.int64) - zero_point
    inside = np.abs(x) < radius
    raw = multiply_by_quantized_multiplier(np.where(inside, x, 0), multiplier, shift, rounding)
    positive = one_over_one_plus(exp_on_negative_values(-np.abs(raw), INTEGER_BITS))
    share = np.where(raw > 0, positive, INT32_MAX - positive)
    share = np.where(raw == 0, 1 << 30, share)
    found = np.clip(rounding_divide_by_pot(share, 31 - 8) - 128, -128, 127)
    return np.where(inside, found, np.where(x > 0, 127, -128)).astype(np.int8)
