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

static int open_in(uint32_t arena_size, uint32_t size, enum profile profile,
                   struct engine **engine) {
  failed_operator = 7;
  int status = engine_open(engine, model, size, arena, arena_size, profile, &failed_operator);
  expect(status <= 0, "a status is no positive number");
  expect(status != STATUS_OK || failed_operator == -1, "a model that opens has no failed operator");
  return status;
}

static void check_run(void) {
  struct engine *engine;
  expect(open_in(ARENA, model_size, PROFILE_TFLM, &engine) == STATUS_OK, "the model opens");
  expect(stub_verified == 1, "flatbuffers' verifier was asked");
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
  /* One error of TFLM's, and the room tells what it stands for. */
  stub_refuses = true;
  expect(open_in(ARENA, model_size, PROFILE_TFLM, &engine) == STATUS_UNSUPPORTED,
         "a kernel refuses where there is plenty of room");
  expect(open_in(16384, model_size, PROFILE_TFLM, &engine) == STATUS_NO_ROOM,
         "there was too little room");
  stub_refuses = false;
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

static void put32(uint32_t at, uint32_t value) {
  for (uint32_t i = 0; i < 4; i++) {
    model[at + i] = (uint8_t)(value >> (8 * i));
  }
}

/* Opens the model with one number changed. */
static void expect_changed(uint32_t at, uint32_t value, int status, int32_t node,
                           const char *what) {
  uint8_t before[4];
  struct engine *engine;
  memcpy(before, model + at, sizeof before);
  put32(at, value);
  expect(open_in(ARENA, model_size, PROFILE_TFLM, &engine) == status, what);
  expect(failed_operator == node, what);
  memcpy(model + at, before, sizeof before);
}

static void check_indices(const struct model *parsed) {
  struct node first;
  struct node second;
  struct table code;
  uint32_t at;
  int32_t index;
  uint32_t beyond = parsed->tensors.length;
  expect(model_node(parsed, 0, &first) == 0 && model_node(parsed, 1, &second) == 0,
         "two operators");
  expect_changed(first.inputs.at, beyond, STATUS_MALFORMED, 0, "an input beyond the tensors");
  expect_changed(first.outputs.at, beyond, STATUS_MALFORMED, 0, "an output beyond the tensors");
  expect_changed(first.outputs.at, UINT32_MAX, STATUS_MALFORMED, 0, "an output left out");
  expect_changed(parsed->outputs.at, UINT32_MAX, STATUS_MALFORMED, -1, "the model without output");
  expect_changed(parsed->inputs.at, beyond, STATUS_MALFORMED, -1, "the model's input beyond");
  fb_i32_in(&parsed->file, &second.outputs, 0, &index);
  expect_changed(first.inputs.at, (uint32_t)index, STATUS_MALFORMED, 0, "read before written");
  fb_i32_in(&parsed->file, &first.outputs, 0, &index);
  expect_changed(second.outputs.at, (uint32_t)index, STATUS_MALFORMED, 1, "written twice");
  fb_i32_in(&parsed->file, &first.inputs, 1, &index);
  expect_changed(first.outputs.at, (uint32_t)index, STATUS_MALFORMED, 0, "a constant written");
  fb_table_in(&parsed->file, &parsed->codes, 0, &code);
  expect(fb_field(&parsed->file, &code, CODE_BUILTIN, 4, &at) == 1, "the file has its codes");
  expect_changed(at, 150, STATUS_UNSUPPORTED, 0, "an operator without a kernel");
}

/* Buffer 0 with another buffer's bytes. */
static void check_buffer_zero(const struct model *parsed) {
  uint32_t place = 0;
  for (uint32_t i = 0; i < parsed->buffers.length; i++) {
    uint32_t at = parsed->buffers.at + 4 * i;
    struct table buffer;
    struct vector bytes;
    if (fb_table_in(&parsed->file, &parsed->buffers, i, &buffer) == 1 &&
        fb_vector(&parsed->file, &buffer, 0, 1, &bytes) == 1 && bytes.length > 0) {
      place = at + fb_le32(model + at);
    }
  }
  expect(place > 0, "the model has constants");
  expect_changed(parsed->buffers.at, place - parsed->buffers.at, STATUS_MALFORMED, -1,
                 "bytes in buffer 0");
}

static void check_plan(const struct model *parsed) {
  static const char plan[] = "OfflineMemoryAllocation";
  struct table root;
  struct table entry;
  struct vector all;
  struct vector name;
  fb_root(&parsed->file, &root);
  expect(fb_vector(&parsed->file, &root, MODEL_METADATA, 4, &all) == 1 &&
             fb_table_in(&parsed->file, &all, 0, &entry) == 1 &&
             fb_vector(&parsed->file, &entry, METADATA_NAME, 1, &name) == 1 &&
             name.length < sizeof plan,
         "the model has metadata");
  char before[sizeof plan];
  struct engine *engine;
  memcpy(before, model + name.at, name.length);
  memcpy(model + name.at, plan, name.length);
  expect(open_in(ARENA, model_size, PROFILE_TFLM, &engine) == STATUS_UNSUPPORTED,
         "a plan of its own is refused");
  memcpy(model + name.at, before, name.length);
}

/* A second vtable behind the file gives operator 0 its inputs as intermediates too. */
static void check_intermediates(const struct model *parsed) {
  struct table table;
  struct engine *engine;
  fb_table_in(&parsed->file, &parsed->operators, 0, &table);
  uint32_t vtable = (model_size + 3) & ~3u;
  uint32_t size = 4 + 2 * OPERATOR_FIELDS;
  memset(model + vtable, 0, size);
  memcpy(model + vtable, model + table.vtable, table.vtable_size < size ? table.vtable_size : size);
  model[vtable] = (uint8_t)size;
  memcpy(model + vtable + 4 + 2 * OPERATOR_INTERMEDIATES, model + vtable + 4 + 2 * OPERATOR_INPUTS,
         2);
  uint32_t before = fb_le32(model + table.at);
  put32(table.at, table.at - vtable);
  expect(open_in(ARENA, vtable + size, PROFILE_TFLM, &engine) == STATUS_UNSUPPORTED,
         "intermediates are refused");
  expect(failed_operator == 0, "intermediates are an operator's");
  put32(table.at, before);
}

static void check_directed(void) {
  struct model parsed;
  expect(model_open(&parsed, model, model_size) == 0, "our own reader opens the model");
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
  expect(strcmp(engine_name, "tflite-micro") == 0, "the engine's name");
  check_run();
  check_refusals();
  check_directed();
  check_hostile();
  free(model);
  printf("adapter: %s\n", failures == 0 ? "every check holds" : "FAILED");
  return failures == 0 ? 0 : 1;
}
