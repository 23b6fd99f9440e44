/* BATCH_MATMUL of int8: the last two axes are matrices, all others broadcast (batch_matmul.h). */
#include "engine/ops/kernels.h"
#include "engine/ops/strides.h"
#include "engine/ops/values.h"

/* Fields of BatchMatMulOptions. */
enum { TURN_FIRST = 0, TURN_SECOND = 1 };

/* As many products of two int8 differences as int32 can sum. */
enum { MOST_TERMS = 1 << 15 };

enum { LEAST_RANK = 2, MOST_RANK = 5 };

/* One of the two factors. */
struct factor {
  struct mendlite_operand operand;
  /* Axes in front of its matrices. */
  uint32_t lead;
  int32_t rows;
  int32_t columns;
  /* Values from one row, and from one column, to the next. */
  int32_t row_step;
  int32_t column_step;
};

struct product {
  struct factor first;
  struct factor second;
  struct mendlite_operand output;
  struct mendlite_multiplier by;
  enum mendlite_rounding rounding;
};

static int read_factor(const struct mendlite_op *op, uint32_t n, uint32_t field,
                       struct factor *factor) {
  int32_t turned;
  int status;
  if ((status = mendlite_op_input(op, n, &factor->operand)) < 0 ||
      (status = mendlite_op_small_option(op, field, &turned)) < 0) {
    return status;
  }
  const struct mendlite_tensor *tensor = &factor->operand.tensor;
  if (!mendlite_is_int8(tensor)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (tensor->rank < LEAST_RANK || tensor->rank > MOST_RANK) {
    return MENDLITE_STATUS_MALFORMED;
  }
  factor->lead = tensor->rank - 2;
  int32_t rows = tensor->dims[factor->lead];
  int32_t columns = tensor->dims[factor->lead + 1];
  factor->rows = turned != 0 ? columns : rows;
  factor->columns = turned != 0 ? rows : columns;
  factor->row_step = turned != 0 ? 1 : columns;
  factor->column_step = turned != 0 ? columns : 1;
  return MENDLITE_STATUS_OK;
}

/* A factor's extent along an axis in front of the output's matrices. */
static int32_t lead_extent(const struct factor *factor, uint32_t lead, uint32_t axis) {
  uint32_t missing = lead - factor->lead;
  return axis < missing ? 1 : factor->operand.tensor.dims[axis - missing];
}

/* The axes in front broadcast; behind them stand the rows of the first and the columns of the
 * second. */
static bool fits(const struct product *product) {
  const struct mendlite_tensor *output = &product->output.tensor;
  uint32_t lead =
      product->first.lead > product->second.lead ? product->first.lead : product->second.lead;
  if (product->first.columns != product->second.rows || output->rank != lead + 2 ||
      output->dims[lead] != product->first.rows ||
      output->dims[lead + 1] != product->second.columns) {
    return false;
  }
  for (uint32_t i = 0; i < lead; i++) {
    int32_t a = lead_extent(&product->first, lead, i);
    int32_t b = lead_extent(&product->second, lead, i);
    if ((a != b && a != 1 && b != 1) || output->dims[i] != (a == 1 ? b : a)) {
      return false;
    }
  }
  return true;
}

/* Walks a factor's matrices along the output's. */
static struct mendlite_walk walk_of(const struct factor *factor,
                                    const struct mendlite_tensor *output) {
  struct mendlite_walk walk = {.rank = output->rank - 2};
  int32_t step = factor->rows * factor->columns;
  for (uint32_t i = walk.rank; i-- > 0;) {
    int32_t extent = lead_extent(factor, walk.rank, i);
    walk.dims[i] = output->dims[i];
    walk.strides[i] = extent == 1 ? 0 : step;
    step *= extent;
  }
  return walk;
}

static int32_t sum(const struct product *product, size_t first, size_t second) {
  const struct factor *a = &product->first;
  const struct factor *b = &product->second;
  const int8_t *x = (const int8_t *)a->operand.data + first;
  const int8_t *y = (const int8_t *)b->operand.data + second;
  int32_t total = 0;
  for (int32_t k = 0; k < a->columns; k++, x += a->column_step, y += b->row_step) {
    total += (*x - a->operand.tensor.zero_point) * (*y - b->operand.tensor.zero_point);
  }
  return total;
}

static void run_product(const struct product *product) {
  const struct mendlite_tensor *output = &product->output.tensor;
  struct mendlite_walk first = walk_of(&product->first, output);
  struct mendlite_walk second = walk_of(&product->second, output);
  uint32_t columns = (uint32_t)product->second.columns;
  uint32_t size = (uint32_t)product->first.rows * columns;
  for (uint32_t i = 0; i < output->elements; i++) {
    uint32_t row = i % size / columns;
    uint32_t column = i % columns;
    int32_t total = sum(product, (size_t)first.at + row * (size_t)product->first.row_step,
                        (size_t)second.at + column * (size_t)product->second.column_step);
    int32_t found = mendlite_requantize(total, product->by, product->rounding, output->zero_point);
    mendlite_store_byte(&product->output, i, mendlite_clamp(found, INT8_MIN, INT8_MAX));
    if (i % size == size - 1) {
      mendlite_walk_on(&first);
      mendlite_walk_on(&second);
    }
  }
}

int mendlite_op_batch_matmul(struct mendlite_op *op) {
  struct product product;
  int status;
  if ((status = read_factor(op, 0, TURN_FIRST, &product.first)) < 0 ||
      (status = read_factor(op, 1, TURN_SECOND, &product.second)) < 0 ||
      (status = mendlite_op_output(op, 0, &product.output)) < 0) {
    return status;
  }
  const struct mendlite_tensor *first = &product.first.operand.tensor;
  const struct mendlite_tensor *second = &product.second.operand.tensor;
  if (!mendlite_is_int8(&product.output.tensor) || product.first.columns >= MOST_TERMS) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (!fits(&product) || !mendlite_both_quantized(op, first, second) ||
      !mendlite_tensor_is_quantized(op->model, &product.output.tensor)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  /* GetQuantizedConvolutionMultipler. */
  float narrow = first->scale * second->scale;
  double scales = mendlite_op_narrow_product(op) ? (double)narrow
                                                 : (double)first->scale * (double)second->scale;
  product.rounding = mendlite_op_rounding(op);
  status = mendlite_op_multiplier(op, scales / (double)product.output.tensor.scale, &product.by);
  if (status == MENDLITE_STATUS_OK && op->run) {
    run_product(&product);
  }
  return status;
}
