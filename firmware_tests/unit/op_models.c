#include "op_models.h"

#include <stdlib.h>
#include <string.h>

#include "engine/model.h"

/* An int8 tensor with one scale; its shape follows. */
#define INT8(unit, zero, shape_rank, ...)                                                 \
  {                                                                                       \
    .type = MENDLITE_TYPE_INT8, .rank = (shape_rank), .dims = {__VA_ARGS__}, .scales = 1, \
    .scale = {unit}, .zero_point = (zero)                                                 \
  }

/* Such a uint8 tensor, and one of int32. */
#define UINT8(unit, zero, shape_rank, ...)                                                 \
  {                                                                                        \
    .type = MENDLITE_TYPE_UINT8, .rank = (shape_rank), .dims = {__VA_ARGS__}, .scales = 1, \
    .scale = {unit}, .zero_point = (zero)                                                  \
  }

#define UINT8_WEIGHTS(values, bytes, zero, shape_rank, ...)                                \
  {                                                                                        \
    .type = MENDLITE_TYPE_UINT8, .rank = (shape_rank), .dims = {__VA_ARGS__}, .scales = 1, \
    .scale = {1}, .zero_point = (zero), .constant = (values), .constant_size = (bytes)     \
  }

/* An int16 tensor with one scale, and int64 constants with scale 1. */
#define INT16(unit, shape_rank, ...)                                                       \
  {                                                                                        \
    .type = MENDLITE_TYPE_INT16, .rank = (shape_rank), .dims = {__VA_ARGS__}, .scales = 1, \
    .scale = {                                                                             \
      unit                                                                                 \
    }                                                                                      \
  }

#define WIDE_BIAS(count, ...)                                                             \
  {                                                                                       \
    .type = MENDLITE_TYPE_INT64, .rank = 1, .dims = {(count)}, .scales = 1, .scale = {1}, \
    .constant = (const int64_t[]){__VA_ARGS__}, .constant_size = 8 * (count)              \
  }

#define WHOLE(shape_rank, ...)                                                 \
  {                                                                            \
    .type = MENDLITE_TYPE_INT32, .rank = (shape_rank), .dims = { __VA_ARGS__ } \
  }

/* Int8 and int32 constants of rank 1, and int8 ones of any shape with scale 1. */
#define INTS(count, ...)                                                     \
  {                                                                          \
    .type = MENDLITE_TYPE_INT32, .rank = 1, .dims = {(count)},               \
    .constant = (const int32_t[]){__VA_ARGS__}, .constant_size = 4 * (count) \
  }

/* Two for each axis. */
#define PADS(axes, ...)                                                     \
  {                                                                         \
    .type = MENDLITE_TYPE_INT32, .rank = 2, .dims = {(axes), 2},            \
    .constant = (const int32_t[]){__VA_ARGS__}, .constant_size = 8 * (axes) \
  }

/* An int32 constant with scale 1. */
#define BIAS(count, ...)                                                                  \
  {                                                                                       \
    .type = MENDLITE_TYPE_INT32, .rank = 1, .dims = {(count)}, .scales = 1, .scale = {1}, \
    .constant = (const int32_t[]){__VA_ARGS__}, .constant_size = 4 * (count)              \
  }

#define WEIGHTS(values, bytes, shape_rank, ...)                                           \
  {                                                                                       \
    .type = MENDLITE_TYPE_INT8, .rank = (shape_rank), .dims = {__VA_ARGS__}, .scales = 1, \
    .scale = {1}, .constant = (values), .constant_size = (bytes)                          \
  }

/* int4 constants with scale 1: two values a byte. */
#define PACKED(bytes, size, shape_rank, ...)                                              \
  {                                                                                       \
    .type = MENDLITE_TYPE_INT4, .rank = (shape_rank), .dims = {__VA_ARGS__}, .scales = 1, \
    .scale = {1}, .constant = (bytes), .constant_size = (size)                            \
  }

#define WORDS(...) (const int16_t[]){__VA_ARGS__}, sizeof((const int16_t[]){__VA_ARGS__})

#define BYTES(...) (const int8_t[]){__VA_ARGS__}, sizeof((const int8_t[]){__VA_ARGS__})

