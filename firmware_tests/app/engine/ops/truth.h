/* Tensors of truth values, a byte each: 0 or 1. */
#ifndef MENDLITE_TRUTH_H
#define MENDLITE_TRUTH_H

#include "engine/op.h"

/* Malformed: it is a constant of bool with another byte than 0 or 1. */
static inline int mendlite_require_truth(const struct mendlite_operand *operand) {
  const struct mendlite_tensor *tensor = &operand->tensor;
  if (tensor->type != MENDLITE_TYPE_BOOL || tensor->constant == NULL) {
    return MENDLITE_STATUS_OK;
  }
  for (uint32_t i = 0; i < tensor->elements; i++) {
    if (tensor->constant[i] > 1) {
      return MENDLITE_STATUS_MALFORMED;
    }
  }
  return MENDLITE_STATUS_OK;
}

/* 1 where value number at, from 0, of a bool operand is true, else 0. */
static inline uint8_t mendlite_truth_at(const struct mendlite_operand *operand, size_t at) {
  return operand->data[at] != 0 ? 1 : 0;
}

#endif
