/* The engine on the digits model: every arena that is too small, every truncation, damage by
 * chance; and on made models, each with one thing wrong. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "digits.h"
#include "engine/integer_engine.h"
#include "engine/ops/table.h"
#include "op_models.h"
#include "status.h"
#include "work.h"

/* BuiltinOperator: those that want scales to fit each other. */
enum { AVERAGE_POOL = 1, MAX_POOL = 17, REDUCE_MAX = 82, REDUCE_MIN = 89 };

enum { ARENA = 64 * 1024, MUTATIONS = 20000, BEHIND = 64 };

static int open_in(struct mendlite_engine **engine, const uint8_t *model, uint32_t size,
                   uint8_t *arena, uint32_t room) {
  int32_t failed_operator;
  return mendlite_engine_open(engine, model, size, arena, room, MENDLITE_PROFILE_TFLM,
                              &failed_operator);
}

/* Inputs that differ from place to place. */
static void fill_inputs(const struct mendlite_engine *engine) {
  for (uint32_t n = 0; n < mendlite_engine_inputs(engine); n++) {
    struct mendlite_engine_values values = mendlite_engine_input(engine, n);
    for (uint32_t i = 0; i < values.size; i++) {
      values.data[i] = (uint8_t)(37 * i + n);
    }
  }
}

static void opens_and_runs(void **state) {
  (void)state;
  struct digits model = digits_model();
  struct mendlite_engine *engine;
  uint8_t *arena = malloc(ARENA);
  assert_int_equal(open_in(&engine, model.data, model.size, arena, ARENA), MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_engine_inputs(engine), 1);
  assert_int_equal(mendlite_engine_outputs(engine), 1);
  assert_int_equal(mendlite_engine_input(engine, 0).size, 64);
  assert_int_equal(mendlite_engine_output(engine, 0).size, 10);
  assert_true(mendlite_engine_input_quantization(engine, 0).scale > 0);
  /* There is but one of each. */
  assert_int_equal(mendlite_engine_input(engine, 1).size, 0);
  assert_true(mendlite_engine_input_quantization(engine, 1).scale == 0);
  fill_inputs(engine);
  assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
  free(arena);
}

struct seen {
  uint32_t count;
  int32_t last;
  uint8_t bytes[10];
};

static void see(void *context, int32_t tensor, const uint8_t *data, uint32_t size) {
  struct seen *seen = context;
  seen->count++;
  seen->last = tensor;
  if (size == sizeof seen->bytes) {
    memcpy(seen->bytes, data, size);
  }
}

static void shows_each_operators_tensor(void **state) {
  (void)state;
  struct digits model = digits_model();
  struct mendlite_engine *engine;
  struct seen seen = {.count = 0};
  uint8_t *arena = malloc(ARENA);
  open_in(&engine, model.data, model.size, arena, ARENA);
  fill_inputs(engine);
  assert_int_equal(mendlite_engine_run(engine, see, &seen), MENDLITE_STATUS_OK);
  assert_int_equal(seen.count, engine->model.operators.length);
  assert_memory_equal(seen.bytes, mendlite_engine_output(engine, 0).data, sizeof seen.bytes);
  assert_int_equal(mendlite_engine_tensor_size(engine, seen.last), 10);
  /* Neither inputs nor constants nor what is no tensor are shown. */
  int32_t input;
  mendlite_fb_i32_in(&engine->model.file, &engine->model.inputs, 0, &input);
  assert_int_equal(mendlite_engine_tensor_size(engine, input), 0);
  assert_int_equal(mendlite_engine_tensor_size(engine, -1), 0);
  assert_int_equal(mendlite_engine_tensor_size(engine, INT32_MAX), 0);
  free(arena);
}

static void needs_all_that_it_uses(void **state) {
  (void)state;
  struct digits model = digits_model();
  struct mendlite_engine *engine;
  uint8_t *arena = malloc(ARENA + BEHIND);
  open_in(&engine, model.data, model.size, arena, ARENA);
  uint32_t used = mendlite_engine_arena_used(engine);
  for (uint32_t room = 0; room < used; room++) {
    memset(arena + room, 0xa5, BEHIND);
    assert_int_equal(open_in(&engine, model.data, model.size, arena, room),
                     MENDLITE_STATUS_NO_ROOM);
    for (uint32_t i = 0; i < BEHIND; i++) {
      assert_int_equal(arena[room + i], 0xa5);
    }
  }
  free(arena);
  /* Just enough is enough, and a sanitizer sees whether more is touched. */
  arena = malloc(used);
  assert_int_equal(open_in(&engine, model.data, model.size, arena, used), MENDLITE_STATUS_OK);
  fill_inputs(engine);
  assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
  free(arena);
}

