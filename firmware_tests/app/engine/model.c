#include "engine/model.h"

#include <stddef.h>

#include "status.h"

/* Fields of the schema's tables, by number. */
enum { MODEL_CODES = 1, MODEL_SUBGRAPHS = 2, MODEL_BUFFERS = 4 };
enum { SUBGRAPH_TENSORS = 0, SUBGRAPH_INPUTS = 1, SUBGRAPH_OUTPUTS = 2, SUBGRAPH_OPERATORS = 3 };
enum { TENSOR_SHAPE = 0, TENSOR_TYPE = 1, TENSOR_BUFFER = 2, TENSOR_QUANTIZATION = 4 };
enum { TENSOR_VARIABLE = 5, TENSOR_SPARSITY = 6 };
enum { QUANTIZATION_SCALE = 2, QUANTIZATION_ZERO_POINT = 3, QUANTIZATION_AXIS = 6 };
enum { CODE_DEPRECATED = 0, CODE_BUILTIN = 3 };
enum { OPERATOR_CODE = 0, OPERATOR_INPUTS = 1, OPERATOR_OUTPUTS = 2 };
enum { OPERATOR_OPTIONS_TYPE = 3, OPERATOR_OPTIONS = 4, OPERATOR_INTERMEDIATES = 8 };
enum { BUFFER_DATA = 0, BUFFER_OFFSET = 1, BUFFER_SIZE = 2 };

/* More elements than any board holds: products of dimensions stay within 32 bits. */
enum { MOST_ELEMENTS = 1 << 28 };

/* Schema 3 files carry this identifier behind the root offset. */
static const uint8_t identifier[4] = {'T', 'F', 'L', '3'};

