/* CONCATENATION of tensors that share the output's quantization, and PACK along a new axis. */
#include <string.h>

#include "engine/ops/kernels.h"
#include "engine/ops/move.h"

/* Fields of ConcatenationOptions and PackOptions. */
enum { CONCATENATION_AXIS = 0, CONCATENATION_ACTIVATION = 1, PACK_COUNT = 0, PACK_AXIS = 1 };

static bool joins(const struct mendlite_tensor *part, const struct mendlite_tensor *output,
                  uint32_t axis) {
  if (part->rank != output->rank) {
    return false;
  }
  for (uint32_t i = 0; i < part->rank; i++) {
    if (i != axis && part->dims[i] != output->dims[i]) {
      return false;
    }
  }
  return true;
}

/* Copies one part's blocks of bytes into the output's, each block bytes from an offset on. */
static void copy_blocks(const struct mendlite_operand *part, const struct mendlite_operand *output,
                        uint32_t blocks, uint32_t offset) {
  uint32_t size = part->tensor.bytes / blocks;
  uint32_t step = output->tensor.bytes / blocks;
  for (uint32_t i = 0; i < blocks; i++) {
    memcpy(output->data + (size_t)i * step + offset, part->data + (size_t)i * size, size);
  }
}

/* Values before the axis: each is one block. */
static uint32_t blocks_before(const struct mendlite_tensor *output, uint32_t axis) {
  uint32_t blocks = 1;
  for (uint32_t i = 0; i < axis; i++) {
    blocks *= (uint32_t)output->dims[i];
  }
  return blocks;
}

int mendlite_op_concatenation(struct mendlite_op *op) {
  struct mendlite_operand output;
  int32_t axis;
  int32_t activation;
  int status;
  if ((status = mendlite_op_output(op, 0, &output)) < 0 ||
      (status = mendlite_op_option(op, CONCATENATION_AXIS, 0, &axis)) < 0 ||
      (status = mendlite_op_small_option(op, CONCATENATION_ACTIVATION, &activation)) < 0 ||
      (status = mendlite_normal_axis((int32_t)output.tensor.rank, &axis)) < 0) {
    return status;
  }
  uint32_t blocks = blocks_before(&output.tensor, (uint32_t)axis);
  uint32_t offset = 0;
  for (uint32_t n = 0; n < op->node->inputs.length; n++) {
    struct mendlite_operand part;
    if ((status = mendlite_op_input(op, n, &part)) < 0) {
      return status;
    }
    if (part.tensor.type != output.tensor.type || activation != 0 ||
        !mendlite_same_meaning(op, &part.tensor, &output.tensor)) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
    uint32_t size = part.tensor.bytes / blocks;
    if (!joins(&part.tensor, &output.tensor, (uint32_t)axis) ||
        size > output.tensor.bytes / blocks - offset) {
      return MENDLITE_STATUS_MALFORMED;
    }
    if (op->run) {
      copy_blocks(&part, &output, blocks, offset);
    }
    offset += size;
  }
  return offset == output.tensor.bytes / blocks ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
}

int mendlite_op_pack(struct mendlite_op *op) {
  struct mendlite_operand output;
  int32_t count;
  int32_t axis;
  int status;
  uint32_t parts = op->node->inputs.length;
  if ((status = mendlite_op_output(op, 0, &output)) < 0 ||
      (status = mendlite_op_option(op, PACK_COUNT, 0, &count)) < 0 ||
      (status = mendlite_op_option(op, PACK_AXIS, 0, &axis)) < 0 ||
      (status = mendlite_normal_axis((int32_t)output.tensor.rank, &axis)) < 0) {
    return status;
  }
  if ((uint32_t)count != parts) {
    return MENDLITE_STATUS_MALFORMED;
  }
  uint32_t blocks = blocks_before(&output.tensor, (uint32_t)axis);
  for (uint32_t n = 0; n < parts; n++) {
    struct mendlite_operand part;
    struct mendlite_shape shape;
    if ((status = mendlite_op_input(op, n, &part)) < 0) {
      return status;
    }
    if (part.tensor.type != output.tensor.type ||
        !mendlite_same_meaning(op, &part.tensor, &output.tensor)) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
    mendlite_put_axis(&part.tensor, (uint32_t)axis, count, &shape);
    if (!mendlite_has_shape(&output.tensor, &shape)) {
      return MENDLITE_STATUS_MALFORMED;
    }
    if (op->run) {
      copy_blocks(&part, &output, blocks, n * (part.tensor.bytes / blocks));
    }
  }
  return MENDLITE_STATUS_OK;
}
