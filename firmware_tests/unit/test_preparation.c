/* What the engine refuses when a model is opened, and what it takes, one change of a sound model at
 * a time: docs/SPEC.md, "What is accepted at preparation". */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "engine/engine.h"
#include "engine/ops/table.h"
#include "op_models.h"
#include "status.h"

enum { ARENA = 64 * 1024 };

static _Alignas(16) uint8_t arena[ARENA];
static uint8_t file[MADE_ROOM];
static struct made_model made;

static int open_made(struct mendlite_engine **engine) {
  int32_t failed_operator;
  uint32_t size = make_model(&made, file);
  return mendlite_engine_open(engine, file, size, arena, ARENA, MENDLITE_PROFILE_TFLM,
                              &failed_operator);
}

static void expect(int wanted) {
  struct mendlite_engine *engine;
  assert_int_equal(open_made(&engine), wanted);
}

/* Takes the model of a name that opens. */
static void sound(const char *name) {
  made = op_model_of(name)->model;
  expect(MENDLITE_STATUS_OK);
}

/* The same model, which still computes what it did. */
static void expect_output(const char *name) {
  const struct op_model *one = op_model_of(name);
  struct mendlite_engine *engine;
  assert_int_equal(open_made(&engine), MENDLITE_STATUS_OK);
  memcpy(mendlite_engine_input(engine, 0).data, one->input, one->input_size);
  assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
  assert_memory_equal(mendlite_engine_output(engine, 0).data, one->output, one->output_size);
}

static void takes_the_larger_code(void **state) {
  (void)state;
  /* In the new field alone, with the old one left out, 0 or negative. */
  sound("mul");
  made.op[0].code_absent = 1;
  expect_output("mul");
  made.op[0].code_absent = 0;
  made.op[0].old_code = -1;
  expect_output("mul");
  made.op[0].old_code = INT8_MIN;
  expect_output("mul");
  /* In the old one alone, and in an old one that is larger. */
  sound("mul");
  made.op[0].code_absent = 1u << 3;
  expect_output("mul");
  sound("add");
  made.op[0].old_code = 125;
  expect(MENDLITE_STATUS_UNSUPPORTED);
}

static void takes_no_other_operators_options(void **state) {
  (void)state;
  /* Without options of its own it has no fused activation. */
  sound("sub");
  made.op[0].options_type = 11;
  made.op[0].option[0] = MENDLITE_FUSED_RELU;
  struct mendlite_engine *engine;
  assert_int_equal(open_made(&engine), MENDLITE_STATUS_OK);
  memset(mendlite_engine_input(engine, 0).data, 0, 4);
  assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
  assert_int_equal((int8_t)mendlite_engine_output(engine, 0).data[0], -3);
  /* And no strides. */
  sound("conv");
  made.op[0].options_type = 2;
  expect(MENDLITE_STATUS_MALFORMED);
}

static void reads_buffers_outside_the_flatbuffer(void **state) {
  (void)state;
  static const char *const names[] = {"conv", "dense", "pad", "add", "transpose_conv"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    sound(names[i]);
    for (uint32_t n = 0; n < made.tensors; n++) {
      made.tensor[n].outside = made.tensor[n].constant != NULL;
    }
    expect_output(names[i]);
  }
  sound("conv");
  made.tensor[1].outside = true;
  /* One byte more than there is, one less than the tensor has, and more than 32 bits hold. */
  made.tensor[1].beyond = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[1].beyond = UINT32_MAX;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[1].beyond = UINT32_MAX - 1 - made.tensor[1].constant_size;
  expect(MENDLITE_STATUS_MALFORMED);
}

