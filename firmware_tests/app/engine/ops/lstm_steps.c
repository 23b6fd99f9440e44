/* LstmStepInteger8x8_16 of LiteRT's lstm_eval.cc, and LstmStep of TFLite Micro's lstm_eval.cc. */
#include <stddef.h>
#include <string.h>

#include "engine/flatbuffer.h"
#include "engine/ops/lstm.h"
#include "engine/ops/short_curves.h"
#include "engine/ops/wide.h"
#include "engine/ops/wide_curves.h"

static int32_t short_of(int64_t x) {
  return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : (int32_t)x;
}

int64_t mendlite_lstm_bias(const struct mendlite_lstm *lstm, uint32_t gate, uint32_t cell) {
  return lstm->int16 ? (int64_t)mendlite_fb_le64(lstm->biases[gate] + 8 * (size_t)cell)
                     : (int32_t)mendlite_fb_le32(lstm->biases[gate] + 4 * (size_t)cell);
}

/* The sum of one gate of one cell over a row of int8 values; NULL stands for zero-points. */
static int32_t sum_of(const struct mendlite_lstm_products *products, uint32_t gate, uint32_t cell,
                      const uint8_t *values) {
  int32_t sum = 0;
  const uint8_t *weights = products->weights[gate] + (size_t)cell * products->width;
  for (uint32_t i = 0; values != NULL && i < products->width; i++) {
    sum += ((int8_t)values[i] - products->zero_point) * (int8_t)weights[i];
  }
  return sum;
}

/* The same of int16 values, which have no zero-point; NULL stands for zeros. */
static int64_t wide_sum_of(const struct mendlite_lstm_products *products, uint32_t gate,
                           uint32_t cell, const uint8_t *values) {
  int64_t sum = 0;
  const uint8_t *weights = products->weights[gate] + (size_t)cell * products->width;
  for (uint32_t i = 0; values != NULL && i < products->width; i++) {
    int16_t value;
    memcpy(&value, values + 2 * (size_t)i, sizeof value);
    sum += (int64_t)(value * (int8_t)weights[i]);
  }
  return sum;
}

/* What one gate of one cell makes of a row of values, with a bias, in steps of 2^-12. */
static int32_t share_of(const struct mendlite_lstm *lstm,
                        const struct mendlite_lstm_products *products, uint32_t gate, uint32_t cell,
                        const uint8_t *values, int64_t bias) {
  if (lstm->int16) {
    return mendlite_wide_multiply(wide_sum_of(products, gate, cell, values) + bias,
                                  products->by[gate]);
  }
  return mendlite_multiply(sum_of(products, gate, cell, values) + (int32_t)bias, products->by[gate],
                           lstm->rounding);
}

static int32_t gate_of(const struct mendlite_lstm *lstm, uint32_t gate, uint32_t cell,
                       const uint8_t *input, const uint8_t *state) {
  int64_t bias = mendlite_lstm_bias(lstm, gate, cell);
  int32_t first = share_of(lstm, &lstm->of_input, gate, cell, input, bias);
  int32_t second = share_of(lstm, &lstm->of_state, gate, cell, state, 0);
  /* TFLite Micro cuts both sums to int16 before it adds them. */
  second = lstm->desktop ? second : short_of(second);
  int32_t sum = short_of((int64_t)short_of(first) + second);
  if (gate == MENDLITE_LSTM_CELL_GATE) {
    return lstm->desktop ? mendlite_short_tanh(sum, 3) : mendlite_tanh_of_24ths(3 * sum);
  }
  return lstm->desktop ? mendlite_short_logistic(sum) : mendlite_logistic_of_24ths(3 * sum);
}

/* The next cell state. */
static int32_t next_cell(const struct mendlite_lstm *lstm, int32_t cell, const int32_t *gates) {
  int32_t kept = gates[1] * cell;
  int32_t added = gates[0] * gates[2];
  if (lstm->desktop) {
    kept = mendlite_rounding_divide_by_pot(kept, 15);
    added = mendlite_rounding_divide_by_pot(added, 30 + lstm->power);
  } else {
    kept = short_of(mendlite_multiply(kept, lstm->kept, lstm->rounding));
    added = short_of(mendlite_multiply(added, lstm->added, lstm->rounding));
  }
  return mendlite_clamp(short_of(kept + added), -lstm->limit, lstm->limit);
}

static int32_t tanh_of_cell(const struct mendlite_lstm *lstm, int32_t cell) {
  if (lstm->desktop) {
    return mendlite_short_tanh(cell, 15 + lstm->power);
  }
  int32_t left = 12 + lstm->power;
  if (left >= 0) {
    return mendlite_tanh_of_24ths(cell * (3 << left));
  }
  return mendlite_tanh_of_24ths((3 * cell + (1 << (-left - 1))) >> -left);
}

static void store(const struct mendlite_lstm *lstm, uint8_t *output, uint32_t i, int64_t value) {
  if (lstm->int16) {
    int16_t within = (int16_t)short_of(value);
    memcpy(output + 2 * (size_t)i, &within, sizeof within);
  } else {
    output[i] = (uint8_t)(value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value);
  }
}

static void run_step(const struct mendlite_lstm *lstm, const uint8_t *input, const uint8_t *state,
                     uint8_t *output, int16_t *cells) {
  for (uint32_t i = 0; i < lstm->cells; i++) {
    int32_t gates[MENDLITE_LSTM_GATES];
    for (uint32_t gate = 0; gate < MENDLITE_LSTM_GATES; gate++) {
      gates[gate] = gate_of(lstm, gate, i, input, state);
    }
    int32_t cell = next_cell(lstm, cells[i], gates);
    int32_t shown =
        mendlite_multiply(gates[3] * tanh_of_cell(lstm, cell), lstm->shown, lstm->rounding);
    cells[i] = (int16_t)cell;
    store(lstm, output, i, (int64_t)shown + lstm->of_state.zero_point);
  }
}

void mendlite_lstm_run(const struct mendlite_lstm *lstm, const uint8_t *input, uint8_t *output,
                       int16_t *cell) {
  const uint32_t size = lstm->int16 ? 2 : 1;
  for (uint32_t sample = 0; sample < lstm->samples; sample++) {
    for (uint32_t i = 0; i < lstm->cells; i++) {
      cell[i] = 0;
    }
    /* The state before a step is the output of the one before; before the first it is 0. */
    const uint8_t *state = NULL;
    for (uint32_t step = 0; step < lstm->steps; step++) {
      run_step(lstm, input, state, output, cell);
      state = output;
      input += (size_t)size * lstm->of_input.width;
      output += (size_t)size * lstm->cells;
    }
  }
}
