/* The adapter for TFLite Micro through engine.h, on the stub: check_adapter MODEL. Built with
 * sanitizers, so that a hostile model that leads anywhere ends it. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/model.h"
#include "status.h"

enum { ARENA = 1 << 20, LARGEST = 1 << 24 };

/* Fields of the schema's tables. */
enum { CODE_BUILTIN = 3, MODEL_METADATA = 6, METADATA_NAME = 0, OPERATOR_INPUTS = 1 };
enum { OPERATOR_INTERMEDIATES = 8, OPERATOR_FIELDS = 9 };

/* Of the stub. */
extern int stub_verified;
extern bool stub_refuses;

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

static int32_t failed_operator;

static int open_in(uint32_t arena_size, uint32_t size, enum mendlite_profile profile,
                   struct mendlite_engine **engine) {
  failed_operator = 7;
  int status =
      mendlite_engine_open(engine, model, size, arena, arena_size, profile, &failed_operator);
  expect(status <= 0, "a status is no positive number");
  expect(status != MENDLITE_STATUS_OK || failed_operator == -1,
         "a model that opens has no failed operator");
  return status;
}

/* Tensors that the observer was shown, and whether the last one held the output's values. */
static int noted;
static bool same;
static int32_t last_written;

static void note(void *context, int32_t tensor, const uint8_t *data, uint32_t size) {
  const struct mendlite_engine_values *out = context;
  noted++;
  same = size == out->size && memcmp(data, out->data, size) == 0;
  (void)tensor;
}

static void check_run(void) {
  struct mendlite_model parsed;
  mendlite_model_open(&parsed, model, model_size);
  mendlite_fb_i32_in(&parsed.file, &parsed.outputs, 0, &last_written);
  struct mendlite_engine *engine;
  expect(open_in(ARENA, model_size, MENDLITE_PROFILE_TFLM, &engine) == MENDLITE_STATUS_OK,
         "the model opens");
  expect(stub_verified == 1, "flatbuffers' verifier was asked");
  if (engine == NULL) {
    return;
  }
  uint32_t used = mendlite_engine_arena_used(engine);
  struct mendlite_engine_values in = mendlite_engine_input(engine, 0);
  struct mendlite_engine_values out = mendlite_engine_output(engine, 0);
  expect(mendlite_engine_inputs(engine) == 1 && mendlite_engine_outputs(engine) == 1,
         "one input, one output");
  expect(in.size > 0 && in.data >= arena && in.data + in.size <= arena + used,
         "input in the arena");
  expect(out.size > 0 && out.data >= arena && out.data + out.size <= arena + used,
         "output in the arena");
  expect(used < ARENA / 8, "samples find room behind the arena");
  expect(
      mendlite_engine_input(engine, 1).data == NULL && mendlite_engine_output(engine, 9).size == 0,
      "no second input");
  expect(mendlite_engine_input_quantization(engine, 0).scale > 0, "int8 has a scale");
  expect(mendlite_engine_output_quantization(engine, 1).scale <= 0, "what is not there has none");
  expect((mendlite_engine_tensor_size(engine, last_written) > 0) == mendlite_engine_shows_tensors,
         "tensors are shown where they are kept");
  expect(mendlite_engine_tensor_size(engine, -1) == 0, "no tensor, no bytes");
  /* What lies behind the arena is not the engine's. */
  memset(arena + used, 0x5a, ARENA - used);
  memset(in.data, 0x35, in.size);
  memset(out.data, 0x77, out.size);
  expect(mendlite_engine_run(engine, note, &out) == MENDLITE_STATUS_OK, "it runs");
  expect(out.data[0] != 0x77, "the output was computed");
  expect((noted > 1) == mendlite_engine_shows_tensors, "an observer sees what is kept");
  expect(same == mendlite_engine_shows_tensors, "the last tensor shown is the output");
  for (uint32_t i = used; i < ARENA; i++) {
    expect(arena[i] == 0x5a, "nothing is written behind the arena");
  }
}

