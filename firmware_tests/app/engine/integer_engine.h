/* Our own engine's inside, for its own files. */
#ifndef MENDLITE_INTEGER_ENGINE_H
#define MENDLITE_INTEGER_ENGINE_H

#include "engine/engine.h"
#include "engine/op.h"
#include "engine/plan.h"

struct engine {
  struct model model;
  enum profile profile;
  /* One for each tensor. */
  struct placement *placements;
  uint8_t *tensors;
  uint8_t *scratch;
  uint32_t scratch_size;
  uint32_t used;
};

/* A tensor's values: the constant's, or its place in the arena once the engine runs. */
uint8_t *integer_engine_data(const struct engine *engine, const struct tensor *tensor, bool run);

/* An operator that the engine runs: its code in BuiltinOperator and its options' table in
 * BuiltinOptions (0: it has none), the least and the most inputs that it takes, its kernel. */
struct builtin {
  int32_t code;
  uint8_t options;
  uint8_t least;
  uint8_t most;
  kernel *run;
};

/* No limit to how many inputs there are. */
enum { ANY_NUMBER = 255 };

/* NULL where there is none of that code. */
const struct builtin *builtin_of(int32_t code);

#endif
