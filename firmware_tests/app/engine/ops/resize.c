/* RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR (resize_nearest_neighbor.h, resize_bilinear.h). */
#include "engine/ops/kernels.h"
#include "engine/ops/mapped.h"
#include "engine/ops/values.h"

/* Fields of ResizeNearestNeighborOptions; those of ResizeBilinearOptions stand two further on. */
enum { ALIGN_CORNERS = 0, CENTRED = 1, BILINEAR_FIELDS = 2 };

/* Both as bits of one number. */
enum { IS_ALIGNED = 1, IS_CENTRED = 2 };

static int read_resize(const struct mendlite_op *op, uint32_t fields,
                       struct mendlite_mapped *mapped) {
  int32_t aligned;
  int32_t centred;
  int status;
  if ((status = mendlite_move_read(op, &mapped->move)) < 0 ||
      (status = mendlite_constant_input(op, 1, 2, &mapped->numbers)) < 0 ||
      (status = mendlite_op_small_option(op, fields + ALIGN_CORNERS, &aligned)) < 0 ||
      (status = mendlite_op_small_option(op, fields + CENTRED, &centred)) < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &mapped->move.input.tensor;
  mapped->option = (aligned != 0 ? IS_ALIGNED : 0) | (centred != 0 ? IS_CENTRED : 0);
  if (input->rank != 4 || mapped->option == (IS_ALIGNED | IS_CENTRED)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  const struct mendlite_shape shape = {
      .rank = 4,
      .dims = {input->dims[0], mendlite_list_at(&mapped->numbers, 0),
               mendlite_list_at(&mapped->numbers, 1), input->dims[3]}};
  return mendlite_has_shape(&mapped->move.output.tensor, &shape) ? MENDLITE_STATUS_OK
                                                                 : MENDLITE_STATUS_MALFORMED;
}

/* 1 where both ends of an axis stay where they are, and it has two. */
static int32_t less(int32_t option, int32_t wanted) {
  return (option & IS_ALIGNED) != 0 && wanted > 1 ? 1 : 0;
}

/* GetNearestNeighbor, in float32. */
static int32_t nearest(const struct mendlite_mapped *mapped, uint32_t axis, int32_t at) {
  int32_t extent = mapped->move.input.tensor.dims[axis];
  int32_t wanted = mapped->move.output.tensor.dims[axis];
  if (axis == 0 || axis == 3) {
    return at;
  }
  int32_t ends = less(mapped->option, wanted);
  float scale = (float)(extent - ends) / (float)(wanted - ends);
  float place = (float)at;
  if ((mapped->option & IS_CENTRED) != 0) {
    place += 0.5f;
  }
  place *= scale;
  if ((mapped->option & IS_ALIGNED) != 0) {
    place += 0.5f;
  }
  return mendlite_clamp((int32_t)place, 0, extent - 1);
}

int mendlite_op_resize_nearest(struct mendlite_op *op) {
  struct mendlite_mapped mapped;
  int status = read_resize(op, 0, &mapped);
  if (status == MENDLITE_STATUS_OK && op->run) {
    mendlite_mapped_copy(&mapped, nearest);
  }
  return status;
}

/* Fraction bits of a position. */
enum { BITS = 10, ONE = 1 << BITS };

/* The two positions that a new one lies between, and how far from the first, in 2^-10. */
struct between {
  int32_t low;
  int32_t high;
  int32_t part;
};

/* ComputeInterpolationValuesInteger. */
static struct between between_of(const struct mendlite_mapped *mapped, uint32_t axis, int32_t at) {
  int32_t extent = mapped->move.input.tensor.dims[axis];
  int32_t wanted = mapped->move.output.tensor.dims[axis];
  int32_t ends = less(mapped->option, wanted);
  int64_t step = ((int64_t)(extent - ends) * ONE + (wanted - ends) / 2) / (wanted - ends);
  int64_t place = at * step;
  if ((mapped->option & IS_CENTRED) != 0) {
    place += step / 2 - ONE / 2;
  }
  int64_t low = place > 0 ? place / ONE : 0;
  int64_t high = (place + ONE - 1) / ONE;
  return (struct between){.low = (int32_t)low,
                          .high = high < extent - 1 ? (int32_t)high : extent - 1,
                          .part = (int32_t)(place - low * ONE)};
}

/* The value between four of the image, half away from zero. Places are those of rows, from the
 * tensor's start. */
static int32_t blended(const struct mendlite_operand *input, size_t low_row, size_t high_row,
                       const struct between *y, const struct between *x) {
  int32_t channels = input->tensor.dims[3];
  size_t left = (size_t)x->low * (size_t)channels;
  size_t right = (size_t)x->high * (size_t)channels;
  int64_t above = (int64_t)mendlite_value_at(input, low_row + left) * (ONE - x->part) +
                  (int64_t)mendlite_value_at(input, low_row + right) * x->part;
  int64_t below = (int64_t)mendlite_value_at(input, high_row + left) * (ONE - x->part) +
                  (int64_t)mendlite_value_at(input, high_row + right) * x->part;
  int64_t total = above * (ONE - y->part) + below * y->part;
  int64_t half = INT64_C(1) << (2 * BITS - 1);
  int64_t size = ((total < 0 ? -total : total) + half) >> (2 * BITS);
  return (int32_t)(total < 0 ? -size : size);
}

static void run_bilinear(const struct mendlite_mapped *mapped) {
  const struct mendlite_operand *input = &mapped->move.input;
  const int32_t *wanted = mapped->move.output.tensor.dims;
  size_t row = (size_t)input->tensor.dims[2] * (size_t)input->tensor.dims[3];
  size_t image = (size_t)input->tensor.dims[1] * row;
  size_t to = 0;
  for (int32_t n = 0; n < wanted[0]; n++) {
    for (int32_t i = 0; i < wanted[1]; i++) {
      struct between y = between_of(mapped, 1, i);
      for (int32_t j = 0; j < wanted[2]; j++) {
        struct between x = between_of(mapped, 2, j);
        for (int32_t c = 0; c < wanted[3]; c++) {
          size_t from = (size_t)n * image + (size_t)c;
          mendlite_store_value(
              &mapped->move.output, to++,
              blended(input, from + (size_t)y.low * row, from + (size_t)y.high * row, &y, &x));
        }
      }
    }
  }
}

int mendlite_op_resize_bilinear(struct mendlite_op *op) {
  struct mendlite_mapped mapped;
  int status = read_resize(op, BILINEAR_FIELDS, &mapped);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &mapped.move.input.tensor;
  const int32_t *wanted = mapped.move.output.tensor.dims;
  if (!mendlite_is_int8(input) && input->type != MENDLITE_TYPE_INT16) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  /* The rounded step may lead the last positions out of the image, where TFLite reads on. */
  if (between_of(&mapped, 1, wanted[1] - 1).low >= input->dims[1] ||
      between_of(&mapped, 2, wanted[2] - 1).low >= input->dims[2]) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (op->run) {
    run_bilinear(&mapped);
  }
  return MENDLITE_STATUS_OK;
}
