/* Which operators the integer engine runs. */
#ifndef MENDLITE_TABLE_H
#define MENDLITE_TABLE_H

#include <stdint.h>

#include "engine/op.h"

/* No limit to how many inputs there are. */
enum { MENDLITE_ANY_NUMBER = 255 };

struct mendlite_builtin {
  /* BuiltinOperator of the schema. */
  int32_t code;
  /* Its options' table in BuiltinOptions; 0: it has none. */
  uint8_t options;
  /* The least and the most inputs that it has; MENDLITE_ANY_NUMBER: no most. */
  uint8_t least;
  uint8_t most;
  /* How many outputs it has; MENDLITE_ANY_NUMBER: one or more. */
  uint8_t outputs;
  mendlite_kernel *run;
};

/* NULL where the engine runs no operator of that code. */
const struct mendlite_builtin *mendlite_builtin_of(int32_t code);

#endif
