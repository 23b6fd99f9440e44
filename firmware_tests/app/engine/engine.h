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

/* The engine's name, 1 ... 31 characters. */
extern const char mendlite_engine_name[];

/* Whether observers see intermediate tensors. */
extern const bool mendlite_engine_shows_tensors;

/* Whether convolutions and dense layers may have int4 weights. */
extern const bool mendlite_engine_runs_int4;

/* Whether models may keep variables from one run to the next. */
extern const bool mendlite_engine_keeps_state;

/* Values of one input or output: size bytes, in the arena or, of a constant output, in the model.
 */
struct mendlite_engine_values {
  uint8_t *data;
  uint32_t size;
};

/* Called after an operator has written a tensor, while its values are still there: size bytes,
 * which the next operator may write over. tensor is its index in the model, context what
 * mendlite_engine_run was given. */
typedef void mendlite_engine_observer(void *context, int32_t tensor, const uint8_t *data,
                                      uint32_t size);

/* Checks a model of size bytes and makes an engine for it at the start of the arena, arena_size
 * bytes from an address that is a multiple of 16. Returns 0, or MENDLITE_STATUS_NO_ROOM      the
 * arena is too small; MENDLITE_STATUS_MALFORMED    the model breaks the format of a .tflite, or
 * contradicts itself; MENDLITE_STATUS_UNSUPPORTED  an operator, a type, an option or a profile that
 * is not run. On an error there is no engine, and *failed_operator is the operator's index, or -1
 * where the fault is not an operator's. */
int mendlite_engine_open(struct mendlite_engine **engine, const uint8_t *model, uint32_t size,
                         uint8_t *arena, uint32_t arena_size, enum mendlite_profile profile,
                         int32_t *failed_operator);

/* Gives the variables that a model keeps from one run to the next their first values, as they have
 * them after it was opened; false where it keeps none. */
bool mendlite_engine_reset(struct mendlite_engine *engine);

/* Bytes of the arena that the engine needs, from its start; those behind them are free. */
uint32_t mendlite_engine_arena_used(const struct mendlite_engine *engine);

/* How many inputs and outputs the model has. */
uint32_t mendlite_engine_inputs(const struct mendlite_engine *engine);
uint32_t mendlite_engine_outputs(const struct mendlite_engine *engine);

/* Where input n, from 0, is to be written before each run, and where output n lies after it; size 0
 * where the model has none of that number. The inputs' bytes do not survive a run. */
struct mendlite_engine_values mendlite_engine_input(const struct mendlite_engine *engine,
                                                    uint32_t n);
struct mendlite_engine_values mendlite_engine_output(const struct mendlite_engine *engine,
                                                     uint32_t n);

/* How the int8 values q of a tensor stand for real ones: scale * (q - zero_point). */
struct mendlite_engine_quantization {
  float scale;
  /* -128 ... 127. */
  int32_t zero_point;
};

/* Those of input or output n; both 0 where it holds something else than int8, or there is none. */
struct mendlite_engine_quantization mendlite_engine_input_quantization(
    const struct mendlite_engine *engine, uint32_t n);
struct mendlite_engine_quantization mendlite_engine_output_quantization(
    const struct mendlite_engine *engine, uint32_t n);

/* Bytes of the tensor with that index in the model, if observers see it; 0 if they do not. */
uint32_t mendlite_engine_tensor_size(const struct mendlite_engine *engine, int32_t tensor);

/* Runs one inference on what lies in the inputs; observer may be NULL. Returns 0, or a negative
 * status where the engine cannot go on: our own engine, which checked all of it before, always can.
 */
int mendlite_engine_run(struct mendlite_engine *engine, mendlite_engine_observer *observer,
                        void *context);

#ifdef __cplusplus
}
#endif

#endif
