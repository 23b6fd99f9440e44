#include "engine/ops/short_curves.h"

#include "engine/fixed_point.h"

/* Constants that gemmlowp states in 32 bits, rounded to 16. */
enum { EIGHTH = 28918, THIRD = 10923, GUESS = 23130, SLOPE = -15420 };

enum { FACTORS = 7 };

/* exp(-2^e) in Q0.15, e = -2 ... 4. */
static const int16_t factors[FACTORS] = {25520, 19875, 12055, 4435, 600, 11, 0};

/* What gemmlowp adds and subtracts plainly wraps at 16 bits. */
static int32_t wrapped(int32_t x) { return (int16_t)(uint16_t)x; }

static int32_t saturated(int32_t x) { return mendlite_clamp(x, INT16_MIN, INT16_MAX); }

/* SaturatingRoundingDoublingHighMul of int16 values. */
static int32_t times(int32_t a, int32_t b) { return saturated((a * b + (1 << 14)) >> 15); }

/* exp_on_interval_between_negative_one_quarter_and_0_excl of Q0.15. */
static int32_t exp_quarter(int32_t a) {
  int32_t x = wrapped(a + (1 << 12));
  int32_t square = times(x, x);
  int32_t cube = times(square, x);
  int32_t fourth = mendlite_rounding_divide_by_pot(times(square, square), 2);
  int32_t tail = wrapped(times(wrapped(fourth + cube), THIRD) + square);
  int32_t series = wrapped(x + mendlite_rounding_divide_by_pot(tail, 1));
  return saturated(EIGHTH + times(series, EIGHTH));
}

/* e^a of a <= 0 with so many integer bits, in Q0.15 (exp_on_negative_values). */
static int32_t exp_of_negative(int32_t a, int32_t bits) {
  int32_t fraction = 15 - bits;
  int32_t quarter = 1 << (fraction - 2);
  int32_t within = (a & (quarter - 1)) - quarter;
  int32_t power = exp_quarter(saturated(within * (1 << bits)));
  int32_t rest = wrapped(within - a);
  for (int32_t i = 0; i < FACTORS && i < bits + 2; i++) {
    if (((rest >> (fraction - 2 + i)) & 1) != 0) {
      power = times(power, factors[i]);
    }
  }
  if (bits > 5 && a < -(32 << fraction)) {
    return 0;
  }
  return a == 0 ? INT16_MAX : power;
}

/* 2 / (1 + a) of Q0.15 values in [0, 1), in Q2.13: Newton's division. */
static int32_t reciprocal(int32_t a) {
  int32_t half = (a + INT16_MAX + 1) / 2;
  int32_t x = wrapped(GUESS + times(half, SLOPE));
  for (int32_t i = 0; i < 3; i++) {
    int32_t missing = wrapped((1 << 13) - times(half, x));
    x = wrapped(x + saturated(times(x, missing) * 4));
  }
  return x;
}

int32_t mendlite_short_logistic(int32_t x) {
  if (x == 0) {
    return 1 << 14;
  }
  int32_t share = saturated(reciprocal(exp_of_negative(x > 0 ? -x : x, 3)) * 2);
  return x > 0 ? share : INT16_MAX - share;
}

int32_t mendlite_short_tanh(int32_t x, int32_t bits) {
  if (x == 0) {
    return 0;
  }
  int32_t size = reciprocal(exp_of_negative(x > 0 ? -x : x, bits + 1)) - (1 << 13);
  size = saturated(wrapped(size) * 4);
  return x > 0 ? size : -size;
}