static void takes_empty_vectors_for_constants(void **state) {
  (void)state;
  /* A scalar has no extents. */
  sound("reshape");
  for (int n = 0; n < 3; n++) {
    made.tensor[n].rank = 1;
    made.tensor[n].dims[0] = 1;
  }
  made.tensor[1].dims[0] = 0;
  made.tensor[1].constant = NULL;
  made.tensor[1].constant_size = 0;
  made.tensor[2].rank = 0;
  expect(MENDLITE_STATUS_OK);
  made.tensor[2].rank = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  /* No axes: nothing is reduced. */
  sound("mean");
  made.tensor[1].dims[0] = 0;
  made.tensor[1].constant = NULL;
  made.tensor[2] = made.tensor[0];
  expect(MENDLITE_STATUS_OK);
  /* No part of a concatenation. */
  sound("concatenation");
  made.tensor[1].rank = 1;
  made.tensor[1].dims[0] = 0;
  made.tensor[1].constant = NULL;
  expect(MENDLITE_STATUS_MALFORMED);
}

static void wants_as_many_inputs_as_it_reads(void **state) {
  (void)state;
  for (uint32_t i = 0; i < op_models_count; i++) {
    made = op_models[i].model;
    const struct mendlite_builtin *builtin = mendlite_builtin_of(made.op[0].code);
    struct made_operator *op = &made.op[0];
    if (builtin->most == MENDLITE_ANY_NUMBER || builtin->most >= MADE_OPERANDS) {
      continue;
    }
    for (uint32_t n = op->inputs; n <= builtin->most; n++) {
      op->input[n] = -1;
    }
    op->inputs = builtin->most + 1;
    expect(MENDLITE_STATUS_MALFORMED);
    op->inputs = builtin->least - 1;
    expect(MENDLITE_STATUS_MALFORMED);
  }
}

static void wants_biases_that_kernels_read(void **state) {
  (void)state;
  static const uint8_t other_types[] = {MENDLITE_TYPE_INT8, MENDLITE_TYPE_INT16,
                                        MENDLITE_TYPE_INT64, MENDLITE_TYPE_FLOAT32};
  static const uint8_t sizes[] = {1, 2, 8, 4};
  for (size_t i = 0; i < sizeof other_types; i++) {
    sound("conv");
    static const uint8_t zeros[8];
    made.tensor[2].type = other_types[i];
    made.tensor[2].constant = zeros;
    made.tensor[2].constant_size = sizes[i];
    expect(MENDLITE_STATUS_MALFORMED);
  }
  /* Nobody scales by a bias's scale here: 0 does no harm, and a zero-point does. */
  sound("conv");
  made.tensor[2].scales = 1;
  expect(MENDLITE_STATUS_OK);
  made.tensor[2].zero_point = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  sound("conv");
  made.tensor[2].variable = true;
  expect(MENDLITE_STATUS_UNSUPPORTED);
  sound("conv");
  made.tensor[2].rank = 4;
  for (int i = 0; i < 4; i++) {
    made.tensor[2].dims[i] = 1;
  }
  expect(MENDLITE_STATUS_OK);
  made.tensor[2].rank = 3;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[2].rank = 0;
  expect(MENDLITE_STATUS_MALFORMED);
}

static void wants_weights_that_are_quantized(void **state) {
  (void)state;
  sound("conv");
  made.tensor[1].zero_point = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  /* A scale for each channel, along the axis of the channels. */
  sound("conv_channels");
  made.tensor[1].scales = 4;
  expect(MENDLITE_STATUS_MALFORMED);
  sound("depthwise_multiplied");
  made.tensor[1].scales = 4;
  for (int i = 0; i < 4; i++) {
    made.tensor[1].scale[i] = 1;
  }
  made.tensor[1].axis = 3;
  expect_output("depthwise_multiplied");
  made.tensor[1].axis = 0;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[1].axis = 3;
  made.tensor[1].scale[3] = 0;
  expect(MENDLITE_STATUS_MALFORMED);
}