/* Opens and, where that goes well and would not take long, runs in every profile. */
static void open_and_run(const uint8_t *model, uint32_t size, uint8_t *arena) {
  for (int profile = MENDLITE_PROFILE_TFLITE_REF; profile <= MENDLITE_PROFILE_TFLM_2026_10;
       profile++) {
    struct mendlite_engine *engine;
    int32_t failed_operator;
    if (mendlite_engine_open(&engine, model, size, arena, ARENA, (enum mendlite_profile)profile,
                             &failed_operator) == MENDLITE_STATUS_OK &&
        work_of(engine) <= MOST_WORK) {
      fill_inputs(engine);
      assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
    }
  }
}

static void survives_every_truncation(void **state) {
  (void)state;
  struct digits model = digits_model();
  uint8_t *arena = malloc(ARENA);
  for (uint32_t size = 0; size < model.size; size++) {
    /* An allocation of just that size: a sanitizer sees what is read beyond it. */
    uint8_t *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, model.data, size);
    open_and_run(copy, size, arena);
    free(copy);
  }
  free(arena);
}

static uint32_t next(uint32_t *random) {
  *random ^= *random << 13;
  *random ^= *random >> 17;
  *random ^= *random << 5;
  return *random;
}

static void survives_damage(void **state) {
  (void)state;
  struct digits model = digits_model();
  uint8_t *arena = malloc(ARENA);
  uint8_t *copy = malloc(model.size);
  uint32_t random = 2463534242u;
  for (int round = 0; round < MUTATIONS; round++) {
    memcpy(copy, model.data, model.size);
    for (uint32_t n = 1 + next(&random) % 4; n > 0; n--) {
      copy[next(&random) % model.size] = (uint8_t)next(&random);
    }
    open_and_run(copy, model.size, arena);
  }
  free(copy);
  free(arena);
}

/* Small models are nearly all structure: here each byte takes a few values that hurt most. */
static void survives_damage_of_every_operator(void **state) {
  (void)state;
  static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
  static uint8_t file[MADE_ROOM];
  uint8_t *arena = malloc(ARENA);
  for (uint32_t n = 0; n < op_models_count; n++) {
    uint32_t size = make_model(&op_models[n].model, file);
    uint8_t *copy = malloc(size);
    memcpy(copy, file, size);
    for (uint32_t at = 0; at < size; at++) {
      for (size_t i = 0; i < sizeof values; i++) {
        copy[at] = values[i];
        open_and_run(copy, size, arena);
      }
      copy[at] = file[at];
    }
    free(copy);
  }
  free(arena);
}

static void works_at_any_address(void **state) {
  (void)state;
  struct digits model = digits_model();
  uint8_t *arena = malloc(ARENA);
  uint8_t *moved = malloc(model.size + 4);
  uint8_t expected[10];
  for (uint32_t offset = 0; offset < 4; offset++) {
    struct mendlite_engine *engine;
    memcpy(moved + offset, model.data, model.size);
    assert_int_equal(open_in(&engine, moved + offset, model.size, arena, ARENA),
                     MENDLITE_STATUS_OK);
    fill_inputs(engine);
    assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
    if (offset == 0) {
      memcpy(expected, mendlite_engine_output(engine, 0).data, sizeof expected);
    }
    assert_memory_equal(mendlite_engine_output(engine, 0).data, expected, sizeof expected);
  }
  free(moved);
  free(arena);
}

/* What becomes of a made model, and the operator that is blamed. */
static int status_of(const struct made_model *model, int32_t *failed_operator) {
  static uint8_t file[MADE_ROOM];
  static _Alignas(16) uint8_t arena[ARENA];
  struct mendlite_engine *engine = NULL;
  uint32_t size = make_model(model, file);
  int status = mendlite_engine_open(&engine, file, size, arena, ARENA, MENDLITE_PROFILE_TFLM,
                                    failed_operator);
  assert_true((status == MENDLITE_STATUS_OK) == (engine != NULL));
  return status;
}

