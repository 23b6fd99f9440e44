/* Whatever bytes stand where a .tflite should: the engine refuses them or runs them. */
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "status.h"
#include "work.h"

enum { ARENA = 64 * 1024 };

static void observe(void *context, int32_t tensor, const uint8_t *data, uint32_t size) {
  uint32_t *sum = context;
  for (uint32_t i = 0; i < size; i++) {
    *sum += data[i];
  }
  *sum += (uint32_t)tensor;
}

/* Every byte that the host may ask for is there. */
static void read_outputs(const struct engine *engine, uint32_t *sum) {
  for (uint32_t n = 0; n < engine_outputs(engine) && n < 64; n++) {
    struct engine_values values = engine_output(engine, n);
    struct engine_quantization by = engine_output_quantization(engine, n);
    observe(sum, by.zero_point, values.data, values.size);
  }
}

static void run_model(const uint8_t *model, uint32_t size, uint8_t *arena, enum profile profile) {
  struct engine *engine;
  int32_t failed_operator;
  uint32_t sum = 0;
  if (engine_open(&engine, model, size, arena, ARENA, profile, &failed_operator) < 0) {
    return;
  }
  if (engine_arena_used(engine) > ARENA) {
    abort();
  }
  if (work_of(engine) > MOST_WORK) {
    return;
  }
  for (uint32_t n = 0; n < engine_inputs(engine); n++) {
    struct engine_values values = engine_input(engine, n);
    memset(values.data, 0, values.size);
  }
  /* What passed every check at the opening does not fail later. */
  if (engine_run(engine, observe, &sum) != STATUS_OK) {
    abort();
  }
  read_outputs(engine, &sum);
  /* A decision on it: a memory sanitizer sees whether any byte was never written. */
  static volatile uint32_t odd;
  if (sum % 2 == 1) {
    odd++;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* An allocation of their own: a sanitizer sees what lies beyond either. */
  uint8_t *arena = malloc(ARENA);
  for (int profile = PROFILE_TFLITE_REF; profile <= PROFILE_SINGLE; profile++) {
    run_model(data, (uint32_t)size, arena, (enum profile)profile);
  }
  free(arena);
  return 0;
}