/* Scales that make a multiplier of just 2^30 are refused, and the next smaller one is not. */
static void refuses_multipliers_from_2_to_the_30(void **state) {
  (void)state;
  static const char *const names[] = {"conv",           "conv_channels", "depthwise",
                                      "transpose_conv", "mul",           "mean",
                                      "relu",           "relu_n1_to_1",  "requantize"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    made = op_model_of(names[i])->model;
    struct made_tensor *input = &made.tensor[made.op[0].code == 67 ? 2 : 0];
    input->scale[0] = 1;
    struct made_tensor *output = &made.tensor[made.tensors - 1];
    output->scale[0] = 1.0f / 1073741824;
    expect(MENDLITE_STATUS_UNSUPPORTED);
    output->scale[0] = 1.00000012f / 1073741824;
    expect(MENDLITE_STATUS_OK);
    output->scale[0] = 1.17549435e-38f;
    input->scale[0] = 3.4e38f;
    expect(MENDLITE_STATUS_UNSUPPORTED);
  }
  /* A sum's result is multiplied by less than one. */
  sound("add");
  made.tensor[2].scale[0] = 2.0f / (1 << 20);
  expect(MENDLITE_STATUS_UNSUPPORTED);
  made.tensor[2].scale[0] = 2.00001f / (1 << 20);
  expect(MENDLITE_STATUS_OK);
}

static void wants_scales_that_tflite_prepares(void **state) {
  (void)state;
  /* A dense bias in the products' scale, within two per cent of the output's. */
  sound("dense");
  made.tensor[2].scale[0] = 1.02f;
  expect(MENDLITE_STATUS_OK);
  made.tensor[2].scale[0] = 1.021f;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[2].scales = 0;
  expect(MENDLITE_STATUS_MALFORMED);
  /* Pools do not requantize. */
  sound("average_pool");
  made.tensor[1].scale[0] = 1.0000009f;
  expect(MENDLITE_STATUS_OK);
  made.tensor[1].scale[0] = 1.000002f;
  expect(MENDLITE_STATUS_MALFORMED);
  sound("max_pool");
  made.tensor[1].zero_point = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[1].scales = 0;
  expect(MENDLITE_STATUS_MALFORMED);
  /* A fused bound that 32 bits do not hold. */
  sound("add");
  made.op[0].option[0] = MENDLITE_FUSED_RELU_N1_TO_1;
  made.tensor[0].scale[0] = 1e-10f;
  made.tensor[1].scale[0] = 1e-10f;
  made.tensor[2].scale[0] = 1.0f / 2147483648.0f;
  expect(MENDLITE_STATUS_UNSUPPORTED);
  made.tensor[2].scale[0] = 1.0f / 1073741824.0f;
  expect(MENDLITE_STATUS_OK);
}

static void wants_scales_of_curves_within_bounds(void **state) {
  (void)state;
  static const char *const names[] = {"logistic", "tanh"};
  for (int i = 0; i < 2; i++) {
    sound(names[i]);
    made.tensor[0].scale[0] = 1.0f / (1 << 28);
    expect(MENDLITE_STATUS_OK);
    made.tensor[0].scale[0] = 0.99999f / (1 << 28);
    expect(MENDLITE_STATUS_UNSUPPORTED);
    made.tensor[0].scale[0] = 7.9999f;
    expect(MENDLITE_STATUS_OK);
    made.tensor[0].scale[0] = 8;
    expect(MENDLITE_STATUS_UNSUPPORTED);
  }
  sound("softmax");
  made.tensor[0].scale[0] = 1.0f / (1 << 26);
  expect(MENDLITE_STATUS_UNSUPPORTED);
  made.tensor[0].scale[0] = 1.00001f / (1 << 26);
  expect(MENDLITE_STATUS_OK);
  /* beta 0 */
  sound("softmax");
  made.op[0].option[0] = 0;
  expect(MENDLITE_STATUS_UNSUPPORTED);
}