static void check_refusals(void) {
  struct mendlite_engine *engine;
  expect(open_in(ARENA, model_size, MENDLITE_PROFILE_TFLITE_REF, &engine) ==
             MENDLITE_STATUS_UNSUPPORTED,
         "the desktop's profile is refused");
  expect(
      open_in(ARENA, model_size, MENDLITE_PROFILE_SINGLE, &engine) == MENDLITE_STATUS_UNSUPPORTED,
      "single rounding is refused");
  /* One error of TFLM's, and the room tells what it stands for. */
  stub_refuses = true;
  expect(open_in(ARENA, model_size, MENDLITE_PROFILE_TFLM, &engine) == MENDLITE_STATUS_UNSUPPORTED,
         "a kernel refuses where there is plenty of room");
  expect(open_in(16384, model_size, MENDLITE_PROFILE_TFLM, &engine) == MENDLITE_STATUS_NO_ROOM,
         "there was too little room");
  stub_refuses = false;
  bool opened = false;
  for (uint32_t room = 0; room < 65536; room += 48) {
    int status = open_in(room, model_size, MENDLITE_PROFILE_TFLM, &engine);
    expect(status == MENDLITE_STATUS_OK || (status == MENDLITE_STATUS_NO_ROOM && !opened),
           "too small an arena");
    opened = status == MENDLITE_STATUS_OK;
    expect(!opened || mendlite_engine_arena_used(engine) <= room, "no more than there is");
  }
  expect(opened, "64 KiB are enough");
}

