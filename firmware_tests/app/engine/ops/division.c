/* DIV of int8 by constants (DivElementwise of div.h).
 *
 * A quotient is shifted right at last, by bits that depend on both values; a model by whose scales
 * they may be less than 0 or more than 31, which C does not define, is refused. */
#include <string.h>

#include "engine/exponential.h"
#include "engine/ops/kernels.h"
#include "engine/ops/pair.h"

/* Field of DivOptions. */
enum { ACTIVATION = 0 };

enum { DEEPEST = 31 };

struct division {
  struct mendlite_pair pair;
  struct mendlite_multiplier by;
  struct mendlite_range range;
};

/* A numerator and a divisor above zero; bits that the numerator leaves free below its sign, and
 * those of the divisor over its first. */
struct quotient {
  int32_t numerator;
  int32_t divisor;
  int32_t free;
  int32_t over;
};

static struct quotient quotient_of(const struct division *division, int32_t x, int32_t y) {
  int32_t numerator = x - division->pair.first.tensor.zero_point;
  int32_t divisor = y - division->pair.second.tensor.zero_point;
  if (divisor < 0) {
    numerator = -numerator;
    divisor = -divisor;
  }
  uint32_t size = numerator < 0 ? (uint32_t)(-2 * numerator - 1) : (uint32_t)(2 * numerator);
  int32_t free = numerator == 0 ? 31 : mendlite_leading_zeros(size);
  return (struct quotient){.numerator = numerator,
                           .divisor = divisor,
                           .free = free,
                           .over = 31 - mendlite_leading_zeros((uint32_t)divisor)};
}

static int32_t last_shift(const struct division *division, const struct quotient *quotient) {
  return quotient->over + quotient->free - division->by.shift;
}

/* Whether the quotients of all bytes by one are defined. */
static bool divides(const struct division *division, int32_t divisor) {
  for (int32_t x = INT8_MIN; x <= INT8_MAX; x++) {
    struct quotient quotient = quotient_of(division, x, divisor);
    int32_t shift = last_shift(division, &quotient);
    if (quotient.divisor == 0 || shift < 0 || shift > DEEPEST) {
      return false;
    }
  }
  return true;
}

static bool all_divide(const struct division *division) {
  bool seen[256];
  memset(seen, 0, sizeof seen);
  for (uint32_t i = 0; i < division->pair.second.tensor.elements; i++) {
    uint8_t byte = division->pair.second.data[i];
    if (!seen[byte] && !divides(division, (int8_t)byte)) {
      return false;
    }
    seen[byte] = true;
  }
  return true;
}

static int32_t divide(const void *context, int32_t x, int32_t y) {
  const struct division *division = (const struct division *)context;
  struct quotient quotient = quotient_of(division, x, y);
  uint32_t left = (uint32_t)quotient.divisor << (31 - quotient.over);
  int32_t inverse = mendlite_one_over_one_plus((int32_t)(left - UINT32_C(0x80000000)));
  int32_t wide = (int32_t)((uint32_t)quotient.numerator << quotient.free);
  int32_t product =
      mendlite_doubling_high_mul(mendlite_doubling_high_mul(wide, inverse), division->by.factor);
  int32_t found = mendlite_rounding_divide_by_pot(product, last_shift(division, &quotient));
  uint32_t stored = (uint32_t)found + (uint32_t)division->pair.output.tensor.zero_point;
  return mendlite_clamp((int32_t)stored, division->range.low, division->range.high);
}

/* s_1 / (s_2 s_y), in float32 in LiteRT and in double in TFLite Micro. */
static double real_multiplier(const struct mendlite_op *op, const struct mendlite_pair *pair) {
  float first = pair->first.tensor.scale;
  float second = pair->second.tensor.scale;
  float output = pair->output.tensor.scale;
  float product = second * output;
  float narrow = first / product;
  return mendlite_op_desktop(op) ? (double)narrow
                                 : (double)first / ((double)second * (double)output);
}

int mendlite_op_div(struct mendlite_op *op) {
  struct division division;
  const struct mendlite_pair *pair = &division.pair;
  int32_t activation;
  int status;
  if ((status = mendlite_pair_read(op, &division.pair)) < 0 ||
      (status = mendlite_op_small_option(op, ACTIVATION, &activation)) < 0) {
    return status;
  }
  if (!mendlite_is_int8(&pair->output.tensor) || pair->output.flip != 0 ||
      pair->second.tensor.constant == NULL || mendlite_op_rounding(op) == MENDLITE_ROUND_SINGLE) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_pair_quantized(op, pair)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  double real = real_multiplier(op, pair);
  if (!(real > 0)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if ((status = mendlite_activation_range(&pair->output.tensor, activation, &division.range)) < 0 ||
      (status = mendlite_op_multiplier(op, real, &division.by)) < 0) {
    return status;
  }
  if (!op->run) {
    return all_divide(&division) ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
  }
  mendlite_pair_run(pair, divide, &division);
  return MENDLITE_STATUS_OK;
}