static void infers_shapes_of_layers(void **state) {
  (void)state;
  /* [2, 2] of rows and channels, or the input's rank where it keeps it. */
  sound("dense");
  made.tensor[3].rank = 1;
  made.tensor[3].dims[0] = 4;
  expect(MENDLITE_STATUS_MALFORMED);
  sound("dense");
  made.tensor[0] = (struct made_tensor){
      .type = MENDLITE_TYPE_INT8, .rank = 3, .dims = {2, 1, 3}, .scales = 1, .scale = {1}};
  expect(MENDLITE_STATUS_OK);
  made.op[0].options = 3;
  made.op[0].option[2] = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[3] = (struct made_tensor){
      .type = MENDLITE_TYPE_INT8, .rank = 3, .dims = {2, 1, 2}, .scales = 1, .scale = {1}};
  expect(MENDLITE_STATUS_OK);
  made.tensor[0].dims[1] = 3;
  made.tensor[0].dims[2] = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  sound("depthwise_multiplied");
  made.op[0].option[3] = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  sound("transpose_conv");
  made.tensor[0].constant = (const int32_t[]){1, 1, 3, 1};
  expect(MENDLITE_STATUS_MALFORMED);
  /* An output that broadcasts further than both inputs. */
  sound("add");
  made.tensor[2].rank = 2;
  made.tensor[2].dims[0] = 1;
  made.tensor[2].dims[1] = 4;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[2].dims[0] = 2;
  expect(MENDLITE_STATUS_MALFORMED);
}

static void infers_shapes_of_means(void **state) {
  (void)state;
  sound("mean");
  made.op[0].option[0] = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[2].rank = 4;
  for (int i = 0; i < 4; i++) {
    made.tensor[2].dims[i] = 1;
  }
  expect(MENDLITE_STATUS_OK);
  made.op[0].option[0] = 0;
  expect(MENDLITE_STATUS_MALFORMED);
}

static void infers_shapes_of_reshapes(void **state) {
  (void)state;
  static const int32_t wrong[][2] = {{-1, -1}, {4, 1}, {3, -1}, {0, -1}, {-2, -2}, {8, -1}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    sound("reshape");
    made.tensor[1].constant = wrong[i];
    expect(MENDLITE_STATUS_MALFORMED);
  }
  /* From the options, where there is no shape of rank 1. */
  sound("reshape");
  made.op[0].inputs = 1;
  made.op[0].options = 1;
  made.op[0].vectors = 1;
  made.op[0].option[0] = -1;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[2].rank = 1;
  made.tensor[2].dims[0] = 4;
  expect(MENDLITE_STATUS_OK);
  made.op[0].options = 0;
  expect(MENDLITE_STATUS_MALFORMED);
}

/* SQUEEZE of {1, 4}. */
static void infers_what_is_squeezed(void **state) {
  (void)state;
  made = (struct made_model){
      .tensors = 2,
      .tensor = {{.type = MENDLITE_TYPE_INT8, .rank = 2, .dims = {1, 4}},
                 {.type = MENDLITE_TYPE_INT8, .rank = 1, .dims = {4}}},
      .operators = 1,
      .op = {{.code = 43, .inputs = 1, .outputs = 1, .output = {1}, .options = 1, .vectors = 1}},
      .inputs = 1,
      .outputs = 1,
      .output = {1}};
  expect(MENDLITE_STATUS_OK);
  made.op[0].option[0] = -2;
  expect(MENDLITE_STATUS_OK);
  made.op[0].option[0] = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  made.op[0].option[0] = 2;
  expect(MENDLITE_STATUS_MALFORMED);
  made.op[0].option[0] = 0;
  made.tensor[1].rank = 2;
  made.tensor[1].dims[1] = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  made.op[0].options = 0;
  made.tensor[1].rank = 1;
  expect(MENDLITE_STATUS_OK);
}

/* EXPAND_DIMS of {4}. */
static void infers_what_is_put_in(void **state) {
  (void)state;
  static int32_t axis;
  made = (struct made_model){
      .tensors = 3,
      .tensor = {{.type = MENDLITE_TYPE_INT8, .rank = 1, .dims = {4}},
                 {.type = MENDLITE_TYPE_INT32,
                  .rank = 1,
                  .dims = {1},
                  .constant = &axis,
                  .constant_size = 4},
                 {.type = MENDLITE_TYPE_INT8, .rank = 2, .dims = {1, 4}}},
      .operators = 1,
      .op = {{.code = 70, .inputs = 2, .input = {0, 1}, .outputs = 1, .output = {2}}},
      .inputs = 1,
      .outputs = 1,
      .output = {2}};
  expect(MENDLITE_STATUS_OK);
  axis = -2;
  expect(MENDLITE_STATUS_OK);
  axis = -1;
  expect(MENDLITE_STATUS_MALFORMED);
  axis = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[2].dims[0] = 4;
  made.tensor[2].dims[1] = 1;
  expect(MENDLITE_STATUS_OK);
  axis = 2;
  expect(MENDLITE_STATUS_MALFORMED);
}

