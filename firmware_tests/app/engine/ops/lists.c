#include "engine/ops/lists.h"

int mendlite_list_read(const struct mendlite_op *op, uint32_t n, struct mendlite_operand *list) {
  int status = mendlite_op_list(op, n, list);
  if (status < 0) {
    return status;
  }
  bool numbers =
      list->tensor.type == MENDLITE_TYPE_INT32 || list->tensor.type == MENDLITE_TYPE_INT64;
  return numbers && list->tensor.constant != NULL ? MENDLITE_STATUS_OK
                                                  : MENDLITE_STATUS_UNSUPPORTED;
}

int32_t mendlite_list_at(const struct mendlite_operand *list, uint32_t n) {
  if (list->tensor.type == MENDLITE_TYPE_INT32) {
    return (int32_t)mendlite_fb_le32(list->data + 4 * (size_t)n);
  }
  int64_t value = (int64_t)mendlite_fb_le64(list->data + 8 * (size_t)n);
  return value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

int mendlite_list_axis(const struct mendlite_op *op, uint32_t n, uint32_t rank, int32_t *axis) {
  struct mendlite_operand list;
  int status = mendlite_list_read(op, n, &list);
  if (status < 0) {
    return status;
  }
  if (list.tensor.elements != 1) {
    return MENDLITE_STATUS_MALFORMED;
  }
  *axis = mendlite_list_at(&list, 0);
  return mendlite_normal_axis((int32_t)rank, axis);
}

uint32_t mendlite_before_axis(const struct mendlite_tensor *tensor, int32_t axis) {
  uint32_t count = 1;
  for (int32_t i = 0; i < axis; i++) {
    count *= (uint32_t)tensor->dims[i];
  }
  return count;
}

uint32_t mendlite_behind_axis(const struct mendlite_tensor *tensor, int32_t axis) {
  uint32_t count = 1;
  for (uint32_t i = (uint32_t)axis + 1; i < tensor->rank; i++) {
    count *= (uint32_t)tensor->dims[i];
  }
  return count;
}