static void expect(const struct made_model *model, int wanted, int32_t operator_wanted) {
  int32_t failed_operator;
  assert_int_equal(status_of(model, &failed_operator), wanted);
  assert_int_equal(failed_operator, operator_wanted);
}

static struct made_model made(const char *name) { return op_model_of(name)->model; }

static void refuses_operands_that_are_not_there(void **state) {
  (void)state;
  struct made_model model = made("add");
  expect(&model, MENDLITE_STATUS_OK, -1);
  model.op[0].input[1] = 3;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  model.op[0].input[1] = -2;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  /* Left out, where it may not be. */
  model.op[0].input[1] = -1;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  model = made("add");
  model.op[0].inputs = 1;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  model = made("add");
  model.op[0].outputs = 0;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  model = made("add");
  model.input[0] = 7;
  expect(&model, MENDLITE_STATUS_MALFORMED, -1);
  model = made("add");
  model.output[0] = -1;
  expect(&model, MENDLITE_STATUS_MALFORMED, -1);
}

static void refuses_tensors_in_the_wrong_order(void **state) {
  (void)state;
  /* Reads what nothing has written. */
  struct made_model model = made("add");
  model.inputs = 0;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  /* Writes over its input, or the model's, or a constant. */
  model = made("reshape");
  model.op[0].output[0] = 0;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  model = made("add");
  model.op[0].output[0] = 1;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  model = made("add");
  model.input[0] = 1;
  expect(&model, MENDLITE_STATUS_MALFORMED, -1);
  /* The same input twice. */
  model = made("add");
  model.inputs = 2;
  model.input[1] = 0;
  expect(&model, MENDLITE_STATUS_MALFORMED, -1);
  /* Two operators write one tensor. */
  model = made("add");
  model.operators = 2;
  model.op[1] = model.op[0];
  expect(&model, MENDLITE_STATUS_MALFORMED, 1);
  /* An output that no operator writes. */
  model = made("add");
  model.operators = 0;
  expect(&model, MENDLITE_STATUS_MALFORMED, -1);
}

/* A second output would be read, and never written. */
static void refuses_outputs_that_no_kernel_writes(void **state) {
  (void)state;
  struct made_model model = made("add");
  model.tensor[3] = model.tensor[2];
  model.tensors = 4;
  model.op[0].outputs = 2;
  model.op[0].output[1] = 3;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
}

static void refuses_shapes_beyond_all_memory(void **state) {
  (void)state;
  struct made_model model = made("reshape");
  model.tensor[0].rank = 7;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, -1);
  model = made("reshape");
  model.tensor[0].dims[0] = INT32_MIN;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, -1);
  /* An empty vector is a constant, and nothing else may be empty. */
  model.tensor[0].dims[0] = 0;
  expect(&model, MENDLITE_STATUS_MALFORMED, -1);
  model.tensor[0].rank = 2;
  model.tensor[0].dims[1] = 4;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, -1);
  /* 2^32 elements, 0 modulo 2^32. */
  model = made("reshape");
  model.tensor[0] = (struct made_tensor){.type = MENDLITE_TYPE_INT8,
                                         .rank = 4,
                                         .dims = {256, 256, 256, 256},
                                         .scales = 1,
                                         .scale = {1}};
  expect(&model, MENDLITE_STATUS_NO_ROOM, -1);
  /* Two of 2^31 bytes each: their sum is 0 modulo 2^32, and no arena holds it. */
  model = made("reshape");
  const int32_t extent = 1 << 28;
  model.tensor[0] = (struct made_tensor){.type = MENDLITE_TYPE_INT64, .rank = 1, .dims = {extent}};
  model.tensor[1] = (struct made_tensor){
      .type = MENDLITE_TYPE_INT32, .rank = 1, .dims = {1}, .constant = &extent, .constant_size = 4};
  model.tensor[2] = model.tensor[0];
  expect(&model, MENDLITE_STATUS_NO_ROOM, -1);
}

