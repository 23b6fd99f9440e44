/* Whatever bytes stand where a .tflite should: the engine refuses them or runs them, on zeros, on
 * both ends of the inputs' types and on random ones, in an arena that holds the real models. */
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "status.h"
#include "work.h"

enum { ARENA = 2 << 20 };

/* Products and copies for one file in all its runs: real models run once in each profile. */
#define MOST_WORK_A_FILE (UINT64_C(1) << 25)

/* Bytes that inputs are filled with: zeros, the ends of int8 and uint8; then what chance gives. */
static const uint8_t fills[] = {0x00, 0x80, 0x7f, 0xff};
enum { FILLS = sizeof fills, RUNS = FILLS + 2 };

struct run {
  const uint8_t *model;
  uint32_t size;
  uint8_t *arena;
  uint64_t work;
  uint32_t random;
  uint32_t sum;
};

static void observe(void *context, int32_t tensor, const uint8_t *data, uint32_t size) {
  struct run *run = context;
  for (uint32_t i = 0; i < size; i++) {
    run->sum += data[i];
  }
  run->sum += (uint32_t)tensor;
}

/* Every byte that the host may ask for is there. */
static void read_outputs(const struct mendlite_engine *engine, struct run *run) {
  for (uint32_t n = 0; n < mendlite_engine_outputs(engine) && n < 64; n++) {
    struct mendlite_engine_values values = mendlite_engine_output(engine, n);
    struct mendlite_engine_quantization by = mendlite_engine_output_quantization(engine, n);
    observe(run, by.zero_point, values.data, values.size);
  }
}

static uint8_t chance(struct run *run) {
  run->random = run->random * 1664525u + 1013904223u;
  return (uint8_t)(run->random >> 24);
}

/* The last run's bytes are random ends: -128 and 127. */
static void fill(struct run *run, uint32_t number, struct mendlite_engine_values values) {
  if (number < FILLS) {
    memset(values.data, fills[number], values.size);
    return;
  }
  for (uint32_t i = 0; i < values.size; i++) {
    uint8_t byte = chance(run);
    values.data[i] = number == FILLS ? byte : byte % 2 == 0 ? 0x80 : 0x7f;
  }
}

static void run_once(struct run *run, struct mendlite_engine *engine, uint32_t number) {
  for (uint32_t n = 0; n < mendlite_engine_inputs(engine); n++) {
    fill(run, number, mendlite_engine_input(engine, n));
  }
  /* What passed every check at the opening does not fail later, but for values that an operator is
   * not defined for: positions outside an input, roots of what is below zero. */
  int status = mendlite_engine_run(engine, observe, run);
  if (status != MENDLITE_STATUS_OK && status != MENDLITE_STATUS_UNSUPPORTED) {
    abort();
  }
  read_outputs(engine, run);
}

static void run_model(struct run *run, enum mendlite_profile profile) {
  struct mendlite_engine *engine;
  int32_t failed_operator;
  if (mendlite_engine_open(&engine, run->model, run->size, run->arena, ARENA, profile,
                           &failed_operator) < 0) {
    return;
  }
  if (mendlite_engine_arena_used(engine) > ARENA) {
    abort();
  }
  uint64_t work = work_of(engine);
  for (uint32_t i = 0; i < RUNS && run->work + work <= MOST_WORK_A_FILE; i++) {
    run_once(run, engine, i);
    run->work += work;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* A decision on the sum: a memory sanitizer sees whether any byte was never written. */
  static volatile uint32_t odd;
  /* An allocation of their own: a sanitizer sees what lies beyond either. */
  struct run run = {.model = data, .size = (uint32_t)size, .arena = malloc(ARENA), .random = 1};
  if (run.arena == NULL) {
    abort();
  }
  for (int profile = MENDLITE_PROFILE_TFLITE_REF; profile <= MENDLITE_PROFILE_TFLM_2026_10;
       profile++) {
    run_model(&run, (enum mendlite_profile)profile);
  }
  if (run.sum % 2 == 1) {
    odd++;
  }
  free(run.arena);
  return 0;
}
