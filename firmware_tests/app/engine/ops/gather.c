/* GATHER and GATHER_ND: values at positions that another input states. Positions that the model
 * computes are looked at in each run, which ends where one lies outside. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/lists.h"

/* Fields of GatherOptions. */
enum { AXIS = 0, BATCHES = 1 };

struct gather {
  struct mendlite_operand input;
  struct mendlite_operand positions;
  struct mendlite_operand output;
};

static int read_gather(const struct mendlite_op *op, struct gather *gather) {
  int status;
  if ((status = mendlite_op_input(op, 0, &gather->input)) < 0 ||
      (status = mendlite_op_input(op, 1, &gather->positions)) < 0 ||
      (status = mendlite_op_output(op, 0, &gather->output)) < 0) {
    return status;
  }
  uint8_t type = gather->positions.tensor.type;
  return (type == MENDLITE_TYPE_INT32 || type == MENDLITE_TYPE_INT64) &&
                 gather->input.tensor.type == gather->output.tensor.type
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_UNSUPPORTED;
}

/* Whether positions number n to n + depth - 1 lie within the axes from axis on, and where they
 * lead to, in parts of the axes behind. */
static bool place_of(const struct gather *gather, uint32_t n, int32_t axis, int32_t depth,
                     uint32_t *place) {
  *place = 0;
  for (int32_t k = 0; k < depth; k++) {
    int32_t extent = gather->input.tensor.dims[axis + k];
    int32_t at = mendlite_list_at(&gather->positions, n + (uint32_t)k);
    if (at < 0 || at >= extent) {
      return false;
    }
    *place = *place * (uint32_t)extent + (uint32_t)at;
  }
  return true;
}

/* Constants are looked at once, computed positions in each run. */
static int require_inside(const struct mendlite_op *op, const struct gather *gather, int32_t axis,
                          int32_t depth) {
  uint32_t place;
  bool known = gather->positions.tensor.constant != NULL;
  for (uint32_t n = 0; known != op->run && n < gather->positions.tensor.elements;
       n += (uint32_t)depth) {
    if (!place_of(gather, n, axis, depth, &place)) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  return MENDLITE_STATUS_OK;
}

/* The input's axes up to axis, those of the positions behind the batches, the input's behind. */
static int fit(const struct gather *gather, int32_t axis, int32_t batches) {
  const struct mendlite_tensor *input = &gather->input.tensor;
  const struct mendlite_tensor *positions = &gather->positions.tensor;
  const struct mendlite_tensor *output = &gather->output.tensor;
  uint32_t rank = input->rank + positions->rank - (uint32_t)batches - 1;
  if (batches > axis || output->rank != rank) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < rank; i++) {
    int32_t chosen = (int32_t)i - axis + batches;
    int32_t extent = (int32_t)i < axis ? input->dims[i]
                     : chosen < (int32_t)positions->rank
                         ? positions->dims[chosen]
                         : input->dims[chosen + axis + 1 - batches - (int32_t)positions->rank];
    if (output->dims[i] != extent) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  for (int32_t i = 0; i < batches; i++) {
    if (input->dims[i] != positions->dims[i]) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  return MENDLITE_STATUS_OK;
}

static void run_gather(const struct gather *gather, int32_t axis, int32_t batches) {
  const struct mendlite_tensor *input = &gather->input.tensor;
  uint32_t size = mendlite_behind_axis(input, axis) * input->element_size;
  uint32_t rows = mendlite_before_axis(input, axis);
  uint32_t lists = mendlite_before_axis(input, batches);
  uint32_t length = gather->positions.tensor.elements / lists;
  uint8_t *to = gather->output.data;
  for (uint32_t row = 0; row < rows; row++) {
    uint32_t first = row / (rows / lists) * length;
    const uint8_t *from = gather->input.data + (size_t)row * (uint32_t)input->dims[axis] * size;
    for (uint32_t n = 0; n < length; n++, to += size) {
      memcpy(to, from + (size_t)(uint32_t)mendlite_list_at(&gather->positions, first + n) * size,
             size);
    }
  }
}

int mendlite_op_gather(struct mendlite_op *op) {
  struct gather gather;
  int32_t axis;
  int32_t batches;
  int status;
  if ((status = read_gather(op, &gather)) < 0 ||
      (status = mendlite_op_option(op, AXIS, 0, &axis)) < 0 ||
      (status = mendlite_op_option(op, BATCHES, 0, &batches)) < 0 ||
      (status = mendlite_normal_axis((int32_t)gather.input.tensor.rank, &axis)) < 0 ||
      (status = mendlite_normal_axis((int32_t)gather.positions.tensor.rank + 1, &batches)) < 0 ||
      (status = fit(&gather, axis, batches)) < 0 ||
      (status = require_inside(op, &gather, axis, 1)) < 0) {
    return status;
  }
  if (op->run) {
    run_gather(&gather, axis, batches);
  }
  return MENDLITE_STATUS_OK;
}

static int fit_nd(const struct gather *gather, int32_t depth) {
  const struct mendlite_tensor *input = &gather->input.tensor;
  const struct mendlite_tensor *positions = &gather->positions.tensor;
  const struct mendlite_tensor *output = &gather->output.tensor;
  uint32_t chosen = positions->rank - 1;
  if (depth > (int32_t)input->rank || output->rank != chosen + input->rank - (uint32_t)depth) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < output->rank; i++) {
    int32_t extent = i < chosen ? positions->dims[i] : input->dims[i - chosen + (uint32_t)depth];
    if (output->dims[i] != extent) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_gather_nd(struct mendlite_op *op) {
  struct gather gather;
  int status = read_gather(op, &gather);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *positions = &gather.positions.tensor;
  if (positions->rank == 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int32_t depth = positions->dims[positions->rank - 1];
  if ((status = fit_nd(&gather, depth)) < 0 ||
      (status = require_inside(op, &gather, 0, depth)) < 0) {
    return status;
  }
  uint32_t size =
      mendlite_behind_axis(&gather.input.tensor, depth - 1) * gather.input.tensor.element_size;
  uint8_t *to = gather.output.data;
  for (uint32_t n = 0; op->run && n < positions->elements; n += (uint32_t)depth, to += size) {
    uint32_t place;
    place_of(&gather, n, 0, depth, &place);
    memcpy(to, gather.input.data + (size_t)place * size, size);
  }
  return MENDLITE_STATUS_OK;
}
