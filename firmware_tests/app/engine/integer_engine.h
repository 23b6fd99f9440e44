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

/* The kernel of a BuiltinOperator; NULL where there is none. */
kernel *kernel_of(int32_t code);

#endif