/* One more of a model's hostile readings: it opens and runs, or is refused. */
static int attack(uint32_t size) {
  struct mendlite_engine *engine;
  int status = open_in(ARENA, size, MENDLITE_PROFILE_TFLM, &engine);
  if (status == MENDLITE_STATUS_OK) {
    expect(mendlite_engine_run(engine, NULL, NULL) == MENDLITE_STATUS_OK, "what opens runs");
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
  expect(attack(whole_size) == MENDLITE_STATUS_MALFORMED, "a foreign file is malformed");
  model[4] = 'T';
}

static void put32(uint32_t at, uint32_t value) {
  for (uint32_t i = 0; i < 4; i++) {
    model[at + i] = (uint8_t)(value >> (8 * i));
  }
}

/* Opens the model with one number changed. */
static void expect_changed(uint32_t at, uint32_t value, int status, int32_t node,
                           const char *what) {
  uint8_t before[4];
  struct mendlite_engine *engine;
  memcpy(before, model + at, sizeof before);
  put32(at, value);
  expect(open_in(ARENA, model_size, MENDLITE_PROFILE_TFLM, &engine) == status, what);
  expect(failed_operator == node, what);
  memcpy(model + at, before, sizeof before);
}

static void check_indices(const struct mendlite_model *parsed) {
  struct mendlite_node first;
  struct mendlite_node second;
  struct mendlite_table code;
  uint32_t at;
  int32_t index;
  uint32_t beyond = parsed->tensors.length;
  expect(
      mendlite_model_node(parsed, 0, &first) == 0 && mendlite_model_node(parsed, 1, &second) == 0,
      "two operators");
  expect_changed(first.inputs.at, beyond, MENDLITE_STATUS_MALFORMED, 0,
                 "an input beyond the tensors");
  expect_changed(first.outputs.at, beyond, MENDLITE_STATUS_MALFORMED, 0,
                 "an output beyond the tensors");
  expect_changed(first.outputs.at, UINT32_MAX, MENDLITE_STATUS_MALFORMED, 0, "an output left out");
  expect_changed(parsed->outputs.at, UINT32_MAX, MENDLITE_STATUS_MALFORMED, -1,
                 "the model without output");
  expect_changed(parsed->inputs.at, beyond, MENDLITE_STATUS_MALFORMED, -1,
                 "the model's input beyond");
  mendlite_fb_i32_in(&parsed->file, &second.outputs, 0, &index);
  expect_changed(first.inputs.at, (uint32_t)index, MENDLITE_STATUS_MALFORMED, 0,
                 "read before written");
  mendlite_fb_i32_in(&parsed->file, &first.outputs, 0, &index);
  expect_changed(second.outputs.at, (uint32_t)index, MENDLITE_STATUS_MALFORMED, 1, "written twice");
  mendlite_fb_i32_in(&parsed->file, &first.inputs, 1, &index);
  expect_changed(first.outputs.at, (uint32_t)index, MENDLITE_STATUS_MALFORMED, 0,
                 "a constant written");
  mendlite_fb_table_in(&parsed->file, &parsed->codes, 0, &code);
  expect(mendlite_fb_field(&parsed->file, &code, CODE_BUILTIN, 4, &at) == 1,
         "the file has its codes");
  expect_changed(at, 150, MENDLITE_STATUS_UNSUPPORTED, 0, "an operator without a kernel");
}

/* Buffer 0 with another buffer's bytes. */
static void check_buffer_zero(const struct mendlite_model *parsed) {
  uint32_t place = 0;
  for (uint32_t i = 0; i < parsed->buffers.length; i++) {
    uint32_t at = parsed->buffers.at + 4 * i;
    struct mendlite_table buffer;
    struct mendlite_vector bytes;
    if (mendlite_fb_table_in(&parsed->file, &parsed->buffers, i, &buffer) == 1 &&
        mendlite_fb_vector(&parsed->file, &buffer, 0, 1, &bytes) == 1 && bytes.length > 0) {
      place = at + mendlite_fb_le32(model + at);
    }
  }
  expect(place > 0, "the model has constants");
  expect_changed(parsed->buffers.at, place - parsed->buffers.at, MENDLITE_STATUS_MALFORMED, -1,
                 "bytes in buffer 0");
}

static void check_plan(const struct mendlite_model *parsed) {
  static const char plan[] = "OfflineMemoryAllocation";
  struct mendlite_table root;
  struct mendlite_table entry;
  struct mendlite_vector all;
  struct mendlite_vector name;
  mendlite_fb_root(&parsed->file, &root);
  expect(mendlite_fb_vector(&parsed->file, &root, MODEL_METADATA, 4, &all) == 1 &&
             mendlite_fb_table_in(&parsed->file, &all, 0, &entry) == 1 &&
             mendlite_fb_vector(&parsed->file, &entry, METADATA_NAME, 1, &name) == 1 &&
             name.length < sizeof plan,
         "the model has metadata");
  char before[sizeof plan];
  struct mendlite_engine *engine;
  memcpy(before, model + name.at, name.length);
  memcpy(model + name.at, plan, name.length);
  expect(open_in(ARENA, model_size, MENDLITE_PROFILE_TFLM, &engine) == MENDLITE_STATUS_UNSUPPORTED,
         "a plan of its own is refused");
  memcpy(model + name.at, before, name.length);
}

/* A second vtable behind the file gives operator 0 its inputs as intermediates too. */
static void check_intermediates(const struct mendlite_model *parsed) {
  struct mendlite_table table;
  struct mendlite_engine *engine;
  mendlite_fb_table_in(&parsed->file, &parsed->operators, 0, &table);
  uint32_t vtable = (model_size + 3) & ~3u;
  uint32_t size = 4 + 2 * OPERATOR_FIELDS;
  memset(model + vtable, 0, size);
  memcpy(model + vtable, model + table.vtable, table.vtable_size < size ? table.vtable_size : size);
  model[vtable] = (uint8_t)size;
  memcpy(model + vtable + 4 + 2 * OPERATOR_INTERMEDIATES, model + vtable + 4 + 2 * OPERATOR_INPUTS,
         2);
  uint32_t before = mendlite_fb_le32(model + table.at);
  put32(table.at, table.at - vtable);
  expect(
      open_in(ARENA, vtable + size, MENDLITE_PROFILE_TFLM, &engine) == MENDLITE_STATUS_UNSUPPORTED,
      "intermediates are refused");
  expect(failed_operator == 0, "intermediates are an operator's");
  put32(table.at, before);
}

static void check_directed(void) {
  struct mendlite_model parsed;
  expect(mendlite_model_open(&parsed, model, model_size) == 0, "our own reader opens the model");
  check_indices(&parsed);
  check_buffer_zero(&parsed);
  check_plan(&parsed);
  check_intermediates(&parsed);
}

int main(int count, char **arguments) {
  if (count != 2 || !read_model(arguments[1])) {
    puts("usage: check_adapter MODEL");
    return 2;
  }
  expect(strcmp(mendlite_engine_name, "tflite-micro") == 0, "the engine's name");
  check_run();
  check_refusals();
  check_directed();
  check_hostile();
  free(model);
  printf("adapter: %s\n", failures == 0 ? "every check holds" : "FAILED");
  return failures == 0 ? 0 : 1;
}
