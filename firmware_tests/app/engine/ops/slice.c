/* SLICE, REVERSE_V2, TILE, BROADCAST_TO and MIRROR_PAD. */
#include "engine/ops/kernels.h"
#include "engine/ops/mapped.h"

/* Field of MirrorPadOptions, and its values: a mirror without the edge, and one that repeats it. */
enum { MODE = 0, REFLECT = 0, SYMMETRIC = 1 };

static int read_mapped(const struct mendlite_op *op, struct mendlite_mapped *mapped) {
  int status = mendlite_move_read(op, &mapped->move);
  return status < 0 ? status : mendlite_list_read(op, 1, &mapped->numbers);
}

static int finish(const struct mendlite_op *op, const struct mendlite_mapped *mapped,
                  const struct mendlite_shape *shape, mendlite_position *position) {
  if (!mendlite_has_shape(&mapped->move.output.tensor, shape)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (op->run) {
    mendlite_mapped_copy(mapped, position);
  }
  return MENDLITE_STATUS_OK;
}

static int32_t sliced(const struct mendlite_mapped *mapped, uint32_t axis, int32_t at) {
  return mendlite_list_at(&mapped->numbers, axis) + at;
}

int mendlite_op_slice(struct mendlite_op *op) {
  struct mendlite_mapped mapped;
  struct mendlite_operand sizes;
  int status;
  if ((status = read_mapped(op, &mapped)) < 0 || (status = mendlite_list_read(op, 2, &sizes)) < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &mapped.move.input.tensor;
  struct mendlite_shape shape = {.rank = input->rank};
  if (mapped.numbers.tensor.elements != input->rank || sizes.tensor.elements != input->rank) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < input->rank; i++) {
    int32_t begin = mendlite_list_at(&mapped.numbers, i);
    int32_t size = mendlite_list_at(&sizes, i);
    if (begin < 0 || begin >= input->dims[i]) {
      return MENDLITE_STATUS_MALFORMED;
    }
    shape.dims[i] = size == -1 ? input->dims[i] - begin : size;
    if (shape.dims[i] < 1 || shape.dims[i] > input->dims[i] - begin) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  return finish(op, &mapped, &shape, sliced);
}

/* The option holds the axes that are turned round, one bit each. */
static int32_t reversed(const struct mendlite_mapped *mapped, uint32_t axis, int32_t at) {
  bool turned = ((uint32_t)mapped->option >> axis) & 1u;
  return turned ? mapped->move.input.tensor.dims[axis] - 1 - at : at;
}

static void take_shape(const struct mendlite_tensor *tensor, struct mendlite_shape *shape) {
  shape->rank = tensor->rank;
  for (uint32_t i = 0; i < tensor->rank; i++) {
    shape->dims[i] = tensor->dims[i];
  }
}

int mendlite_op_reverse(struct mendlite_op *op) {
  struct mendlite_mapped mapped = {.option = 0};
  struct mendlite_shape shape;
  int status = read_mapped(op, &mapped);
  if (status < 0) {
    return status;
  }
  if (mapped.numbers.tensor.type != MENDLITE_TYPE_INT32) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  for (uint32_t i = 0; i < mapped.numbers.tensor.elements; i++) {
    int32_t axis = mendlite_list_at(&mapped.numbers, i);
    if ((status = mendlite_normal_axis((int32_t)mapped.move.input.tensor.rank, &axis)) < 0) {
      return status;
    }
    mapped.option = (int32_t)((uint32_t)mapped.option | 1u << axis);
  }
  take_shape(&mapped.move.input.tensor, &shape);
  return finish(op, &mapped, &shape, reversed);
}

static int32_t repeated(const struct mendlite_mapped *mapped, uint32_t axis, int32_t at) {
  return at % mapped->move.input.tensor.dims[axis];
}

int mendlite_op_tile(struct mendlite_op *op) {
  struct mendlite_mapped mapped;
  int status = read_mapped(op, &mapped);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &mapped.move.input.tensor;
  struct mendlite_shape shape = {.rank = input->rank};
  if (mapped.numbers.tensor.elements != input->rank) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < input->rank; i++) {
    int32_t times = mendlite_list_at(&mapped.numbers, i);
    if (times < 1 || times > INT32_MAX / input->dims[i]) {
      return MENDLITE_STATUS_MALFORMED;
    }
    shape.dims[i] = input->dims[i] * times;
  }
  return finish(op, &mapped, &shape, repeated);
}

int mendlite_op_broadcast_to(struct mendlite_op *op) {
  struct mendlite_mapped mapped;
  int status = read_mapped(op, &mapped);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &mapped.move.input.tensor;
  struct mendlite_shape shape = {.rank = mapped.numbers.tensor.elements};
  if (shape.rank > MENDLITE_MAX_RANK) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (shape.rank < input->rank) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < shape.rank; i++) {
    uint32_t missing = shape.rank - input->rank;
    int32_t extent = i < missing ? 1 : input->dims[i - missing];
    shape.dims[i] = mendlite_list_at(&mapped.numbers, i);
    if (shape.dims[i] < 1 || (extent != 1 && extent != shape.dims[i])) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  return finish(op, &mapped, &shape, repeated);
}

/* The option is 1 where the edge itself is not repeated. */
static int32_t mirrored(const struct mendlite_mapped *mapped, uint32_t axis, int32_t at) {
  int32_t extent = mapped->move.input.tensor.dims[axis];
  int32_t place = at - mendlite_list_at(&mapped->numbers, 2 * axis);
  if (place < 0) {
    return -place - 1 + mapped->option;
  }
  return place < extent ? place : 2 * extent - 1 - mapped->option - place;
}

int mendlite_op_mirror_pad(struct mendlite_op *op) {
  struct mendlite_mapped mapped;
  int32_t mode;
  int status;
  if ((status = read_mapped(op, &mapped)) < 0 ||
      (status = mendlite_op_small_option(op, MODE, &mode)) < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &mapped.move.input.tensor;
  /* Without a mode of the schema's TFLite has one of its own, as the converter never writes. */
  if (!op->has_options || (mode != REFLECT && mode != SYMMETRIC)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  const struct mendlite_shape pairs = {.rank = 2, .dims = {(int32_t)input->rank, 2}};
  struct mendlite_shape shape = {.rank = input->rank};
  mapped.option = mode == REFLECT ? 1 : 0;
  if (mapped.numbers.tensor.type != MENDLITE_TYPE_INT32) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!mendlite_has_shape(&mapped.numbers.tensor, &pairs)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < input->rank; i++) {
    int32_t before = mendlite_list_at(&mapped.numbers, 2 * i);
    int32_t after = mendlite_list_at(&mapped.numbers, 2 * i + 1);
    int32_t most = input->dims[i] - mapped.option;
    if (before < 0 || after < 0 || before > most || after > most) {
      return MENDLITE_STATUS_MALFORMED;
    }
    shape.dims[i] = input->dims[i] + before + after;
  }
  return finish(op, &mapped, &shape, mirrored);
}