static void refuses_quantization_that_is_none(void **state) {
  (void)state;
  static const uint32_t bad[] = {0, 0x80000000, 0xbf800000, 0x7f800000, 0x7fc00000, 1};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct made_model model = made("add");
    memcpy(&model.tensor[0].scale[0], &bad[i], sizeof bad[i]);
    expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  }
  struct made_model model = made("add");
  model.tensor[0].zero_point = 128;
  expect(&model, MENDLITE_STATUS_MALFORMED, -1);
  model.tensor[0].zero_point = -129;
  expect(&model, MENDLITE_STATUS_MALFORMED, -1);
  /* None at all, and two where one is wanted. */
  model = made("add");
  model.tensor[2].scales = 0;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  model = made("add");
  model.tensor[2].scales = 2;
  model.tensor[2].scale[1] = 1;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
}

static void refuses_what_it_does_not_know(void **state) {
  (void)state;
  struct made_model model = made("reshape");
  model.op[0].code = 201;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, 0);
  model = made("reshape");
  model.tensor[0].type = 1;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, -1);
  /* Types that the kernel does not compute with. */
  model = made("add");
  model.tensor[0].type = MENDLITE_TYPE_INT16;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, 0);
  model = made("softmax");
  model.tensor[1].zero_point = 0;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, 0);
  model = made("tanh");
  model.tensor[1].scale[0] = 1;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, 0);
  /* A negative beta, and one that is no number. */
  model = made("softmax");
  model.op[0].option[0] = INT32_MIN;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, 0);
  model.op[0].option[0] = 0x7fc00000;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, 0);
  /* A fused activation that is none. */
  model = made("add");
  model.op[0].option[0] = 4;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, 0);
}

static void refuses_constants_of_another_size(void **state) {
  (void)state;
  struct made_model model = made("add");
  model.tensor[1].constant_size = 3;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
  /* An empty buffer is no constant: then nothing has written it. */
  model.tensor[1].constant_size = 0;
  expect(&model, MENDLITE_STATUS_MALFORMED, 0);
}

struct wrong {
  const char *name;
  /* The tensor or, where it is -1, the option that is changed, and to what. */
  int tensor;
  int at;
  int32_t value;
  int status;
};

/* Shapes and options that do not go together; each was sound before. */
static void refuses_shapes_that_do_not_fit(void **state) {
  (void)state;
  static const struct wrong table[] = {
      {"add", 1, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"average_pool", 1, 3, 1, MENDLITE_STATUS_MALFORMED},
      {"average_pool", 1, 1, 2, MENDLITE_STATUS_MALFORMED},
      {"average_pool", -1, 0, 2, MENDLITE_STATUS_MALFORMED},
      {"average_pool", -1, 1, 0, MENDLITE_STATUS_MALFORMED},
      {"average_pool", -1, 3, 32768, MENDLITE_STATUS_MALFORMED},
      {"average_pool", -1, 4, -1, MENDLITE_STATUS_MALFORMED},
      {"average_pool", -1, 4, INT32_MAX, MENDLITE_STATUS_MALFORMED},
      {"mean", 2, 0, 2, MENDLITE_STATUS_MALFORMED},
      {"conv", 3, 3, 2, MENDLITE_STATUS_MALFORMED},
      {"conv", 3, 0, 2, MENDLITE_STATUS_MALFORMED},
      {"conv", -1, 4, 0, MENDLITE_STATUS_MALFORMED},
      {"conv_same", 2, 1, 4, MENDLITE_STATUS_MALFORMED},
      {"depthwise", 2, 3, 4, MENDLITE_STATUS_MALFORMED},
      {"dense", 3, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"dense", 3, 1, 3, MENDLITE_STATUS_MALFORMED},
      {"dense", -1, 1, 1, MENDLITE_STATUS_UNSUPPORTED},
      {"transpose_conv", 3, 2, 5, MENDLITE_STATUS_MALFORMED},
      {"transpose_conv", 3, 3, 2, MENDLITE_STATUS_MALFORMED},
      {"concatenation", 2, 1, 4, MENDLITE_STATUS_MALFORMED},
      {"concatenation", 2, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"concatenation", -1, 0, 2, MENDLITE_STATUS_MALFORMED},
      {"concatenation", -1, 0, -3, MENDLITE_STATUS_MALFORMED},
      {"concatenation", -1, 0, INT32_MIN, MENDLITE_STATUS_MALFORMED},
      {"concatenation", -1, 1, 1, MENDLITE_STATUS_UNSUPPORTED},
      {"pack", 2, 1, 3, MENDLITE_STATUS_MALFORMED},
      {"pack", 2, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"reshape", 2, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"shape", 1, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"strided_slice", 4, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"strided_slice", -1, 2, 1, MENDLITE_STATUS_UNSUPPORTED},
      {"strided_slice", -1, 3, 1, MENDLITE_STATUS_UNSUPPORTED},
      {"pad", 2, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"transpose", 2, 0, 2, MENDLITE_STATUS_MALFORMED},
      {"relu", 1, 0, 3, MENDLITE_STATUS_MALFORMED},
      {"quantize", 1, 0, 3, MENDLITE_STATUS_MALFORMED},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    const struct wrong *one = &table[i];
    struct made_model model = made(one->name);
    int32_t failed_operator;
    if (one->tensor >= 0) {
      model.tensor[one->tensor].dims[one->at] = one->value;
      /* A constant stays as long as its shape says. */
      if (model.tensor[one->tensor].constant != NULL) {
        static const uint8_t zeros[64];
        model.tensor[one->tensor].constant = zeros;
        model.tensor[one->tensor].constant_size = (uint32_t)one->value;
      }
    } else {
      model.op[0].option[one->at] = one->value;
    }
    int status = status_of(&model, &failed_operator);
    if (status != one->status) {
      fail_msg("%s, %d.%d = %d: status %d", one->name, one->tensor, one->at, one->value, status);
    }
  }
}

