"""TFLite's requantization as C99 without undefined behaviour (``arith/fixed_point.py``)."""

from __future__ import annotations

from mendlite.arith.fixed_point import Rounding

HEAD = """\
/* C99 6.5.7 leaves >> of a negative value to the implementation: it must be arithmetic. */
typedef char mendlite_right_shift_is_arithmetic[(-1 >> 1) == -1 ? 1 : -1];
"""

CLAMP = """\
static int8_t mendlite_clamp(int32_t value, int32_t low, int32_t high) {
  return (int8_t)(value < low ? low : (value > high ? high : value));
}
"""

DOUBLE = """\
/* gemmlowp's SaturatingRoundingDoublingHighMul: its truncating division with a sign-dependent
 * nudge equals this floor. b >= 0, so its one saturating case, both -2^31, cannot be. */
static int32_t mendlite_doubling_high_mul(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* gemmlowp's RoundingDivideByPOT: half away from zero, 0 <= exponent <= 31. */
static int32_t mendlite_rounding_divide_by_pot(int32_t x, int32_t exponent) {
  const int32_t mask = (int32_t)(((int64_t)1 << exponent) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/* MultiplyByQuantizedMultiplier of a build without TFLITE_SINGLE_ROUNDING. No x that the network
 * can reach leaves int32 by the left shift. */
static int32_t mendlite_multiply_double(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  const int32_t right = shift > 0 ? 0 : -shift;
  const int32_t moved = (int32_t)((int64_t)x * ((int64_t)1 << left));
  return mendlite_rounding_divide_by_pot(mendlite_doubling_high_mul(moved, multiplier), right);
}
"""

SINGLE = """\
/* MultiplyByQuantizedMultiplier of a build with TFLITE_SINGLE_ROUNDING; shift <= 30. */
static int32_t mendlite_multiply_single(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t total = 31 - shift;
  return (int32_t)(((int64_t)x * multiplier + ((int64_t)1 << (total - 1))) >> total);
}
"""

NAME = {one: f"mendlite_multiply_{one.value}" for one in Rounding}
FUNCTIONS = {Rounding.DOUBLE: DOUBLE, Rounding.SINGLE: SINGLE}


def multiply(rounding: Rounding, value: str, multiplier: str, shift: str) -> str:
    """The call that multiplies ``value`` by a quantized multiplier."""
    return f"{NAME[rounding]}({value}, {multiplier}, {shift})"


def fixed_point(code: str) -> str:
    """The functions that ``code`` calls; none that it does not."""
    called = [one for one in Rounding if f"{NAME[one]}(" in code]
    parts = [HEAD] if called else []
    parts += [CLAMP] if "mendlite_clamp(" in code else []
    return "\n".join([*parts, *(FUNCTIONS[one] for one in called)])
