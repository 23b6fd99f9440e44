/* Values of integer tensors, one at a time, and uint8 taken as int8.
 *
 * TFLite's kernels of both types compute with differences from zero-points: an int8 kernel whose
 * bytes have their highest bit turned, and whose zero-points are 128 lower, is the uint8 one.
 */
#ifndef MENDLITE_VALUES_H
#define MENDLITE_VALUES_H

#include "engine/op.h"

/* Takes operands as int8 where all count of them are uint8; else nothing changes. */
void mendlite_take_uint8(struct mendlite_operand *const operands[], uint32_t count);

/* Byte number at, from 0, of an int8 operand, and how one is stored. */
static inline int32_t mendlite_byte_at(const struct mendlite_operand *operand, size_t at) {
  return (int8_t)(operand->data[at] ^ operand->flip);
}

static inline void mendlite_store_byte(const struct mendlite_operand *operand, size_t at,
                                       int32_t value) {
  operand->data[at] = (uint8_t)((uint8_t)value ^ operand->flip);
}

/* Value number at, from 0, of an operand of int8, uint8, int16 or int32, and how one within the
 * type is stored. */
int32_t mendlite_value_at(const struct mendlite_operand *operand, size_t at);
void mendlite_store_value(const struct mendlite_operand *operand, size_t at, int32_t value);

/* Stores a value, cut off at bounds within the type. */
void mendlite_store_within(const struct mendlite_operand *operand, size_t at, int64_t value,
                           struct mendlite_range range);

#endif
