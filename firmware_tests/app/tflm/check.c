#include "tflm/check.h"

#include <stddef.h>
#include <string.h>

#include "status.h"

/* Fields of the schema's tables that our own engine has no use for. */
enum { MODEL_METADATA = 6, METADATA_NAME = 0, OPERATOR_INTERMEDIATES = 8 };
enum { BUFFER_DATA = 0, BUFFER_OFFSET = 1 };

/* What TFLM keeps of a tensor, a scale and an operator takes more than the first and less than the
 * second. */
enum { LEAST_PER_TENSOR = 12, LEAST_PER_SCALE = 4, LEAST_PER_NODE = 64 };
enum { PLENTY = 16384, PLENTY_PER_TENSOR = 1024, PLENTY_PER_SCALE = 16, PLENTY_PER_NODE = 1024 };

/* A plan that comes with the model would place tensors wherever it says: TFLM checks none of it. */
static int check_metadata(const struct mendlite_model *model) {
  static const char plan[] = "OfflineMemoryAllocation";
  struct mendlite_table root;
  struct mendlite_vector all;
  if (mendlite_fb_root(&model->file, &root) < 0 ||
      mendlite_fb_vector(&model->file, &root, MODEL_METADATA, 4, &all) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < all.length; i++) {
    struct mendlite_table entry;
    struct mendlite_vector name;
    int found = mendlite_fb_table_in(&model->file, &all, i, &entry);
    if (found < 0 ||
        (found = mendlite_fb_vector(&model->file, &entry, METADATA_NAME, 1, &name)) < 0) {
      return MENDLITE_STATUS_MALFORMED;
    }
    /* Older releases compare no more than the shorter name has. */
    size_t length = name.length < sizeof plan - 1 ? name.length : sizeof plan - 1;
    if (found > 0 && memcmp(model->file.data + name.at, plan, length) == 0) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  return MENDLITE_STATUS_OK;
}

/* Buffer 0 is empty by the schema: tensors that name it are no constants. TFLM does not ask. */
static int check_buffers(const struct mendlite_model *model) {
  struct mendlite_table buffer;
  struct mendlite_vector bytes;
  if (mendlite_fb_table_in(&model->file, &model->buffers, 0, &buffer) < 0 ||
      mendlite_fb_vector(&model->file, &buffer, BUFFER_DATA, 1, &bytes) < 0 || bytes.length > 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  /* Bytes outside the flatbuffer: TFLM would take their tensors for computed ones. */
  for (uint32_t i = 0; i < model->buffers.length; i++) {
    uint64_t offset;
    if (mendlite_fb_table_in(&model->file, &model->buffers, i, &buffer) < 0 ||
        mendlite_fb_u64(&model->file, &buffer, BUFFER_OFFSET, &offset) < 0) {
      return MENDLITE_STATUS_MALFORMED;
    }
    if (offset > 1) {
      return MENDLITE_STATUS_UNSUPPORTED;
    }
  }
  return MENDLITE_STATUS_OK;
}

/* Every tensor of the file, used or not: TFLM sets all of them up. */
static int check_tensors(struct mendlite_check *check) {
  for (uint32_t i = 0; i < check->model.tensors.length; i++) {
    struct mendlite_tensor tensor;
    int status = mendlite_model_tensor(&check->model, (int32_t)i, &tensor);
    if (status < 0) {
      return status;
    }
    uint32_t scales = tensor.scales.length;
    /* TFLM reads as many zero-points as there are scales. */
    if (tensor.zeros.length != 0 && tensor.zeros.length < scales) {
      return MENDLITE_STATUS_MALFORMED;
    }
    check->channels = scales > check->channels ? scales : check->channels;
    /* One scale for the whole tensor leaves nothing behind. */
    check->least += LEAST_PER_TENSOR + (scales > 1 ? LEAST_PER_SCALE * (uint64_t)scales : 0);
    /* TFLM unpacks a layer's int4 weights into its arena. */
    bool unpacked = tensor.type == MENDLITE_TYPE_INT4;
    check->plenty += unpacked ? tensor.elements : 0;
    check->plenty += tensor.constant == NULL ? 2 * (uint64_t)tensor.bytes : 0;
    check->plenty += PLENTY_PER_TENSOR + PLENTY_PER_SCALE * (uint64_t)scales;
  }
  return MENDLITE_STATUS_OK;
}

/* Each tensor is written once, before it is read, and constants never. */
static int touch(struct mendlite_check *check, int32_t index, bool writes) {
  struct mendlite_tensor tensor;
  int status = mendlite_model_tensor(&check->model, index, &tensor);
  if (status < 0) {
    return status;
  }
  bool known = tensor.constant != NULL || check->known[index] != 0;
  if (known == writes) {
    return MENDLITE_STATUS_MALFORMED;
  }
  check->known[index] = 1;
  return MENDLITE_STATUS_OK;
}

static int touch_all(struct mendlite_check *check, const struct mendlite_vector *indices,
                     bool writes, bool optional) {
  if (indices->length == 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  for (uint32_t i = 0; i < indices->length; i++) {
    int32_t index;
    if (mendlite_fb_i32_in(&check->model.file, indices, i, &index) < 0) {
      return MENDLITE_STATUS_MALFORMED;
    }
    /* An optional input that is left out. */
    if (index == -1 && optional) {
      continue;
    }
    int status = touch(check, index, writes);
    if (status < 0) {
      return status;
    }
  }
  return MENDLITE_STATUS_OK;
}

static int check_node(struct mendlite_check *check, uint32_t index) {
  const struct mendlite_model *model = &check->model;
  struct mendlite_node node;
  struct mendlite_table table;
  struct mendlite_vector intermediates;
  int status = mendlite_model_node(model, index, &node);
  if (status < 0) {
    return status;
  }
  if (!check->runs(check->context, node.code)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (mendlite_fb_table_in(&model->file, &model->operators, index, &table) < 0 ||
      mendlite_fb_vector(&model->file, &table, OPERATOR_INTERMEDIATES, 4, &intermediates) < 0) {
    return MENDLITE_STATUS_MALFORMED;
  }
  /* Tensors by index once more, of operators that are not run here. */
  if (intermediates.length > 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  check->least += LEAST_PER_NODE;
  check->plenty += PLENTY_PER_NODE;
  status = touch_all(check, &node.inputs, false, true);
  return status < 0 ? status : touch_all(check, &node.outputs, true, false);
}

static int check_graph(struct mendlite_check *check, int32_t *failed_operator) {
  const struct mendlite_model *model = &check->model;
  if (model->tensors.length > check->known_size) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  memset(check->known, 0, model->tensors.length);
  int status = touch_all(check, &model->inputs, true, false);
  if (status < 0) {
    return status;
  }
  for (uint32_t i = 0; i < model->operators.length; i++) {
    status = check_node(check, i);
    if (status < 0) {
      *failed_operator = (int32_t)i;
      return status;
    }
  }
  return touch_all(check, &model->outputs, false, false);
}

int mendlite_check_model(struct mendlite_check *check, const uint8_t *model, uint32_t size,
                         int32_t *failed_operator) {
  check->least = 0;
  check->plenty = PLENTY;
  check->channels = 0;
  int status = mendlite_model_open(&check->model, model, size);
  if (status < 0 || (status = check_metadata(&check->model)) < 0 ||
      (status = check_buffers(&check->model)) < 0 || (status = check_tensors(check)) < 0) {
    return status;
  }
  return check->model.graphs.length == 1 ? check_graph(check, failed_operator)
                                         : MENDLITE_STATUS_UNSUPPORTED;
}