int mendlite_model_open(struct mendlite_model *model, const uint8_t *data, uint32_t size) {
  struct mendlite_table root;
  model->file = (struct mendlite_flatbuffer){.data = data, .size = size};
  const struct mendlite_flatbuffer *file = &model->file;
  if (size < 8 || mendlite_fb_root(file, &root) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < 4; i++) {
    if (data[4 + i] != identifier[i]) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  if (mendlite_fb_vector(file, &root, MODEL_CODES, 4, &model->codes) < 0 ||
      mendlite_fb_vector(file, &root, MODEL_BUFFERS, 4, &model->buffers) < 0 ||
      mendlite_fb_vector(file, &root, MODEL_SUBGRAPHS, 4, &model->graphs) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return mendlite_model_subgraph(model, 0);
}

int mendlite_model_subgraph(struct mendlite_model *model, uint32_t number) {
  const struct mendlite_flatbuffer *file = &model->file;
  struct mendlite_table graph;
  if (mendlite_fb_table_in(file, &model->graphs, number, &graph) < 0 ||
      mendlite_fb_vector(file, &graph, SUBGRAPH_TENSORS, 4, &model->tensors) < 0 ||
      mendlite_fb_vector(file, &graph, SUBGRAPH_INPUTS, 4, &model->inputs) < 0 ||
      mendlite_fb_vector(file, &graph, SUBGRAPH_OUTPUTS, 4, &model->outputs) < 0 ||
      mendlite_fb_vector(file, &graph, SUBGRAPH_OPERATORS, 4, &model->operators) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  return MENDLITE_STATUS_OK;
}

static uint32_t size_of(uint8_t type) {
  switch (type) {
    case MENDLITE_TYPE_INT8:
    case MENDLITE_TYPE_UINT8:
    case MENDLITE_TYPE_BOOL:
      return 1;
    case MENDLITE_TYPE_INT16:
      return 2;
    case MENDLITE_TYPE_FLOAT32:
    case MENDLITE_TYPE_INT32:
      return 4;
    case MENDLITE_TYPE_INT64:
      return 8;
    default:
      return 0;
  }
}

/* Bytes of so many elements. */
static uint32_t bytes_of(const struct mendlite_tensor *tensor) {
  return tensor->type == MENDLITE_TYPE_INT4 ? (tensor->elements + 1) / 2
                                            : tensor->elements * tensor->element_size;
}

static int read_shape(const struct mendlite_model *model, const struct mendlite_table *table,
                      struct mendlite_tensor *tensor) {
  struct mendlite_vector shape;
  if (mendlite_fb_vector(&model->file, table, TENSOR_SHAPE, 4, &shape) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (shape.length > MENDLITE_MAX_RANK) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  tensor->rank = shape.length;
  tensor->elements = 1;
  for (uint32_t i = 0; i < shape.length; i++) {
    mendlite_fb_i32_in(&model->file, &shape, i, &tensor->dims[i]);
    /* Nothing but a vector may be empty. */
    if (tensor->dims[i] < (shape.length == 1 ? 0 : 1)) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
    if ((uint32_t)tensor->dims[i] > MOST_ELEMENTS / tensor->elements) {
      return MENDLITE_STATUS_NO_ROOM;
    }
    tensor->elements *= (uint32_t)tensor->dims[i];
  }
  return MENDLITE_STATUS_OK;
}

/* Bytes of a buffer that lie in the file and outside its flatbuffer; elsewhere is false where it
 * has none. An offset of 0 or 1 stands for none. */
static int find_outside(const struct mendlite_flatbuffer *file, const struct mendlite_table *buffer,
                        struct mendlite_vector *bytes, bool *elsewhere) {
  uint64_t offset;
  uint64_t size;
  if (mendlite_fb_u64(file, buffer, BUFFER_OFFSET, &offset) < 0 ||
      mendlite_fb_u64(file, buffer, BUFFER_SIZE, &size) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *elsewhere = offset > 1;
  if (*elsewhere && (offset > file->size || size > file->size - offset)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *bytes = (struct mendlite_vector){.at = (uint32_t)offset, .length = (uint32_t)size};
  return MENDLITE_STATUS_OK;
}

static int read_constant(const struct mendlite_model *model, const struct mendlite_table *table,
                         struct mendlite_tensor *tensor) {
  static const uint8_t empty;
  struct mendlite_table buffer;
  struct mendlite_vector bytes;
  int32_t number;
  tensor->constant = tensor->elements == 0 ? &empty : NULL;
  if (mendlite_fb_i32(&model->file, table, TENSOR_BUFFER, 0, &number) < 0 || number < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  /* Buffer 0 is empty by the schema. */
  if (number == 0) {
    return MENDLITE_STATUS_OK;
  }
  if (mendlite_fb_table_in(&model->file, &model->buffers, (uint32_t)number, &buffer) < 0 ||
      mendlite_fb_vector(&model->file, &buffer, BUFFER_DATA, 1, &bytes) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  bool elsewhere = false;
  if (bytes.length == 0) {
    int status = find_outside(&model->file, &buffer, &bytes, &elsewhere);
    if (status < 0 || !elsewhere) {
      return status;
    }
  }
  if (bytes.length != tensor->bytes) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (bytes.length > 0) {
    tensor->constant = model->file.data + bytes.at;
  }
  return MENDLITE_STATUS_OK;
}

/* A zero-point stands for a value of its own type. */
static int read_zero_point(const struct mendlite_flatbuffer *file, struct mendlite_tensor *tensor) {
  if (tensor->scales.length == 0 || tensor->zeros.length == 0) {
    return MENDLITE_STATUS_OK;
  }
  int64_t zero = (int64_t)mendlite_fb_le64(file->data + tensor->zeros.at);
  tensor->zero_point = (int32_t)zero;
  if (tensor->type == MENDLITE_TYPE_INT8) {
    return zero >= -128 && zero <= 127 ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
  }
  if (tensor->type == MENDLITE_TYPE_UINT8) {
    return zero >= 0 && zero <= 255 ? MENDLITE_STATUS_OK : MENDLITE_STATUS_MALFORMED;
  }
  return MENDLITE_STATUS_OK;
}

static int read_scales(const struct mendlite_model *model, const struct mendlite_table *table,
                       struct mendlite_tensor *tensor) {
  const struct mendlite_flatbuffer *file = &model->file;
  struct mendlite_table quantization;
  tensor->scales = (struct mendlite_vector){.at = 0, .length = 0};
  tensor->zeros = tensor->scales;
  tensor->axis = 0;
  tensor->scale = 0;
  tensor->zero_point = 0;
  int found = mendlite_fb_table(file, table, TENSOR_QUANTIZATION, &quantization);
  if (found <= 0) {
    return found;
  }
  if (mendlite_fb_vector(file, &quantization, QUANTIZATION_SCALE, 4, &tensor->scales) < 0 ||
      mendlite_fb_vector(file, &quantization, QUANTIZATION_ZERO_POINT, 8, &tensor->zeros) < 0 ||
      mendlite_fb_i32(file, &quantization, QUANTIZATION_AXIS, 0, &tensor->axis) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (tensor->scales.length > 0) {
    tensor->scale = mendlite_fb_float(file->data + tensor->scales.at);
  }
  return read_zero_point(file, tensor);
}

int mendlite_model_tensor(const struct mendlite_model *model, int32_t index,
                          struct mendlite_tensor *tensor) {
  struct mendlite_table table;
  uint32_t sparse;
  uint8_t variable;
  if (index < 0 ||
      mendlite_fb_table_in(&model->file, &model->tensors, (uint32_t)index, &table) < 0 ||
      mendlite_fb_u8(&model->file, &table, TENSOR_TYPE, MENDLITE_TYPE_FLOAT32, &tensor->type) < 0 ||
      mendlite_fb_u8(&model->file, &table, TENSOR_VARIABLE, 0, &variable) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  tensor->index = index;
  tensor->element_size = size_of(tensor->type);
  tensor->variable = variable != 0;
  bool known = tensor->element_size != 0 || tensor->type == MENDLITE_TYPE_INT4 ||
               tensor->type == MENDLITE_TYPE_RESOURCE;
  if (!known || mendlite_fb_field(&model->file, &table, TENSOR_SPARSITY, 4, &sparse) != 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  int status = read_shape(model, &table, tensor);
  if (status < 0) {
    return status;
  }
  tensor->bytes = bytes_of(tensor);
  status = read_constant(model, &table, tensor);
  if (status < 0) {
    return status;
  }
  /* Kernels compute no int4 values, and the first values of a state are their own. */
  if (tensor->variable ? tensor->constant != NULL
                       : tensor->type == MENDLITE_TYPE_INT4 && tensor->constant == NULL) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  return read_scales(model, &table, tensor);
}

/* Newer files keep the code in an int32; older ones only in the int8 that it outgrew. The larger of
 * the two counts (GetBuiltinCode), for some write but one of them. */
static int read_code(const struct mendlite_model *model, uint32_t index, int32_t *code) {
  struct mendlite_table table;
  uint8_t deprecated;
  if (mendlite_fb_table_in(&model->file, &model->codes, index, &table) < 0 ||
      mendlite_fb_u8(&model->file, &table, CODE_DEPRECATED, 0, &deprecated) < 0 ||
      mendlite_fb_i32(&model->file, &table, CODE_BUILTIN, 0, code) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (*code < (int8_t)deprecated) {
    *code = (int8_t)deprecated;
  }
  return MENDLITE_STATUS_OK;
}

int mendlite_model_node(const struct mendlite_model *model, uint32_t index,
                        struct mendlite_node *node) {
  struct mendlite_table table;
  int32_t code;
  if (mendlite_fb_table_in(&model->file, &model->operators, index, &table) < 0 ||
      mendlite_fb_i32(&model->file, &table, OPERATOR_CODE, 0, &code) < 0 || code < 0 ||
      mendlite_fb_vector(&model->file, &table, OPERATOR_INPUTS, 4, &node->inputs) < 0 ||
      mendlite_fb_vector(&model->file, &table, OPERATOR_OUTPUTS, 4, &node->outputs) < 0 ||
      mendlite_fb_vector(&model->file, &table, OPERATOR_INTERMEDIATES, 4, &node->intermediates) <
          0 ||
      mendlite_fb_u8(&model->file, &table, OPERATOR_OPTIONS_TYPE, 0, &node->options_type) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  int found = mendlite_fb_table(&model->file, &table, OPERATOR_OPTIONS, &node->options);
  node->has_options = found > 0;
  return found < 0 ? found : read_code(model, (uint32_t)code, &node->code);
}

float mendlite_tensor_scale(const struct mendlite_model *model,
                            const struct mendlite_tensor *tensor, uint32_t channel) {
  if (tensor->scales.length <= 1) {
    return tensor->scale;
  }
  return mendlite_fb_float(model->file.data + tensor->scales.at + 4 * (size_t)channel);
}

/* Whether a tensor's scales are all finite and above zero, as floats' bits: exponent neither 0 nor
 * 255, no sign. */
static bool scales_are_sound(const struct mendlite_model *model,
                             const struct mendlite_tensor *tensor) {
  for (uint32_t i = 0; i < tensor->scales.length; i++) {
    uint32_t bits = mendlite_fb_le32(model->file.data + tensor->scales.at + 4 * (size_t)i);
    if (bits < 0x00800000u || bits >= 0x7f800000u) {
      return false;
    }
  }
  return true;
}

bool mendlite_tensor_is_quantized(const struct mendlite_model *model,
                                  const struct mendlite_tensor *tensor) {
  return tensor->scales.length == 1 && tensor->zeros.length <= 1 && scales_are_sound(model, tensor);
}

bool mendlite_has_no_zero_point(const struct mendlite_model *model,
                                const struct mendlite_tensor *tensor) {
  for (uint32_t i = 0; i < tensor->zeros.length; i++) {
    if (mendlite_fb_le64(model->file.data + tensor->zeros.at + 8 * (size_t)i) != 0) {
      return false;
    }
  }
  return true;
}

bool mendlite_weights_are_quantized(const struct mendlite_model *model,
                                    const struct mendlite_tensor *tensor, uint32_t channels,
                                    int32_t axis) {
  uint32_t count = tensor->scales.length;
  if (count != 1 && (count != channels || tensor->axis != axis)) {
    return false;
  }
  return mendlite_has_no_zero_point(model, tensor) && tensor->zeros.length <= count &&
         scales_are_sound(model, tensor);
}