/* Operators that take tensor 0 (and constants behind it) to the last tensor. */
#define ONE(operator_code, count, option_count, ...)                           \
  .op = {{.code = (operator_code),                                             \
          .inputs = (count)-1,                                                 \
          .input = {0, 1, 2, 3},                                               \
          .outputs = 1,                                                        \
          .output = {(count)-1},                                               \
          .options = (option_count),                                           \
          .option = {__VA_ARGS__}}},                                           \
  .tensors = (count), .operators = 1, .inputs = 1, .input = {0}, .outputs = 1, \
  .output = {(count)-1}

/* Operators of tensor 0 with itself. */
#define ITSELF(operator_code, option_count, ...) \
  .op = {{.code = (operator_code),               \
          .inputs = 2,                           \
          .input = {0, 0},                       \
          .outputs = 1,                          \
          .output = {1},                         \
          .options = (option_count),             \
          .option = {__VA_ARGS__}}},             \
  .tensors = 2, .operators = 1, .inputs = 1, .input = {0}, .outputs = 1, .output = {1}

enum { SAME = 0, VALID = 1 };

const struct op_model op_models[] = {
    /* 100 + 100 saturates, -100 - 3 does not. */
    {"add",
     {ONE(0, 3, 1, 0),
      .tensor = {INT8(1, 0, 1, 4), WEIGHTS(((const int8_t[]){100, -3, 5, -128}), 4, 1, 4),
                 INT8(1, 0, 1, 4)}},
     BYTES(100, -100, 7, -1),
     BYTES(127, -103, 12, -128)},
    /* One value along the whole vector; RELU as activation. */
    {"sub",
     {ONE(41, 3, 1, 1),
      .tensor = {INT8(1, 0, 1, 4), WEIGHTS(((const int8_t[]){3}), 1, 1, 1), INT8(1, 0, 1, 4)}},
     BYTES(100, -100, 3, 4),
     BYTES(97, 0, 0, 1)},
    /* Half of the product, ties up: 3 * 3 / 2 = 4.5 is 5, -4.5 is -4. */
    {"mul",
     {ONE(18, 3, 1, 0), .tensor = {INT8(1, 0, 2, 2, 2), WEIGHTS(((const int8_t[]){3, 3}), 2, 1, 2),
                                   INT8(2, 0, 2, 2, 2)}},
     BYTES(3, -3, 8, 100),
     BYTES(5, -4, 12, 127)},
    /* (1 + 2 + 3 + 5) / 4 = 2.75, and its negative; two channels. */
    {"average_pool",
     {ONE(1, 2, 6, VALID, 2, 2, 2, 2, 0),
      .tensor = {INT8(1, 0, 4, 1, 2, 2, 2), INT8(1, 0, 4, 1, 1, 1, 2)}},
     BYTES(1, -1, 2, -2, 3, -3, 5, -5),
     BYTES(3, -3)},
    /* "SAME" with a window that hangs over the right and lower edge. */
    {"max_pool",
     {ONE(17, 2, 6, SAME, 1, 1, 2, 2, 0),
      .tensor = {INT8(1, 0, 4, 1, 2, 2, 1), INT8(1, 0, 4, 1, 2, 2, 1)}},
     BYTES(1, 2, 7, -4),
     BYTES(7, 2, 7, -4)},
    {"mean",
     {ONE(40, 3, 1, 0), .tensor = {INT8(1, 0, 4, 1, 2, 2, 1), INTS(2, 1, -2), INT8(1, 0, 2, 1, 1)}},
     BYTES(1, 2, 3, 6),
     BYTES(3)},
    /* Input 5 and 7, weights 2 and -3, bias 10: 5 * 2 - 7 * 3 + 10. */
    {"conv",
     {ONE(3, 4, 6, VALID, 1, 1, 0, 1, 1),
      .tensor = {INT8(1, 0, 4, 1, 1, 2, 1), WEIGHTS(((const int8_t[]){2, -3}), 2, 4, 1, 1, 2, 1),
                 INTS(1, 10), INT8(1, 0, 4, 1, 1, 1, 1)}},
     BYTES(5, 7),
     BYTES(-1)},
    /* 3 x 3 ones with padding, dilation 2: corners reach each other, the rest only itself. */
    {"conv_same",
     {ONE(3, 3, 6, SAME, 1, 1, 0, 2, 2),
      .tensor = {INT8(1, 1, 4, 1, 3, 3, 1),
                 WEIGHTS(((const int8_t[]){1, 1, 1, 1, 1, 1, 1, 1, 1}), 9, 4, 1, 3, 3, 1),
                 INT8(1, 0, 4, 1, 3, 3, 1)}},
     BYTES(2, 1, 3, 1, 6, 1, 4, 1, 5),
     BYTES(10, 0, 10, 0, 5, 0, 10, 0, 10)},
    /* Five channels of one weight: the rows taken four at a time, and the one that is left. */
    {"conv_channels",
     {ONE(3, 3, 6, VALID, 1, 1, 0, 1, 1),
      .tensor = {INT8(1, 0, 4, 1, 1, 1, 1),
                 WEIGHTS(((const int8_t[]){1, 2, 3, 4, 5}), 5, 4, 5, 1, 1, 1),
                 INT8(1, 0, 4, 1, 1, 1, 5)}},
     BYTES(3),
     BYTES(3, 6, 9, 12, 15)},
    /* Channel 0 makes outputs 0 and 1, channel 1 the others. */
    {"depthwise_multiplied",
     {ONE(4, 4, 7, VALID, 1, 1, 2, 0, 1, 1),
      .tensor = {INT8(1, 0, 4, 1, 1, 1, 2),
                 WEIGHTS(((const int8_t[]){1, 2, 3, 4}), 4, 4, 1, 1, 1, 4), INTS(4, 1, 0, -1, 5),
                 INT8(1, 0, 4, 1, 1, 1, 4)}},
     BYTES(3, -2),
     BYTES(4, 6, -7, -3)},
    /* "SAME", stride 2: 3 values, window 2, one column of padding after them. */
    {"depthwise",
     {ONE(4, 3, 7, SAME, 2, 1, 1, 0, 1, 1),
      .tensor = {INT8(1, 0, 4, 1, 1, 3, 2),
                 WEIGHTS(((const int8_t[]){1, 1, 10, -1}), 4, 4, 1, 1, 2, 2),
                 INT8(1, 0, 4, 1, 1, 2, 2)}},
     BYTES(1, 2, 3, 4, 5, 6),
     BYTES(31, -2, 5, 6)},
    /* Two rows against two channels of three weights. */
    {"dense",
     {ONE(9, 4, 2, 3, 0),
      .tensor = {INT8(1, 0, 2, 2, 3), WEIGHTS(((const int8_t[]){1, 0, 2, -1, 1, 0}), 6, 2, 2, 3),
                 BIAS(2, 0, 1), INT8(1, 0, 2, 2, 2)}},
     BYTES(1, 2, 3, -4, 0, 4),
     /* RELU6 cuts 7 off, and nothing of 2, 4 and 5. */
     BYTES(6, 2, 4, 5)},
    /* Rows of three int4 weights, which begin in the middle of a byte every second time: 1 -8 7,
     * 0 2 -1, -3 -3 -3, 7 7 7, -8 0 1. The last byte's high half is nothing. */
    {"conv_int4",
     {ONE(3, 3, 6, VALID, 1, 1, 0, 1, 1),
      .tensor = {INT8(1, 0, 4, 1, 1, 1, 3),
                 PACKED(((const uint8_t[]){0x81, 0x07, 0xf2, 0xdd, 0x7d, 0x77, 0x08, 0xf1}), 8, 4,
                        5, 1, 1, 3),
                 INT8(1, 0, 4, 1, 1, 1, 5)}},
     BYTES(3, -2, 5),
     BYTES(54, -9, -18, 42, -19)},
    /* Taps of three channels: 1 -8 7, 0 2 -1; the second of the last window lies in the padding. */
    {"depthwise_int4",
     {ONE(4, 3, 7, SAME, 2, 1, 1, 0, 1, 1),
      .tensor = {INT8(1, 0, 4, 1, 1, 3, 3),
                 PACKED(((const uint8_t[]){0x81, 0x07, 0xf2}), 3, 4, 1, 1, 2, 3),
                 INT8(1, 0, 4, 1, 1, 2, 3)}},
     BYTES(1, 2, 3, 4, 5, 6, 7, 8, 9),
     BYTES(1, -6, 15, 7, -64, 63)},
    /* Rows of two: 1 -8, 7 0, 2 -1, -3 -3, -3 7; one byte each. */
    {"dense_int4",
     {ONE(9, 3, 2, 0, 0),
      .tensor = {INT8(1, 0, 2, 2, 2),
                 PACKED(((const uint8_t[]){0x81, 0x07, 0xf2, 0xdd, 0x7d}), 5, 2, 5, 2),
                 INT8(1, 0, 2, 2, 5)}},
     BYTES(3, -2, -128, 127),
     BYTES(19, 21, 8, -3, -23, -128, -128, -128, 3, 127)},
    /* Sums wrap modulo 2^32: -2^31 - 5 becomes 2^31 - 5, 128 steps of 2^24. */
    {"conv_wraps",
     {ONE(3, 4, 6, VALID, 1, 1, 0, 1, 1),
      .tensor = {INT8(1, 0, 4, 1, 1, 2, 1), WEIGHTS(((const int8_t[]){-1}), 1, 4, 1, 1, 1, 1),
                 INTS(1, INT32_MIN), INT8(16777216, 0, 4, 1, 1, 2, 1)}},
     BYTES(5, -5),
     BYTES(127, -128)},
    {"depthwise_wraps",
     {ONE(4, 4, 7, VALID, 1, 1, 1, 0, 1, 1),
      .tensor = {INT8(1, 0, 4, 1, 1, 1, 2), WEIGHTS(((const int8_t[]){1, 1}), 2, 4, 1, 1, 1, 2),
                 INTS(2, INT32_MAX, INT32_MIN), INT8(16777216, 0, 4, 1, 1, 1, 2)}},
     BYTES(1, -1),
     BYTES(-128, 127)},
    {"dense_wraps",
     {ONE(9, 4, 2, 0, 0),
      .tensor = {INT8(1, 0, 2, 2, 2), WEIGHTS(((const int8_t[]){127, 127}), 2, 2, 1, 2),
                 BIAS(1, INT32_MAX), INT8(16777216, 0, 2, 2, 1)}},
     BYTES(127, 127, 0, 0),
     BYTES(-128, 127)},
    /* Stride 2, window 2: each input value makes two output values. */
    /* (5 - 3)(9 - 7) + (1 - 3)(0 - 7) + 1 = 19 of uint8, and its RELU below 0. */
    {"conv_uint8",
     {ONE(3, 4, 6, VALID, 1, 1, 1, 1, 1),
      .tensor = {UINT8(1, 3, 4, 1, 1, 2, 2),
                 UINT8_WEIGHTS(((const uint8_t[]){9, 0}), 2, 7, 4, 1, 1, 1, 2), INTS(1, 1),
                 UINT8(1, 100, 4, 1, 1, 2, 1)}},
     BYTES(5, 1, 3, 9),
     BYTES(119, 100)},
    {"depthwise_uint8",
     {ONE(4, 3, 7, VALID, 1, 1, 2, 0, 1, 1),
      .tensor = {UINT8(1, 128, 4, 1, 1, 1, 1),
                 UINT8_WEIGHTS(((const uint8_t[]){255, 0}), 2, 128, 4, 1, 1, 1, 2),
                 UINT8(1, 128, 4, 1, 1, 1, 2)}},
     BYTES(-127),
     BYTES(-1, 0)},
    {"dense_uint8",
     {ONE(9, 4, 2, 0, 0), .tensor = {UINT8(1, 0, 2, 1, 2),
                                     UINT8_WEIGHTS(((const uint8_t[]){3, 1, 2, 2}), 4, 2, 2, 2, 2),
                                     BIAS(2, 5, 7), UINT8(1, 0, 2, 1, 2)}},
     BYTES(10, 4),
     BYTES(11, 7)},
    /* Of int16: 1000 * 2 - 3 * 100 + 10 = 1710 in steps of 2. */
    {"conv_int16",
     {ONE(3, 4, 6, VALID, 1, 1, 0, 1, 1),
      .tensor = {INT16(1, 4, 1, 1, 2, 1), WEIGHTS(((const int8_t[]){2, -3}), 2, 4, 1, 1, 2, 1),
                 WIDE_BIAS(1, 10), INT16(2, 4, 1, 1, 1, 1)}},
     WORDS(1000, 100),
     WORDS(855)},
    {"depthwise_int16",
     {ONE(4, 3, 7, VALID, 1, 1, 2, 0, 1, 1),
      .tensor = {INT16(1, 4, 1, 1, 1, 1), WEIGHTS(((const int8_t[]){127, -3}), 2, 4, 1, 1, 1, 2),
                 INT16(1, 4, 1, 1, 1, 2)}},
     WORDS(-1000),
     WORDS(-32768, 3000)},
    {"dense_int16",
     {ONE(9, 4, 2, 0, 0),
      .tensor = {INT16(1, 2, 1, 2), WEIGHTS(((const int8_t[]){1, 2, -1, 0}), 4, 2, 2, 2),
                 WIDE_BIAS(2, 1, -7), INT16(1, 2, 1, 2)}},
     WORDS(300, -20),
     WORDS(261, -307)},
    {"transpose_conv",
     {.tensors = 4,
      .tensor = {INTS(4, 1, 1, 4, 1), WEIGHTS(((const int8_t[]){1, 3}), 2, 4, 1, 1, 2, 1),
                 INT8(1, 0, 4, 1, 1, 2, 1), INT8(1, 0, 4, 1, 1, 4, 1)},
      .operators = 1,
      .op = {{.code = 67,
              .inputs = 3,
              .input = {0, 1, 2},
              .outputs = 1,
              .output = {3},
              .options = 4,
              .option = {SAME, 2, 1, 0}}},
      .inputs = 1,
      .input = {2},
      .outputs = 1,
      .output = {3}},
     BYTES(5, -7),
     BYTES(5, 15, -7, -21)},
    {"concatenation",
     {ONE(2, 3, 2, -1, 0),
      .tensor = {INT8(1, 0, 2, 2, 1), WEIGHTS(((const int8_t[]){1, 2, 3, 4}), 4, 2, 2, 2),
                 INT8(1, 0, 2, 2, 3)}},
     BYTES(8, 9),
     BYTES(8, 1, 2, 9, 3, 4)},
    {"pack",
     {ONE(83, 3, 2, 2, 1), .tensor = {INT8(1, 0, 1, 2), WEIGHTS(((const int8_t[]){1, 2}), 2, 1, 2),
                                      INT8(1, 0, 2, 2, 2)}},
     BYTES(8, 9),
     BYTES(8, 1, 9, 2)},
    {"reshape",
     {ONE(22, 3, 0, 0), .tensor = {INT8(1, 0, 1, 4), INTS(2, 2, -1), INT8(1, 0, 2, 2, 2)}},
     BYTES(1, 2, 3, 4),
     BYTES(1, 2, 3, 4)},
    {"shape",
     {ONE(77, 2, 0, 0),
      .tensor = {INT8(1, 0, 2, 2, 3), {.type = MENDLITE_TYPE_INT32, .rank = 1, .dims = {2}}}},
     BYTES(0, 0, 0, 0, 0, 0),
     BYTES(2, 0, 0, 0, 3, 0, 0, 0)},
    /* Backwards by two along the second axis, row 1 alone. */
    {"strided_slice",
     {ONE(45, 5, 5, 0, 2, 0, 0, 1), .tensor = {INT8(1, 0, 2, 2, 4), INTS(2, 1, -1), INTS(2, 2, 0),
                                               INTS(2, 1, -2), INT8(1, 0, 1, 2)}},
     BYTES(1, 2, 3, 4, 5, 6, 7, 8),
     BYTES(8, 6)},
    {"pad",
     {ONE(34, 3, 0, 0), .tensor = {INT8(1, 5, 2, 1, 2), PADS(2, 1, 0, 0, 1), INT8(1, 5, 2, 2, 3)}},
     BYTES(1, 2),
     BYTES(5, 5, 5, 1, 2, 5)},
    {"padv2",
     {ONE(60, 4, 0, 0), .tensor = {INT8(1, 0, 1, 2), PADS(1, 1, 1),
                                   WEIGHTS(((const int8_t[]){-9}), 1, 1, 1), INT8(1, 0, 1, 4)}},
     BYTES(1, 2),
     BYTES(-9, 1, 2, -9)},
    {"transpose",
     {ONE(39, 3, 0, 0), .tensor = {INT8(1, 0, 2, 2, 3), INTS(2, 1, 0), INT8(1, 0, 2, 3, 2)}},
     BYTES(1, 2, 3, 4, 5, 6),
     BYTES(1, 4, 2, 5, 3, 6)},
    /* 1/2 of equal ones, all and nothing of distant ones. */
    {"softmax",
     {ONE(25, 2, 1, 0x3f800000), .tensor = {INT8(1, 0, 2, 2, 2), INT8(1.0f / 256, -128, 2, 2, 2)}},
     BYTES(3, 3, 100, -100),
     BYTES(0, 0, 127, -128)},
    {"logistic",
     {ONE(14, 2, 0, 0), .tensor = {INT8(1, 0, 1, 3), INT8(1.0f / 256, -128, 1, 3)}},
     BYTES(0, 127, -128),
     BYTES(0, 127, -128)},
    {"tanh",
     {ONE(28, 2, 0, 0), .tensor = {INT8(1, 0, 1, 3), INT8(1.0f / 128, 0, 1, 3)}},
     BYTES(0, 127, -128),
     BYTES(0, 127, -128)},
    {"minimum",
     {ONE(57, 3, 0, 0),
      .tensor = {INT8(1, 0, 1, 4), WEIGHTS(((const int8_t[]){3, -9, 0, 127}), 4, 1, 4),
                 INT8(1, 0, 1, 4)}},
     BYTES(4, -8, 0, -128),
     BYTES(3, -9, 0, -128)},
    /* Of stored uint8 values: 200 (-56) is more than 3. */
    {"maximum",
     {ONE(55, 3, 0, 0), .tensor = {UINT8(1, 9, 1, 2),
                                   {.type = MENDLITE_TYPE_UINT8,
                                    .rank = 1,
                                    .dims = {1},
                                    .scales = 1,
                                    .scale = {1},
                                    .constant = (const uint8_t[]){7},
                                    .constant_size = 1},
                                   UINT8(1, 9, 1, 2)}},
     BYTES(3, -56),
     BYTES(7, -56)},
    /* (5 - 3)^2 and (-4 - 3)^2; 103^2 saturates. */
    {"squared_difference",
     {ONE(99, 3, 0, 0),
      .tensor = {INT8(1, 0, 1, 3), WEIGHTS(((const int8_t[]){3}), 1, 1, 1), INT8(1, 0, 1, 3)}},
     BYTES(5, -4, -100),
     BYTES(4, 49, 127)},
    /* -4 * 3 and -5 * -2. */
    {"prelu",
     {ONE(54, 3, 0, 0), .tensor = {INT8(1, 0, 2, 2, 2), WEIGHTS(((const int8_t[]){3, -2}), 2, 1, 2),
                                   INT8(1, 0, 2, 2, 2)}},
     BYTES(7, 6, -4, -5),
     BYTES(7, 6, -12, 10)},
    /* 1 2 times the columns 3 4 and 5 6, and its negative. */
    {"batch_matmul",
     {ONE(126, 3, 2, 0, 1),
      .tensor = {INT8(1, 0, 2, 2, 2), WEIGHTS(((const int8_t[]){3, 4, 5, 6}), 4, 2, 2, 2),
                 INT8(1, 0, 2, 2, 2)}},
     BYTES(1, 2, -1, -2),
     BYTES(11, 17, -11, -17)},
    {"reduce_max",
     {ONE(82, 3, 1, 0), .tensor = {INT8(1, 0, 2, 2, 3), INTS(1, -1), INT8(1, 0, 1, 2)}},
     BYTES(1, 9, 3, -8, -7, -9),
     BYTES(9, -7)},
    {"reduce_min",
     {ONE(89, 3, 1, 1), .tensor = {UINT8(1, 0, 2, 2, 3), INTS(1, 0), UINT8(1, 0, 2, 1, 3)}},
     BYTES(1, 9, 3, -8, 7, -9),
     BYTES(1, 7, 3)},
    /* 2^31 - 1 and 1 are -2^31. */
    {"sum",
     {ONE(74, 3, 1, 0), .tensor = {WHOLE(1, 2), INTS(1, 0), WHOLE(0, 0)}},
     BYTES(-1, -1, -1, 127, 1, 0, 0, 0),
     BYTES(0, 0, 0, -128)},
    /* Of equal values the first, along the first of two axes. */
    {"arg_max",
     {ONE(56, 3, 1, 2), .tensor = {INT8(1, 0, 2, 3, 2), INTS(1, 0), WHOLE(1, 2)}},
     BYTES(4, -3, 4, -2, 1, -1),
     BYTES(0, 0, 0, 0, 2, 0, 0, 0)},
    /* From behind, each without itself. */
    {"cumsum",
     {ONE(128, 3, 2, 1, 1), .tensor = {WHOLE(1, 3), INTS(1, 0), WHOLE(1, 3)}},
     BYTES(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0),
     BYTES(5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0)},
    /* 3 / 5 and 4 / 5 of 128; a row of zeros stays one. */
    {"l2_normalization",
     {ONE(11, 2, 1, 0), .tensor = {INT8(1, 0, 2, 2, 2), INT8(1.0f / 128, 0, 2, 2, 2)}},
     BYTES(3, -4, 0, 0),
     BYTES(77, -102, 0, 0)},
    /* Half of what is below 0. */
    {"leaky_relu",
     {ONE(98, 2, 1, 0x3f000000), .tensor = {INT8(1, 0, 1, 4), INT8(1, 1, 1, 4)}},
     BYTES(7, 127, 0, -8),
     BYTES(8, 127, 1, -3)},
    /* x (x + 3) / 6 between -3 and 3 in halves: 1.5 * 4.5 / 6 = 1.125, 2 of them; nothing and all
     * beyond. */
    {"hard_swish",
     {ONE(117, 2, 0, 0), .tensor = {INT8(0.5f, 0, 1, 4), INT8(0.5f, 0, 1, 4)}},
     BYTES(3, -6, -100, 100),
     BYTES(2, 0, 0, 100)},
    /* e^-1 - 1 = -0.632, in hundredths. */
    {"elu",
     {ONE(111, 2, 0, 0), .tensor = {INT8(0.5f, 0, 1, 3), INT8(0.01f, 0, 1, 3)}},
     BYTES(-2, 0, 1),
     BYTES(-63, 0, 50)},
    /* 2 * 0.97725 = 1.9545, in tenths; both forms agree that far. */
    {"gelu",
     {ONE(150, 2, 1, 0), .tensor = {INT8(1, 0, 1, 3), INT8(0.1f, 0, 1, 3)}},
     BYTES(2, 0, -100),
     BYTES(20, 0, 0)},
    {"exp",
     {ONE(47, 2, 0, 0), .tensor = {INT8(0.125f, 0, 1, 3), INT8(0.1f, 0, 1, 3)}},
     BYTES(16, 0, -100),
     BYTES(74, 10, 0)},
    /* Of 0 the least value. */
    {"log",
     {ONE(73, 2, 0, 0), .tensor = {INT8(1, 0, 1, 3), INT8(0.1f, 0, 1, 3)}},
     BYTES(2, 1, 0),
     BYTES(7, 0, -128)},
    /* Cut: the root of 8 is 2.83. */
    {"sqrt",
     {ONE(75, 2, 0, 0), .tensor = {INT8(1, -128, 1, 3), INT8(1, 0, 1, 3)}},
     BYTES(-128, -120, -28),
     BYTES(0, 2, 10)},
    /* 1 / 2 and 1 / 10 in hundredths; of 0 the largest value. */
    {"rsqrt",
     {ONE(76, 2, 0, 0), .tensor = {INT8(1, -128, 1, 3), INT8(0.01f, 0, 1, 3)}},
     BYTES(-128, -124, -28),
     BYTES(127, 50, 10)},
    /* uint8, 3 - 128 and 200 - 100, in steps of 1. */
    {"add_uint8",
     {ONE(0, 3, 1, 0), .tensor = {UINT8(1, 128, 1, 2),
                                  {.type = MENDLITE_TYPE_UINT8,
                                   .rank = 1,
                                   .dims = {1},
                                   .scales = 1,
                                   .scale = {1},
                                   .zero_point = 100,
                                   .constant = (const uint8_t[]){200},
                                   .constant_size = 1},
                                  UINT8(1, 0, 1, 2)}},
     BYTES(3, -56),
     BYTES(0, -84)},
    /* (250 + 253 + 2) / 3 = 168.3 of uint8. */
    {"average_pool_uint8",
     {ONE(1, 2, 6, VALID, 1, 1, 3, 1, 0),
      .tensor = {UINT8(1, 5, 4, 1, 1, 3, 1), UINT8(1, 5, 4, 1, 1, 1, 1)}},
     BYTES(-6, -3, 2),
     BYTES(-88)},
    /* A value and itself, in steps of 3, which is no power of two. */
    {"add_int16",
     {ITSELF(0, 2, 0, 0), .tensor = {INT16(3, 1, 2), INT16(3, 1, 2)}},
     WORDS(30000, -5),
     WORDS(32767, -10)},
    {"mul_int16",
     {ITSELF(18, 1, 0), .tensor = {INT16(0.5f, 1, 2), INT16(0.25f, 1, 2)}},
     WORDS(300, -4),
     WORDS(32767, 16)},
    {"mean_int16",
     {ONE(40, 3, 1, 0), .tensor = {INT16(1, 2, 1, 2), INTS(1, -1), INT16(1, 1, 1)}},
     WORDS(30000, 30002),
     WORDS(30001)},
    /* 1/2 of 2^15, and the curve's ends: 2^15 - 1 and what that leaves. */
    {"logistic_int16",
     {ONE(14, 2, 0, 0), .tensor = {INT16(1.0f / 2048, 1, 3), INT16(1.0f / 32768, 1, 3)}},
     WORDS(0, 32767, -32768),
     WORDS(16384, 32767, 1)},
    {"tanh_int16",
     {ONE(28, 2, 0, 0), .tensor = {INT16(1.0f / 2048, 1, 3), INT16(1.0f / 32768, 1, 3)}},
     WORDS(0, 32767, -32768),
     WORDS(0, 32767, -32767)},
    {"softmax_int16",
     {ONE(25, 2, 1, 0x3f800000), .tensor = {INT16(1.0f / 2048, 1, 2), INT16(1.0f / 32768, 1, 2)}},
     WORDS(5, 5),
     WORDS(16384, 16384)},
    {"leaky_relu_int16",
     {ONE(98, 2, 1, 0x3f000000), .tensor = {INT16(1, 1, 2), INT16(1, 1, 2)}},
     WORDS(30000, -30000),
     WORDS(30000, -15000)},
    {"widened",
     {ONE(114, 2, 0, 0), .tensor = {INT8(1, 28, 1, 2), INT16(0.5f, 1, 2)}},
     BYTES(100, -128),
     WORDS(144, -312)},
    {"narrowed",
     {ONE(114, 2, 0, 0), .tensor = {INT16(0.5f, 1, 3), INT8(1, 0, 1, 3)}},
     WORDS(144, 30000, -6),
     BYTES(72, 127, -3)},
    {"relu",
     {ONE(19, 2, 0, 0), .tensor = {INT8(2, 0, 1, 4), INT8(1, 1, 1, 4)}},
     BYTES(-5, 0, 3, 100),
     BYTES(1, 1, 7, 127)},
    {"relu6",
     {ONE(21, 2, 0, 0), .tensor = {INT8(1, 0, 1, 4), INT8(1, 0, 1, 4)}},
     BYTES(-5, 5, 6, 7),
     BYTES(0, 5, 6, 6)},
    {"relu_n1_to_1",
     {ONE(20, 2, 0, 0), .tensor = {INT8(1, 0, 1, 4), INT8(0.5f, 0, 1, 4)}},
     BYTES(-5, -1, 0, 7),
     BYTES(-2, -2, 0, 2)},
    /* 1.5, -2.5, NaN and 3e38, little-endian: ties go away from zero. */
    {"quantize",
     {ONE(114, 2, 0, 0),
      .tensor = {{.type = MENDLITE_TYPE_FLOAT32, .rank = 1, .dims = {4}}, INT8(1, 1, 1, 4)}},
     BYTES(0, 0, -64, 63, 0, 0, 32, -64, 0, 0, -64, 127, 0, 0, 97, 127),
     BYTES(3, -2, -128, 127)},
    {"requantize",
     {ONE(114, 2, 0, 0), .tensor = {INT8(2, 1, 1, 3), INT8(1, 0, 1, 3)}},
     BYTES(1, 4, -100),
     BYTES(0, 6, -128)},
    {"dequantize",
     {ONE(6, 2, 0, 0),
      .tensor = {INT8(0.5f, 1, 1, 2), {.type = MENDLITE_TYPE_FLOAT32, .rank = 1, .dims = {2}}}},
     BYTES(4, -1),
     BYTES(0, 0, -64, 63, 0, 0, -128, -65)},
};

const uint32_t op_models_count = sizeof op_models / sizeof op_models[0];

const struct op_model *op_model_of(const char *name) {
  for (uint32_t i = 0; i < op_models_count; i++) {
    if (strcmp(op_models[i].name, name) == 0) {
      return &op_models[i];
    }
  }
  abort();
}
