/* UNIDIRECTIONAL_SEQUENCE_LSTM: what is checked before it runs (unidirectional_sequence_lstm.cc).
 *
 * Each run begins with states of 0, as each sample does on the host. */
#include "engine/ops/lstm.h"

#include <math.h>
#include <string.h>

#include "engine/op.h"
#include "engine/ops/kernels.h"
#include "engine/ops/reach.h"
#include "engine/ops/wide.h"

/* Inputs: of each gate the weights, recurrent weights and biases; the states. */
enum { INPUT = 0, WEIGHTS = 1, RECURRENT = 5, BIASES = 12, HIDDEN = 18, CELL = 19 };
/* Inputs that are left out: peepholes, a projection, layer normalization. */
static const uint8_t absent[] = {9, 10, 11, 16, 17, 20, 21, 22, 23};
/* Options, and the one activation. */
enum { ACTIVATION = 0, CELL_CLIP = 1, TIME_MAJOR = 3, TANH = 4 };
/* The intermediate tensor that is quantized as the output. */
enum { INNER = 4 };

/* The powers of two that the cell state's scale may be. */
enum { LEAST_POWER = -15, MOST_POWER = -9 };

static bool quantized_alike(const struct mendlite_op *op, const struct mendlite_tensor *a,
                            const struct mendlite_tensor *b) {
  return a->type == b->type && mendlite_both_quantized(op, a, b) && a->scale == b->scale &&
         a->zero_point == b->zero_point;
}

