/* The adapter for TFLite Micro through engine.h, on the stub: check_adapter MODEL. Built with
 * sanitizers, so that a hostile model that leads anywhere ends it. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "status.h"

enum { ARENA = 1 << 20, LARGEST = 1 << 24 };

static uint8_t *model;
static uint32_t model_size;
static _Alignas(16) uint8_t arena[ARENA];
static int failures;

static void expect(bool holds, const char *what) {
  if (!holds) {
    printf("FAILED: %s\n", what);
    failures++;
  }
}

static bool read_model(const char *path) {
  FILE *file = fopen(path, "rb");
  model = malloc(LARGEST);
  if (file == NULL || model == NULL) {
    return false;
  }
  model_size = (uint32_t)fread(model, 1, LARGEST, file);
  return fclose(file) == 0 && model_size > 0;
}

static int open_in(uint32_t arena_size, uint32_t size, enum profile profile,
                   struct engine **engine) {
  int32_t failed_operator = 7;
  int status = engine_open(engine, model, size, arena, arena_size, profile, &failed_operator);
  expect(status <= 0, "a status is no positive number");
  expect(status != STATUS_OK || failed_operator == -1, "a model that opens has no failed operator");
  return status;
}

static void check_run(void) {
  struct engine *engine;
  expect(open_in(ARENA, model_size, PROFILE_TFLM, &engine) == STATUS_OK, "the model opens");
  if (engine == NULL) {
    return;
  }
  uint32_t used = engine_arena_used(engine);
  struct engine_values in = engine_input(engine, 0);
  struct engine_values out = engine_output(engine, 0);
  expect(engine_inputs(engine) == 1 && engine_outputs(engine) == 1, "one input, one output");
  expect(in.size > 0 && in.data >= arena && in.data + in.size <= arena + used,
         "input in the arena");
  expect(out.size > 0 && out.data >= arena && out.data + out.size <= arena + used,
         "output in the arena");
  expect(used < ARENA / 8, "samples find room behind the arena");
  expect(engine_input(engine, 1).data == NULL && engine_output(engine, 9).size == 0,
         "no second input");
  expect(engine_input_quantization(engine, 0).scale > 0, "int8 has a scale");
  expect(engine_output_quantization(engine, 1).scale <= 0, "what is not there has none");
  expect(engine_tensor_size(engine, 0) == 0, "no tensor is shown");
  /* What lies behind the arena is not the engine's. */
  memset(arena + used, 0x5a, ARENA - used);
  memset(in.data, 0x35, in.size);
  expect(engine_run(engine, NULL, NULL) == STATUS_OK, "it runs");
  expect(out.data[0] == 0x35, "the stub gives its input back");
  for (uint32_t i = used; i < ARENA; i++) {
    expect(arena[i] == 0x5a, "nothing is written behind the arena");
  }
}

static void check_refusals(void) {
  struct engine *engine;
  expect(open_in(ARENA, model_size, PROFILE_TFLITE_REF, &engine) == STATUS_UNSUPPORTED,
         "the desktop's profile is refused");
  expect(open_in(ARENA, model_size, PROFILE_SINGLE, &engine) == STATUS_UNSUPPORTED,
         "single rounding is refused");
  bool opened = false;
  for (uint32_t room = 0; room < 65536; room += 48) {
    int status = open_in(room, model_size, PROFILE_TFLM, &engine);
    expect(status == STATUS_OK || (status == STATUS_NO_ROOM && !opened), "too small an arena");
    opened = status == STATUS_OK;
    expect(!opened || engine_arena_used(engine) <= room, "no more than there is");
  }
  expect(opened, "64 KiB are enough");
}

/* One more of a model's hostile readings: it opens and runs, or is refused. */
static int attack(uint32_t size) {
  struct engine *engine;
  int status = open_in(ARENA, size, PROFILE_TFLM, &engine);
  if (status == STATUS_OK) {
    expect(engine_run(engine, NULL, NULL) == STATUS_OK, "what opens runs");
  }
  return status;
}

static void check_hostile(void) {
  uint8_t *whole = model;
  uint32_t whole_size = model_size;
  int refused = 0;
  for (uint32_t size = 0; size < whole_size; size += 1 + size / 64) {
    /* A copy that ends where the file does: the sanitizer sees one byte more. */
    model = malloc(size + 1);
    memcpy(model, whole, size);
    refused += attack(size) < 0;
    free(model);
  }
  expect(refused > 0, "a file cut short is refused");
  model = whole;
  refused = 0;
  static const uint8_t nudges[] = {0x01, 0x80, 0xff};
  for (uint32_t at = 0; at < whole_size; at++) {
    for (size_t n = 0; n < sizeof nudges; n++) {
      model[at] ^= nudges[n];
      refused += attack(whole_size) < 0;
      model[at] ^= nudges[n];
    }
  }
  expect(refused > 0, "damaged bytes are refused");
  model[4] = 'X';
  expect(attack(whole_size) == STATUS_MALFORMED, "a foreign file is malformed");
  model[4] = 'T';
}

int main(int count, char **arguments) {
  if (count != 2 || !read_model(arguments[1])) {
    puts("usage: check_adapter MODEL");
    return 2;
  }
  expect(strcmp(engine_name, "tflite-micro") == 0, "the engine's name");
  check_run();
  check_refusals();
  check_hostile();
  free(model);
  printf("adapter: %s\n", failures == 0 ? "every check holds" : "FAILED");
  return failures == 0 ? 0 : 1;
}
