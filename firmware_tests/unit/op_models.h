/* One small model for every operator, with an input and the output worked out by hand. */
#ifndef MENDLITE_OP_MODELS_H
#define MENDLITE_OP_MODELS_H

#include "model_maker.h"

struct op_model {
  const char *name;
  struct made_model model;
  /* Bytes of input 0 and of output 0. */
  const void *input;
  uint32_t input_size;
  const void *output;
  uint32_t output_size;
};

extern const struct op_model op_models[];
extern const uint32_t op_models_count;

/* The model of that name; there is one. */
const struct op_model *op_model_of(const char *name);

#endif
