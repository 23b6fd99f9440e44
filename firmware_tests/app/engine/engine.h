/* The interface between the harness and whatever runs a model.
 *
 * Our own integer engine implements it, and so does the adapter for TFLite Micro (app/tflm). The
 * engine keeps all that it needs in the caller's arena; the model's bytes stay where they are and
 * must outlive the engine. Errors are negative (wire/status.h).
 */
#ifndef MENDLITE_ENGINE_H
#define MENDLITE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/profile.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mendlite_engine;

/* The engine's name, at most 31 characters. */
extern const char mendlite_engine_name[];

/* Whether observers see intermediate tensors. */
extern const bool mendlite_engine_shows_tensors;

/* Values of one input or output. */
struct mendlite_engine_values {
  uint8_t *data;
  uint32_t size;
};

/* Called after an operator has written a tensor, while its values are still there. */
typedef void mendlite_engine_observer(void *context, int32_t tensor, const uint8_t *data,
                                      uint32_t size);

/* Checks the whole model and plans its arena (aligned to 16). On an error failed_operator is the
 * operator's index, or -1 where the fault is not an operator's. */
int mendlite_engine_open(struct mendlite_engine **engine, const uint8_t *model, uint32_t size,
                         uint8_t *arena, uint32_t arena_size, enum mendlite_profile profile,
                         int32_t *failed_operator);

/* Bytes of the arena in use. */
uint32_t mendlite_engine_arena_used(const struct mendlite_engine *engine);

uint32_t mendlite_engine_inputs(const struct mendlite_engine *engine);
uint32_t mendlite_engine_outputs(const struct mendlite_engine *engine);

/* Where input n is to be written before each run, and where output n lies after it. The inputs'
 * bytes do not survive a run. */
struct mendlite_engine_values mendlite_engine_input(const struct mendlite_engine *engine,
                                                    uint32_t n);
struct mendlite_engine_values mendlite_engine_output(const struct mendlite_engine *engine,
                                                     uint32_t n);

/* How int8 values of input or output n stand for real ones: scale * (q - zero_point); scale 0 where
 * the tensor holds something else. */
struct mendlite_engine_quantization {
  float scale;
  int32_t zero_point;
};
struct mendlite_engine_quantization mendlite_engine_input_quantization(
    const struct mendlite_engine *engine, uint32_t n);
struct mendlite_engine_quantization mendlite_engine_output_quantization(
    const struct mendlite_engine *engine, uint32_t n);

/* Bytes of a tensor that observers will see; 0 where they will not. */
uint32_t mendlite_engine_tensor_size(const struct mendlite_engine *engine, int32_t tensor);

/* Runs one inference. observer may be NULL. */
int mendlite_engine_run(struct mendlite_engine *engine, mendlite_engine_observer *observer,
                        void *context);

#ifdef __cplusplus
}
#endif

#endif