/* Numbers that an operator is given as a constant. */
static void refuses_constants_that_lead_out(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int tensor;
    int32_t value[4];
    int status;
  } table[] = {
      {"mean", 1, {1, 4}, MENDLITE_STATUS_MALFORMED},
      {"mean", 1, {1, -5}, MENDLITE_STATUS_MALFORMED},
      {"mean", 1, {INT32_MIN, INT32_MAX}, MENDLITE_STATUS_MALFORMED},
      {"transpose", 1, {0, 0}, MENDLITE_STATUS_MALFORMED},
      {"transpose", 1, {0, 2}, MENDLITE_STATUS_MALFORMED},
      {"transpose", 1, {-1, 32}, MENDLITE_STATUS_MALFORMED},
      {"pad", 1, {-1, 2, 0, 1}, MENDLITE_STATUS_MALFORMED},
      {"pad", 1, {INT32_MAX, INT32_MAX, 0, 1}, MENDLITE_STATUS_MALFORMED},
      {"pad", 1, {1, 1, 0, 1}, MENDLITE_STATUS_MALFORMED},
      {"strided_slice", 3, {1, 0}, MENDLITE_STATUS_MALFORMED},
      {"strided_slice", 3, {1, INT32_MIN}, MENDLITE_STATUS_MALFORMED},
      {"strided_slice", 3, {1, 1}, MENDLITE_STATUS_MALFORMED},
      {"strided_slice", 3, {1, -1}, MENDLITE_STATUS_MALFORMED},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    struct made_model model = made(table[i].name);
    int32_t failed_operator;
    model.tensor[table[i].tensor].constant = table[i].value;
    int status = status_of(&model, &failed_operator);
    if (status != table[i].status) {
      fail_msg("%s, case %zu: status %d", table[i].name, i, status);
    }
  }
}

/* Runs a made model on inputs that are all one byte; its first output byte. */
static int run_in(const struct made_model *model, enum mendlite_profile profile, uint8_t byte,
                  int8_t *found) {
  static uint8_t file[MADE_ROOM];
  static _Alignas(16) uint8_t arena[ARENA];
  struct mendlite_engine *engine;
  int32_t failed_operator;
  uint32_t size = make_model(model, file);
  int status = mendlite_engine_open(&engine, file, size, arena, ARENA, profile, &failed_operator);
  if (status == MENDLITE_STATUS_OK) {
    memset(mendlite_engine_input(engine, 0).data, byte, mendlite_engine_input(engine, 0).size);
    assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
    *found = (int8_t)mendlite_engine_output(engine, 0).data[0];
  }
  return status;
}

/* The same in every profile. */
static int8_t run_made(const struct made_model *model, uint8_t byte) {
  int8_t found = 0;
  for (int profile = MENDLITE_PROFILE_TFLITE_REF; profile <= MENDLITE_PROFILE_TFLM_2026_10;
       profile++) {
    assert_int_equal(run_in(model, (enum mendlite_profile)profile, byte, &found),
                     MENDLITE_STATUS_OK);
  }
  return found;
}