static int check_form(const struct mendlite_op *op) {
  int32_t activation;
  int32_t time_major;
  uint32_t count = op->node->inputs.length;
  if (count != 20 && count != 24) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  for (uint32_t i = 0; i < sizeof absent; i++) {
    struct mendlite_operand operand;
    int status = mendlite_op_optional_input(op, absent[i], &operand);
    if (status < 0 || operand.tensor.index != -1) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  if (mendlite_op_small_option(op, ACTIVATION, &activation) < 0 ||
      mendlite_op_small_option(op, TIME_MAJOR, &time_major) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return activation == TANH && time_major == 0 ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
}

/* Weights [cells, width] of one gate, one scale and no zero-point. */
static int read_weights(const struct mendlite_op *op, uint32_t slot, uint32_t cells, uint32_t width,
                        struct mendlite_operand *weights) {
  int status = mendlite_op_input(op, slot, weights);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *tensor = &weights->tensor;
  bool sound = mendlite_is_int8(tensor) && tensor->constant != NULL && tensor->rank == 2 &&
               (uint32_t)tensor->dims[0] == cells && (uint32_t)tensor->dims[1] == width &&
               mendlite_tensor_is_quantized(op->model, tensor) &&
               mendlite_has_no_zero_point(op->model, tensor);
  return sound ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
}

/* The products of an input, or of the state, for all gates. The product of the scales is float32 in
 * LiteRT, double in TFLite Micro. */
static int read_products(const struct mendlite_op *op, const struct mendlite_lstm *lstm,
                         uint32_t slots, float scale, struct mendlite_lstm_products *products) {
  for (uint32_t gate = 0; gate < MENDLITE_LSTM_GATES; gate++) {
    struct mendlite_operand weights;
    int status = read_weights(op, slots + gate, lstm->cells, products->width, &weights);
    if (status < 0) {
      return status;
    }
    float narrow = scale * weights.tensor.scale;
    double real =
        mendlite_op_desktop(op) ? (double)narrow : (double)scale * (double)weights.tensor.scale;
    status = mendlite_op_multiplier(op, real * 4096.0, &products->by[gate]);
    if (status == MENDLITE_STATUS_OK && lstm->int16) {
      status = mendlite_wide_multiplier(real * 4096.0, &products->by[gate]);
    }
    if (status < 0) {
      return status;
    }
    products->weights[gate] = weights.data;
  }
  return MENDLITE_STATUS_OK;
}

/* Whether sums of int16 values are defined: their int64 sums, with a bias, stay below 2^47, and
 * within int32 when they are scaled. */
static bool wide_sum_is_sound(uint64_t reach, int64_t bias, struct mendlite_multiplier by) {
  const uint64_t limit = UINT64_C(1) << 47;
  uint64_t added = bias < 0 ? ~(uint64_t)bias : (uint64_t)bias;
  return reach < limit && added < limit - reach &&
         ldexp((double)(reach + added) * by.factor, by.shift - 15) < 2147483648.0 - 512;
}

/* Whether the sum of a row of weights, with a bias, is defined for any values. */
static bool sum_is_sound(const struct mendlite_lstm *lstm,
                         const struct mendlite_lstm_products *products, const uint8_t *row,
                         int64_t bias, struct mendlite_multiplier by) {
  if (lstm->int16) {
    /* A row of int8 values with the zero-point 0 reaches 2^7 times its weights. */
    uint64_t reach = (uint64_t)mendlite_row_reach(row, products->width, 0) << 8;
    return wide_sum_is_sound(reach, bias, by);
  }
  int64_t reach = mendlite_row_reach(row, products->width, products->zero_point);
  return mendlite_stays_within_int32(reach + (bias < 0 ? -bias - 1 : bias), by);
}

/* Whether no sum of a gate can leave int32, for any values. */
static bool sums_are_sound(const struct mendlite_lstm *lstm,
                           const struct mendlite_lstm_products *products, bool with_biases) {
  for (uint32_t gate = 0; gate < MENDLITE_LSTM_GATES; gate++) {
    for (uint32_t cell = 0; cell < lstm->cells; cell++) {
      const uint8_t *row = products->weights[gate] + (size_t)cell * products->width;
      int64_t bias = with_biases ? mendlite_lstm_bias(lstm, gate, cell) : 0;
      if (!sum_is_sound(lstm, products, row, bias, products->by[gate])) {
        return false;
      }
    }
  }
  return true;
}

static int read_biases(const struct mendlite_op *op, struct mendlite_lstm *lstm) {
  for (uint32_t gate = 0; gate < MENDLITE_LSTM_GATES; gate++) {
    struct mendlite_operand bias;
    int status = mendlite_op_input(op, BIASES + gate, &bias);
    if (status < 0) {
      return status;
    }
    if (gate == 0) {
      lstm->cells = bias.tensor.elements;
    }
    uint8_t type = lstm->int16 ? MENDLITE_TYPE_INT64 : MENDLITE_TYPE_INT32;
    if (bias.tensor.type != type || bias.tensor.constant == NULL || bias.tensor.rank != 1 ||
        bias.tensor.elements != lstm->cells) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
    lstm->biases[gate] = bias.data;
  }
  return MENDLITE_STATUS_OK;
}

/* The states' types, sizes and quantization; the output state's is the output's. */
static int read_states(const struct mendlite_op *op, const struct mendlite_tensor *output,
                       struct mendlite_lstm *lstm) {
  struct mendlite_tensor hidden;
  struct mendlite_tensor cell;
  struct mendlite_tensor inner;
  int status = mendlite_op_state(op, HIDDEN, &hidden);
  if (status < 0 || (status = mendlite_op_state(op, CELL, &cell)) < 0 ||
      (status = mendlite_op_intermediate(op, INNER, &inner)) < 0) {
    return status;
  }
  uint64_t values = (uint64_t)lstm->samples * lstm->cells;
  int exponent = 0;
  bool power = cell.type == MENDLITE_TYPE_INT16 && mendlite_tensor_is_quantized(op->model, &cell) &&
               mendlite_has_no_zero_point(op->model, &cell) &&
               frexp((double)cell.scale, &exponent) == 0.5;
  lstm->power = exponent - 1;
  if (!power || lstm->power < LEAST_POWER || lstm->power > MOST_POWER ||
      hidden.elements != values || cell.elements != values ||
      !quantized_alike(op, &hidden, output) || !quantized_alike(op, &inner, output)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  return MENDLITE_STATUS_OK;
}

/* The limit of the cell state, an option that is a float32. */
static int read_limit(const struct mendlite_op *op, struct mendlite_lstm *lstm) {
  int32_t bits;
  float clip;
  if (mendlite_op_option(op, CELL_CLIP, 0, &bits) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  memcpy(&clip, &bits, sizeof clip);
  if (!(clip >= 0.0f && clip <= 3.4028234663852886e38f)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  double steps = ldexp((double)clip, -lstm->power);
  lstm->limit = clip == 0.0f ? 1 << 15 : steps < INT16_MAX ? (int32_t)steps : INT16_MAX;
  return MENDLITE_STATUS_OK;
}

/* What scales the products of gates and the output. */
static int read_scales(const struct mendlite_op *op, float scale, struct mendlite_lstm *lstm) {
  const float share = 1.0f / 32768;
  const double gate = 1.0 / 32768;
  float narrow = share / scale * share;
  double shown = lstm->desktop ? (double)narrow : gate * gate / (double)scale;
  int status = mendlite_op_multiplier(op, gate, &lstm->kept);
  if (status < 0 ||
      (status = mendlite_op_multiplier(op, ldexp(gate * gate, -lstm->power), &lstm->added)) < 0) {
    return status;
  }
  return mendlite_op_multiplier(op, shown, &lstm->shown);
}

/* Reads all of an LSTM whose input and output are known. */
static int read_lstm(const struct mendlite_op *op, const struct mendlite_tensor *input,
                     const struct mendlite_tensor *output, struct mendlite_lstm *lstm) {
  int status = read_biases(op, lstm);
  if (status < 0) {
    return status;
  }
  lstm->of_input.width = (uint32_t)input->dims[2];
  lstm->of_input.zero_point = input->zero_point;
  lstm->of_state.width = lstm->cells;
  lstm->of_state.zero_point = output->zero_point;
  if ((status = read_states(op, output, lstm)) < 0 ||
      (status = read_products(op, lstm, WEIGHTS, input->scale, &lstm->of_input)) < 0 ||
      (status = read_products(op, lstm, RECURRENT, output->scale, &lstm->of_state)) < 0 ||
      (status = read_limit(op, lstm)) < 0 || (status = read_scales(op, output->scale, lstm)) < 0) {
    return status;
  }
  if (output->rank != 3 || output->dims[0] != input->dims[0] || output->dims[1] != input->dims[1] ||
      (uint32_t)output->dims[2] != lstm->cells) {
    return MENDLITE_STATUS_MALFORMED;
  }
  /* What was found once holds on every run. */
  bool sound = op->run || (sums_are_sound(lstm, &lstm->of_input, true) &&
                           sums_are_sound(lstm, &lstm->of_state, false));
  return sound ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
}

/* int8, or int16 without zero-points, which TFLite Micro alone has. */
static bool takes_types(const struct mendlite_op *op, const struct mendlite_tensor *input,
                        const struct mendlite_tensor *output) {
  bool int16 = input->type == MENDLITE_TYPE_INT16 && !mendlite_op_desktop(op) &&
               mendlite_has_no_zero_point(op->model, input) &&
               mendlite_has_no_zero_point(op->model, output);
  return (mendlite_is_int8(input) || int16) && output->type == input->type;
}

int mendlite_op_lstm(struct mendlite_op *op) {
  struct mendlite_operand input;
  struct mendlite_operand output;
  int status = check_form(op);
  if (status < 0 || (status = mendlite_op_input(op, INPUT, &input)) < 0 ||
      (status = mendlite_op_output(op, 0, &output)) < 0) {
    return status;
  }
  if (!takes_types(op, &input.tensor, &output.tensor) ||
      !mendlite_both_quantized(op, &input.tensor, &output.tensor) || input.tensor.rank != 3) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  struct mendlite_lstm lstm = {.samples = (uint32_t)input.tensor.dims[0],
                               .steps = (uint32_t)input.tensor.dims[1],
                               .rounding = mendlite_op_rounding(op),
                               .int16 = input.tensor.type == MENDLITE_TYPE_INT16,
                               .desktop = mendlite_op_desktop(op)};
  if ((status = read_lstm(op, &input.tensor, &output.tensor, &lstm)) < 0) {
    return status;
  }
  int16_t *cell = mendlite_op_scratch(op, lstm.cells * (uint32_t)sizeof(int16_t));
  if (op->run) {
    mendlite_lstm_run(&lstm, input.data, output.data, cell);
  }
  return MENDLITE_STATUS_OK;
}
