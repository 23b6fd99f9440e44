/* Operators from one 8-bit or int16 tensor to another of its type and shape. */
#ifndef MENDLITE_UNARY_H
#define MENDLITE_UNARY_H

#include "engine/ops/values.h"

struct mendlite_unary {
  struct mendlite_operand input;
  struct mendlite_operand output;
};

/* Reads input and output 0, uint8 as int8. Unsupported: either is not int8 then. Malformed: either
 * has not just one scale, or their shapes differ. */
int mendlite_unary_read(const struct mendlite_op *op, struct mendlite_unary *unary);

/* Whether input 0 is int16. */
bool mendlite_takes_int16(const struct mendlite_op *op);

/* Reads input and output 0 of an int16 operator. Unsupported: either is not int16, or has a
 * zero-point. Malformed as above. */
int mendlite_unary_read_int16(const struct mendlite_op *op, struct mendlite_unary *unary);

/* Bytes of a table of the outputs of -128 ... 127. */
enum { MENDLITE_LOOKUP_SIZE = 256 };

/* Fills the output from such a table. */
void mendlite_look_up(const struct mendlite_unary *unary, const int8_t *table);

#endif
