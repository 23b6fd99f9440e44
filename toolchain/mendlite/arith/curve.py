"""int8 LOGISTIC and TANH of TFLite on the desktop: float32 curves, as tables of all inputs.

Source: ``LUTPopulate`` (``internal/common.h``) with the curves of ``activations.cc``. TFLite Micro
computes them in fixed point instead (``mendlite.arith.logistic``); outputs near a tie differ.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary
from mendlite.arith.conversion import round_half_away

Curve = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def logistic(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (1 + exp(-x)), every step in float32."""
    one = np.float32(1)
    # Through double, as numpy's own float32 exp is further from the C library's. Beyond 88 it is
    # infinite in float32, and the quotient zero: as well with the largest exponent that is not.
    exponential = elementary.exp(np.minimum(-x.astype(np.float64), 88.0)).astype(np.float32)
    y: NDArray[np.float32] = one / (one + exponential)
    return y


def tanh(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Tanh, correctly rounded to float32.

    glibc's ``tanhf`` before 2.41 errs by up to two units in the last place: an output that lies so
    near a tie may differ by one (seen once in 4000 tables).
    """
    return elementary.tanh(x).astype(np.float32)


def curve_table(
    curve: Curve, *, scale: float, zero_point: int, output_scale: float, output_zero_point: int
) -> NDArray[np.int8]:
    """Outputs i8[256] of the int8 inputs -128 to 127; every step in float32."""
    offsets = (np.arange(-128, 128) - zero_point).astype(np.float32)
    inverse = np.float32(1) / np.float32(output_scale)
    rounded = round_half_away(curve(np.float32(scale) * offsets) * inverse)
    return np.clip(rounded + output_zero_point, -128, 127).astype(np.int8)