static void infers_shapes_of_slices(void **state) {
  (void)state;
  /* An axis that goes must be there: it is not moved to the end. */
  sound("strided_slice");
  made.tensor[1].constant = (const int32_t[]){2, -1};
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[1].constant = (const int32_t[]){-3, -1};
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[1].constant = (const int32_t[]){-2, -1};
  expect(MENDLITE_STATUS_OK);
  made.tensor[3].constant = (const int32_t[]){-1, -2};
  expect(MENDLITE_STATUS_MALFORMED);
  /* The mask comes before the number. */
  sound("strided_slice");
  made.tensor[1].constant = (const int32_t[]){2, -1};
  made.op[0].option[0] = 1;
  expect(MENDLITE_STATUS_OK);
  made.tensor[4].rank = 2;
  made.tensor[4].dims[1] = 1;
  expect(MENDLITE_STATUS_MALFORMED);
  /* Axes that it does not speak of stay whole. */
  sound("strided_slice");
  for (int i = 1; i < 4; i++) {
    made.tensor[i].dims[0] = 1;
    made.tensor[i].constant_size = 4;
  }
  expect(MENDLITE_STATUS_MALFORMED);
  made.tensor[4].dims[0] = 4;
  expect(MENDLITE_STATUS_OK);
}

static void moves_only_what_means_the_same(void **state) {
  (void)state;
  static const char *const names[] = {"concatenation", "pack", "padv2"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    sound(names[i]);
    made.tensor[made.tensors - 1].zero_point = 1;
    struct mendlite_engine *engine;
    assert_true(open_made(&engine) < 0);
    sound(names[i]);
    made.tensor[made.tensors - 1].scale[0] = 2;
    assert_true(open_made(&engine) < 0);
  }
  sound("pack");
  made.op[0].option[0] = 3;
  expect(MENDLITE_STATUS_MALFORMED);
}

/* PAD puts in what is zero in the output. */
static void pads_with_the_outputs_zero(void **state) {
  (void)state;
  sound("pad");
  struct mendlite_engine *engine;
  made.tensor[2].zero_point = 9;
  assert_int_equal(open_made(&engine), MENDLITE_STATUS_OK);
  memset(mendlite_engine_input(engine, 0).data, 0, 2);
  assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
  assert_int_equal((int8_t)mendlite_engine_output(engine, 0).data[0], 9);
  made.tensor[1].rank = 1;
  made.tensor[1].dims[0] = 4;
  expect(MENDLITE_STATUS_MALFORMED);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_the_larger_code),
      cmocka_unit_test(takes_no_other_operators_options),
      cmocka_unit_test(reads_buffers_outside_the_flatbuffer),
      cmocka_unit_test(takes_empty_vectors_for_constants),
      cmocka_unit_test(wants_as_many_inputs_as_it_reads),
      cmocka_unit_test(wants_biases_that_kernels_read),
      cmocka_unit_test(wants_weights_that_are_quantized),
      cmocka_unit_test(refuses_multipliers_from_2_to_the_30),
      cmocka_unit_test(wants_scales_that_tflite_prepares),
      cmocka_unit_test(wants_scales_of_curves_within_bounds),
      cmocka_unit_test(infers_shapes_of_layers),
      cmocka_unit_test(infers_shapes_of_means),
      cmocka_unit_test(infers_shapes_of_reshapes),
      cmocka_unit_test(infers_what_is_squeezed),
      cmocka_unit_test(infers_what_is_put_in),
      cmocka_unit_test(infers_shapes_of_slices),
      cmocka_unit_test(moves_only_what_means_the_same),
      cmocka_unit_test(pads_with_the_outputs_zero),
  };
  return RUN(tests);
}
