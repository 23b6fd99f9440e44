/* Where int4 weights may stand in a model, and that they take no room beyond the file's. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "engine/engine.h"
#include "engine/model.h"
#include "op_models.h"
#include "status.h"

enum { ARENA = 4096, INT2 = 19 };

static _Alignas(16) uint8_t arena[ARENA];
static uint8_t file[MADE_ROOM];
static struct made_model made;

static const char *const layers[] = {"conv_int4", "depthwise_int4", "dense_int4"};
enum { LAYERS = sizeof layers / sizeof layers[0] };

static int open_made(struct mendlite_engine **engine, int32_t *failed_operator) {
  uint32_t size = make_model(&made, file);
  return mendlite_engine_open(engine, file, size, arena, ARENA, MENDLITE_PROFILE_TFLM,
                              failed_operator);
}

/* Operator 0 is the one that is refused. */
static void expect_refused(int wanted) {
  struct mendlite_engine *engine;
  int32_t failed_operator;
  assert_int_equal(open_made(&engine, &failed_operator), wanted);
  assert_int_equal(failed_operator, 0);
}

static uint32_t arena_of_made(void) {
  struct mendlite_engine *engine;
  int32_t failed_operator;
  assert_int_equal(open_made(&engine, &failed_operator), MENDLITE_STATUS_OK);
  return mendlite_engine_arena_used(engine);
}

static void takes_no_more_arena_than_int8(void **state) {
  (void)state;
  static const int8_t zeros[16];
  for (uint32_t i = 0; i < LAYERS; i++) {
    made = op_model_of(layers[i])->model;
    uint32_t used = arena_of_made();
    struct made_tensor *weights = &made.tensor[1];
    uint32_t count = 1;
    for (uint32_t n = 0; n < weights->rank; n++) {
      count *= (uint32_t)weights->dims[n];
    }
    weights->type = MENDLITE_TYPE_INT8;
    weights->constant = zeros;
    weights->constant_size = count;
    assert_int_equal(arena_of_made(), used);
  }
}

static void wants_two_values_a_byte(void **state) {
  (void)state;
  static const uint8_t bytes[16];
  for (uint32_t i = 0; i < LAYERS; i++) {
    made = op_model_of(layers[i])->model;
    made.tensor[1].constant = bytes;
    made.tensor[1].constant_size++;
    expect_refused(MENDLITE_STATUS_MALFORMED);
    made.tensor[1].constant_size -= 2;
    expect_refused(MENDLITE_STATUS_MALFORMED);
  }
}

static void wants_scales_and_no_zero_point(void **state) {
  (void)state;
  for (uint32_t i = 0; i < LAYERS; i++) {
    made = op_model_of(layers[i])->model;
    made.tensor[1].zero_point = 1;
    expect_refused(MENDLITE_STATUS_MALFORMED);
    made = op_model_of(layers[i])->model;
    made.tensor[1].scales = 0;
    expect_refused(MENDLITE_STATUS_MALFORMED);
  }
}

static void wants_weights_that_are_constant(void **state) {
  (void)state;
  for (uint32_t i = 0; i < LAYERS; i++) {
    made = op_model_of(layers[i])->model;
    made.tensor[1].constant = NULL;
    expect_refused(MENDLITE_STATUS_UNSUPPORTED);
  }
}

/* Float activations over 4-bit weights (dynamic range) are the desktop's alone. */
static void refuses_float_activations(void **state) {
  (void)state;
  for (uint32_t i = 0; i < LAYERS; i++) {
    made = op_model_of(layers[i])->model;
    made.tensor[0].type = MENDLITE_TYPE_FLOAT32;
    made.tensor[2].type = MENDLITE_TYPE_FLOAT32;
    expect_refused(MENDLITE_STATUS_UNSUPPORTED);
  }
}

static void refuses_two_bits(void **state) {
  (void)state;
  for (uint32_t i = 0; i < LAYERS; i++) {
    made = op_model_of(layers[i])->model;
    made.tensor[1].type = INT2;
    expect_refused(MENDLITE_STATUS_UNSUPPORTED);
  }
}

static void refuses_it_as_any_other_operand(void **state) {
  (void)state;
  static const char *const others[] = {"add",      "sub",  "mul",   "concatenation",  "pack",
                                       "padv2",    "conv", "dense", "transpose_conv", "depthwise",
                                       "transpose"};
  static const uint8_t bytes[64];
  for (uint32_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    const struct made_model *sound = &op_model_of(others[i])->model;
    for (uint32_t n = 0; n < sound->tensors - 1; n++) {
      bool weights =
          n == 1 && (sound->op[0].code == 3 || sound->op[0].code == 4 || sound->op[0].code == 9);
      made = *sound;
      if (made.tensor[n].constant == NULL || weights) {
        continue;
      }
      uint32_t count = 1;
      for (uint32_t axis = 0; axis < made.tensor[n].rank; axis++) {
        count *= (uint32_t)made.tensor[n].dims[axis];
      }
      made.tensor[n].type = MENDLITE_TYPE_INT4;
      made.tensor[n].constant = bytes;
      made.tensor[n].constant_size = (count + 1) / 2;
      expect_refused(MENDLITE_STATUS_UNSUPPORTED);
    }
  }
}

static void refuses_it_as_an_input_or_output(void **state) {
  (void)state;
  struct mendlite_engine *engine;
  int32_t failed_operator;
  static const uint8_t bytes[8];
  made = op_model_of("relu")->model;
  made.tensor[0].type = MENDLITE_TYPE_INT4;
  assert_int_equal(open_made(&engine, &failed_operator), MENDLITE_STATUS_UNSUPPORTED);
  made = op_model_of("relu")->model;
  made.tensor[1].type = MENDLITE_TYPE_INT4;
  assert_int_equal(open_made(&engine, &failed_operator), MENDLITE_STATUS_UNSUPPORTED);
  /* A constant that the model hands out. */
  made = op_model_of("conv_int4")->model;
  made.output[0] = 1;
  assert_int_equal(open_made(&engine, &failed_operator), MENDLITE_STATUS_UNSUPPORTED);
  assert_int_equal(failed_operator, -1);
  /* One that no operator reads is no one's concern. */
  made = op_model_of("relu")->model;
  made.tensors = 3;
  made.tensor[2] = (struct made_tensor){.type = MENDLITE_TYPE_INT4,
                                        .rank = 1,
                                        .dims = {16},
                                        .constant = bytes,
                                        .constant_size = sizeof bytes};
  assert_int_equal(open_made(&engine, &failed_operator), MENDLITE_STATUS_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_no_more_arena_than_int8),
      cmocka_unit_test(wants_two_values_a_byte),
      cmocka_unit_test(wants_scales_and_no_zero_point),
      cmocka_unit_test(wants_weights_that_are_constant),
      cmocka_unit_test(refuses_float_activations),
      cmocka_unit_test(refuses_two_bits),
      cmocka_unit_test(refuses_it_as_any_other_operand),
      cmocka_unit_test(refuses_it_as_an_input_or_output),
  };
  return RUN(tests);
}
