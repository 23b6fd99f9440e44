/* SVDF of int8: one frame a run, after those whose features the state holds
 * (EvalIntegerSVDF of svdf.h, EvalIntegerSvdfReference of svdf_common.cc). */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/reach.h"
#include "engine/ops/values.h"

/* Inputs, and fields of SVDFOptions. */
enum { INPUT = 0, FEATURES = 1, TIME = 2, BIAS = 3, STATE = 4 };
enum { RANK = 0, ACTIVATION = 1 };

struct svdf {
  struct mendlite_operand input;
  /* Weights [filters, width] of a frame, and [filters, memory] of the last features. */
  struct mendlite_operand features;
  struct mendlite_operand time;
  /* Its tensor's index is -1 where there is none. */
  struct mendlite_operand bias;
  /* Features [samples, filters, memory], the newest last. */
  struct mendlite_operand state;
  struct mendlite_operand output;
  uint32_t samples;
  uint32_t width;
  uint32_t filters;
  uint32_t memory;
  /* Neighbouring filters whose sum is a unit. */
  uint32_t rank;
  struct mendlite_multiplier to_state;
  struct mendlite_multiplier to_output;
  enum mendlite_rounding rounding;
};

static bool has_dims(const struct mendlite_tensor *tensor, uint32_t first, uint32_t second) {
  return tensor->rank == 2 && (uint32_t)tensor->dims[0] == first &&
         (uint32_t)tensor->dims[1] == second;
}

static int read_operands(const struct mendlite_op *op, struct svdf *svdf) {
  int status;
  if ((status = mendlite_op_input(op, INPUT, &svdf->input)) < 0 ||
      (status = mendlite_op_input(op, FEATURES, &svdf->features)) < 0 ||
      (status = mendlite_op_input(op, TIME, &svdf->time)) < 0 ||
      (status = mendlite_op_optional_input(op, BIAS, &svdf->bias)) < 0 ||
      (status = mendlite_op_kept_state(op, STATE, &svdf->state)) < 0) {
    return status;
  }
  return mendlite_op_output(op, 0, &svdf->output);
}

/* LiteRT reads a state as int16, and applies no activation but RELU, which is none either; TFLite
 * Micro reads a bias that is not there. */
static bool runtime_takes(const struct mendlite_op *op, const struct svdf *svdf,
                          int32_t activation) {
  if (mendlite_op_desktop(op)) {
    return svdf->state.tensor.type == MENDLITE_TYPE_INT16 && activation == MENDLITE_FUSED_RELU;
  }
  return svdf->bias.tensor.index != -1;
}

static int check_types(const struct mendlite_op *op, const struct svdf *svdf) {
  const struct mendlite_tensor *state = &svdf->state.tensor;
  const struct mendlite_tensor *bias = &svdf->bias.tensor;
  bool whole = mendlite_is_int8(&svdf->input.tensor) && mendlite_is_int8(&svdf->features.tensor) &&
               mendlite_is_int8(&svdf->output.tensor);
  bool kept = state->type == MENDLITE_TYPE_INT16 || state->type == MENDLITE_TYPE_INT8;
  bool constant = svdf->features.tensor.constant != NULL && svdf->time.tensor.constant != NULL;
  bool biased = bias->index == -1 || (bias->type == MENDLITE_TYPE_INT32 && bias->constant != NULL);
  int32_t activation;
  int status = mendlite_op_small_option(op, ACTIVATION, &activation);
  if (status < 0) {
    return status;
  }
  return whole && kept && constant && biased && svdf->time.tensor.type == state->type &&
                 runtime_takes(op, svdf, activation)
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_UNSUPPORTED;
}

static int read_shapes(const struct mendlite_op *op, struct svdf *svdf) {
  const struct mendlite_tensor *input = &svdf->input.tensor;
  const struct mendlite_tensor *bias = &svdf->bias.tensor;
  int32_t rank;
  int status = mendlite_op_option(op, RANK, 0, &rank);
  if (status < 0) {
    return status;
  }
  if (input->rank != 2 || svdf->features.tensor.rank != 2 || svdf->time.tensor.rank != 2 ||
      rank < 1) {
    return MENDLITE_STATUS_MALFORMED;
  }
  svdf->samples = (uint32_t)input->dims[0];
  svdf->width = (uint32_t)input->dims[1];
  svdf->filters = (uint32_t)svdf->features.tensor.dims[0];
  svdf->memory = (uint32_t)svdf->time.tensor.dims[1];
  svdf->rank = (uint32_t)rank;
  uint32_t units = svdf->filters / svdf->rank;
  bool fits = svdf->filters % svdf->rank == 0 &&
              has_dims(&svdf->features.tensor, svdf->filters, svdf->width) &&
              has_dims(&svdf->time.tensor, svdf->filters, svdf->memory) &&
              has_dims(&svdf->state.tensor, svdf->samples, svdf->time.tensor.elements) &&
              has_dims(&svdf->output.tensor, svdf->samples, units) &&
              (bias->index == -1 || (bias->rank == 1 && bias->elements == units));
  return fits ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
}

/* TFLite Micro wants the bias to be in the sums' own steps (PrepareSvdf). */
static bool bias_has_scale(const struct svdf *svdf) {
  const struct mendlite_tensor *bias = &svdf->bias.tensor;
  if (bias->index == -1 || bias->scales.length == 0) {
    return true;
  }
  float step = svdf->state.tensor.scale * svdf->time.tensor.scale;
  double difference = (double)bias->scale - (double)step;
  return bias->scales.length == 1 && (difference < 0 ? -difference : difference) < 1e-5;
}