/* From 512 equal values on each one's share is below half a step. */
static void shares_nothing_among_many(void **state) {
  (void)state;
  struct made_model model = made("softmax");
  for (int32_t size = 256; size <= 4095; size += size < 600 ? 1 : 700) {
    for (int i = 0; i < 2; i++) {
      model.tensor[i].dims[0] = 1;
      model.tensor[i].dims[1] = size;
    }
    int8_t share = run_made(&model, 3);
    assert_int_equal(share, size < 512 ? -127 : -128);
  }
}

/* Sums of more int8 values than an int32 holds. */
static void refuses_pictures_without_end(void **state) {
  (void)state;
  struct made_model model = made("average_pool");
  for (int axis = 1; axis <= 2; axis++) {
    model.tensor[0].dims[axis] = 4096;
    model.tensor[1].dims[axis] = 1;
  }
  model.op[0].option[3] = 4096;
  model.op[0].option[4] = 2048;
  model.tensor[1].dims[1] = 1025;
  expect(&model, MENDLITE_STATUS_UNSUPPORTED, 0);
  /* One row less would only need more memory. */
  model.op[0].option[4] = 2047;
  expect(&model, MENDLITE_STATUS_NO_ROOM, -1);
}

static void takes_extreme_scales(void **state) {
  (void)state;
  static const float scales[] = {1.17549435e-38f, 1e-20f, 1.0f, 1e20f, 3.4e38f};
  enum { SCALES = sizeof scales / sizeof scales[0] };
  for (uint32_t n = 0; n < op_models_count; n++) {
    for (uint32_t i = 0; i < SCALES * SCALES * SCALES; i++) {
      struct made_model model = op_models[n].model;
      uint32_t last = model.tensors - 1;
      bool fixed = model.op[0].code == 14 || model.op[0].code == 25 || model.op[0].code == 28;
      /* CONCATENATION and PADV2 want one scale for all. */
      if (model.op[0].code == 2 || model.op[0].code == 60) {
        continue;
      }
      model.tensor[0].scale[0] = scales[i % SCALES];
      model.tensor[1].scale[0] =
          last == 1 && fixed ? model.tensor[1].scale[0] : scales[i / SCALES % SCALES];
      if (last > 1) {
        model.tensor[last].scale[0] = scales[i / SCALES / SCALES];
      }
      for (int profile = MENDLITE_PROFILE_TFLITE_REF; profile <= MENDLITE_PROFILE_TFLM_2026_10;
           profile++) {
        int8_t found;
        int status =
            run_in(&model, (enum mendlite_profile)profile, i % 2 == 0 ? 0x7f : 0x80, &found);
        /* It runs, or 32 bits do not hold the quotient of its scales. */
        assert_true(status == MENDLITE_STATUS_OK || status == MENDLITE_STATUS_UNSUPPORTED ||
                    model.op[0].code == MENDLITE_OPERATOR_FULLY_CONNECTED ||
                    model.op[0].code == AVERAGE_POOL || model.op[0].code == MAX_POOL ||
                    model.op[0].code == REDUCE_MAX || model.op[0].code == REDUCE_MIN);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opens_and_runs),
      cmocka_unit_test(shows_each_operators_tensor),
      cmocka_unit_test(needs_all_that_it_uses),
      cmocka_unit_test(survives_every_truncation),
      cmocka_unit_test(survives_damage),
      cmocka_unit_test(survives_damage_of_every_operator),
      cmocka_unit_test(works_at_any_address),
      cmocka_unit_test(refuses_operands_that_are_not_there),
      cmocka_unit_test(refuses_tensors_in_the_wrong_order),
      cmocka_unit_test(refuses_outputs_that_no_kernel_writes),
      cmocka_unit_test(refuses_shapes_beyond_all_memory),
      cmocka_unit_test(refuses_quantization_that_is_none),
      cmocka_unit_test(refuses_what_it_does_not_know),
      cmocka_unit_test(refuses_constants_of_another_size),
      cmocka_unit_test(refuses_shapes_that_do_not_fit),
      cmocka_unit_test(refuses_constants_that_lead_out),
      cmocka_unit_test(shares_nothing_among_many),
      cmocka_unit_test(refuses_pictures_without_end),
      cmocka_unit_test(takes_extreme_scales),
  };
  return RUN(tests);
}
