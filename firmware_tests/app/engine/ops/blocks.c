/* SPACE_TO_DEPTH, DEPTH_TO_SPACE, SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/lists.h"
#include "engine/ops/move.h"

/* Field of SpaceToDepthOptions and DepthToSpaceOptions. */
enum { BLOCK_SIZE = 0 };

/* Blocks of size times size positions of an image, and the same values as one position's. */
static int run_depth(struct mendlite_op *op, bool to_depth) {
  struct mendlite_move move;
  int32_t size;
  int status;
  if ((status = mendlite_move_read(op, &move)) < 0 ||
      (status = mendlite_op_option(op, BLOCK_SIZE, 0, &size)) < 0) {
    return status;
  }
  const struct mendlite_tensor *deep = to_depth ? &move.output.tensor : &move.input.tensor;
  const struct mendlite_tensor *image = to_depth ? &move.input.tensor : &move.output.tensor;
  if (deep->rank != 4 || image->rank != 4 || size < 1 || deep->dims[0] != image->dims[0] ||
      image->dims[1] % size != 0 || image->dims[1] / size != deep->dims[1] ||
      image->dims[2] % size != 0 || image->dims[2] / size != deep->dims[2] ||
      deep->elements != image->elements) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int32_t row = image->dims[2] * image->dims[3];
  int32_t depth = image->dims[3];
  /* Walked in the output's order: batch, rows, columns, rows and columns of the block, channels; or
   * the rows of a block behind each row of blocks. */
  struct mendlite_walk walk = {
      .rank = 6,
      .dims = {deep->dims[0], deep->dims[1], deep->dims[2], size, size, depth},
      .strides = {image->dims[1] * row, size * row, size * depth, row, depth, 1}};
  struct mendlite_walk back = {
      .rank = 6,
      .dims = {deep->dims[0], deep->dims[1], size, deep->dims[2], size, depth},
      .strides = {deep->dims[1] * deep->dims[2] * deep->dims[3], deep->dims[2] * deep->dims[3],
                  size * depth, deep->dims[3], depth, 1}};
  if (op->run) {
    mendlite_move_values(&move, to_depth ? &walk : &back);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_space_to_depth(struct mendlite_op *op) { return run_depth(op, true); }

int mendlite_op_depth_to_space(struct mendlite_op *op) { return run_depth(op, false); }

/* An image, and the batches that hold each position of its blocks. Axes 0 and 1 are rows and
 * columns; an image of three axes has one column. */
struct batches {
  struct mendlite_move move;
  /* Extents of image and batches, sizes of blocks, and what of the image is padded or cropped in
   * front. */
  int32_t image[2];
  int32_t apart[2];
  int32_t block[2];
  int32_t before[2];
  int32_t after[2];
  /* Images, and bytes of one position. */
  int32_t count;
  uint32_t size;
};

static int read_blocks(const struct mendlite_op *op, struct batches *batches, uint32_t axes) {
  struct mendlite_operand sizes;
  struct mendlite_operand ends;
  int status;
  if ((status = mendlite_constant_input(op, 1, axes, &sizes)) < 0 ||
      (status = mendlite_constant_input(op, 2, 2 * axes, &ends)) < 0) {
    return status;
  }
  const struct mendlite_shape pairs = {.rank = 2, .dims = {(int32_t)axes, 2}};
  if (!mendlite_has_shape(&ends.tensor, &pairs)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < 2; i++) {
    bool there = i < axes;
    batches->block[i] = there ? mendlite_constant_i32(&sizes.tensor, i) : 1;
    batches->before[i] = there ? mendlite_constant_i32(&ends.tensor, 2 * i) : 0;
    batches->after[i] = there ? mendlite_constant_i32(&ends.tensor, 2 * i + 1) : 0;
    if (batches->block[i] < 1 || batches->before[i] < 0 || batches->after[i] < 0) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  return MENDLITE_STATUS_OK;
}

static int read_batches(const struct mendlite_op *op, bool to_batch, struct batches *batches) {
  int status = mendlite_move_read(op, &batches->move);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *input = &batches->move.input.tensor;
  const struct mendlite_tensor *output = &batches->move.output.tensor;
  if ((input->rank != 3 && input->rank != 4) || output->rank != input->rank ||
      input->dims[input->rank - 1] != output->dims[input->rank - 1]) {
    return MENDLITE_STATUS_MALFORMED;
  }
  const struct mendlite_tensor *image = to_batch ? input : output;
  const struct mendlite_tensor *apart = to_batch ? output : input;
  if ((status = read_blocks(op, batches, input->rank - 2)) < 0) {
    return status;
  }
  int64_t many = image->dims[0];
  for (uint32_t i = 0; i < 2; i++) {
    bool there = i < input->rank - 2;
    batches->image[i] = there ? image->dims[1 + i] : 1;
    batches->apart[i] = there ? apart->dims[1 + i] : 1;
    int64_t padded = (int64_t)batches->image[i] + batches->before[i] + batches->after[i];
    if (padded != (int64_t)batches->apart[i] * batches->block[i]) {
      return MENDLITE_STATUS_MALFORMED;
    }
    /* Not beyond 2^59: a block is no larger than what is padded, and 2^28 images are the most. */
    many = many > INT32_MAX ? many : many * batches->block[i];
  }
  batches->count = image->dims[0];
  batches->size = (uint32_t)input->dims[input->rank - 1] * input->element_size;
  return many == apart->dims[0] ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
}

/* Copies all positions of the image to or from where the batches hold them. */
static void run_batches(const struct batches *b, bool to_batch) {
  for (int32_t n = 0; n < b->count; n++) {
    for (int32_t i = 0; i < b->image[0]; i++) {
      for (int32_t j = 0; j < b->image[1]; j++) {
        int32_t row = i + b->before[0];
        int32_t column = j + b->before[1];
        int32_t one = row % b->block[0] * b->block[1] + column % b->block[1];
        size_t at = (size_t)(one * b->count + n) * (size_t)b->apart[0];
        at = (at + (size_t)(row / b->block[0])) * (size_t)b->apart[1];
        at = (at + (size_t)(column / b->block[1])) * b->size;
        size_t place = ((size_t)n * (size_t)b->image[0] + (size_t)i) * (size_t)b->image[1];
        place = (place + (size_t)j) * b->size;
        memcpy(b->move.output.data + (to_batch ? at : place),
               b->move.input.data + (to_batch ? place : at), b->size);
      }
    }
  }
}

int mendlite_op_space_to_batch(struct mendlite_op *op) {
  struct batches batches;
  int status = read_batches(op, true, &batches);
  if (status < 0) {
    return status;
  }
  const struct mendlite_tensor *output = &batches.move.output.tensor;
  bool padded = batches.before[0] + batches.after[0] + batches.before[1] + batches.after[1] > 0;
  bool bytes = output->element_size == 1 && output->type != MENDLITE_TYPE_BOOL;
  /* TFLite Micro pads integers with what its memory happens to hold. */
  if (padded && output->type != MENDLITE_TYPE_FLOAT32 && !mendlite_op_desktop(op)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (bytes && mendlite_op_desktop(op) && !mendlite_tensor_is_quantized(op->model, output)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (op->run) {
    memset(batches.move.output.data, bytes ? output->zero_point : 0, output->bytes);
    run_batches(&batches, true);
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_op_batch_to_space(struct mendlite_op *op) {
  struct batches batches;
  int status = read_batches(op, false, &batches);
  if (status == MENDLITE_STATUS_OK && op->run) {
    run_batches(&batches, false);
  }
  return status;
}