static int read_scales(const struct mendlite_op *op, struct svdf *svdf) {
  const struct mendlite_tensor *input = &svdf->input.tensor;
  const struct mendlite_tensor *features = &svdf->features.tensor;
  const struct mendlite_tensor *time = &svdf->time.tensor;
  const struct mendlite_tensor *state = &svdf->state.tensor;
  const struct mendlite_tensor *output = &svdf->output.tensor;
  bool sound = mendlite_both_quantized(op, input, features) &&
               mendlite_both_quantized(op, time, state) &&
               mendlite_tensor_is_quantized(op->model, output) &&
               mendlite_has_no_zero_point(op->model, features) &&
               mendlite_has_no_zero_point(op->model, time) &&
               (mendlite_is_int8(state) || mendlite_has_no_zero_point(op->model, state));
  float first = input->scale * features->scale / state->scale;
  float second = state->scale * time->scale / output->scale;
  if (!sound || !bias_has_scale(svdf) || !(first > 0) || !(second > 0)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  svdf->rounding = mendlite_op_rounding(op);
  int status = mendlite_op_multiplier(op, (double)first, &svdf->to_state);
  return status < 0 ? status : mendlite_op_multiplier(op, (double)second, &svdf->to_output);
}

static bool features_are_sound(const struct svdf *svdf) {
  for (uint32_t filter = 0; filter < svdf->filters; filter++) {
    const uint8_t *row = svdf->features.data + (size_t)filter * svdf->width;
    int64_t reach = mendlite_row_reach(row, svdf->width, svdf->input.tensor.zero_point);
    if (!mendlite_stays_within_int32(reach, svdf->to_state)) {
      return false;
    }
  }
  return true;
}

/* A filter's feature of a sample's frame, as the state holds it. */
static int32_t feature(const struct svdf *svdf, uint32_t sample, uint32_t filter) {
  const int8_t *x = (const int8_t *)svdf->input.data + (size_t)sample * svdf->width;
  const int8_t *weights = (const int8_t *)svdf->features.data + (size_t)filter * svdf->width;
  int32_t zero_point = svdf->input.tensor.zero_point;
  int32_t sum = 0;
  for (uint32_t i = 0; i < svdf->width; i++) {
    sum += (x[i] - zero_point) * weights[i];
  }
  struct mendlite_range ends = mendlite_type_range(svdf->state.tensor.type);
  int32_t scaled = mendlite_multiply(sum, svdf->to_state, svdf->rounding);
  int32_t wide = mendlite_clamp(scaled, ends.low, ends.high) + svdf->state.tensor.zero_point;
  /* What leaves the type with the zero-point wraps. */
  return mendlite_is_int8(&svdf->state.tensor) ? (int8_t)(uint8_t)wide : wide;
}

/* The state loses its oldest features and gets those of this frame. */
static void move_on(const struct svdf *svdf) {
  uint32_t size = svdf->state.tensor.element_size;
  memmove(svdf->state.data, svdf->state.data + size, svdf->state.tensor.bytes - size);
  for (uint32_t sample = 0; sample < svdf->samples; sample++) {
    for (uint32_t filter = 0; filter < svdf->filters; filter++) {
      size_t row = (size_t)sample * svdf->filters + filter;
      mendlite_store_value(&svdf->state, (row + 1) * svdf->memory - 1,
                           feature(svdf, sample, filter));
    }
  }
}

/* What a filter adds to its unit, modulo 2^32. */
static uint32_t over_time(const struct svdf *svdf, uint32_t sample, uint32_t filter) {
  size_t first = ((size_t)sample * svdf->filters + filter) * svdf->memory;
  size_t weight = (size_t)filter * svdf->memory;
  int32_t zero_point = svdf->state.tensor.zero_point;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < svdf->memory; i++) {
    int32_t kept = mendlite_value_at(&svdf->state, first + i) - zero_point;
    sum += (uint32_t)(kept * mendlite_value_at(&svdf->time, weight + i));
  }
  return sum;
}

static void run_units(const struct svdf *svdf) {
  uint32_t units = svdf->filters / svdf->rank;
  for (uint32_t at = 0; at < svdf->samples * units; at++) {
    uint32_t unit = at % units;
    uint32_t sum =
        svdf->bias.tensor.index == -1 ? 0 : (uint32_t)mendlite_value_at(&svdf->bias, unit);
    for (uint32_t i = 0; i < svdf->rank; i++) {
      sum += over_time(svdf, at / units, unit * svdf->rank + i);
    }
    int32_t found = mendlite_requantize((int32_t)sum, svdf->to_output, svdf->rounding,
                                        svdf->output.tensor.zero_point);
    mendlite_store_byte(&svdf->output, at, mendlite_clamp(found, INT8_MIN, INT8_MAX));
  }
}

int mendlite_op_svdf(struct mendlite_op *op) {
  struct svdf svdf;
  int status;
  if ((status = read_operands(op, &svdf)) < 0 || (status = check_types(op, &svdf)) < 0 ||
      (status = read_shapes(op, &svdf)) < 0 || (status = read_scales(op, &svdf)) < 0) {
    return status;
  }
  if (!op->run) {
    return features_are_sound(&svdf) ? MENDLITE_STATUS_OK : MENDLITE_STATUS_UNSUPPORTED;
  }
  move_on(&svdf);
  run_units(&svdf);
  return MENDLITE_STATUS_OK;
}
