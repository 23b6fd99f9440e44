/* Small .tflite files made field by field, sound or as broken as a test wants them. */
#ifndef MENDLITE_MODEL_MAKER_H
#define MENDLITE_MODEL_MAKER_H

#include <stdbool.h>
#include <stdint.h>

enum { MADE_RANK = 8, MADE_TENSORS = 6, MADE_OPERANDS = 4, MADE_OPTIONS = 8 };

struct made_tensor {
  uint8_t type;
  uint32_t rank;
  int32_t dims[MADE_RANK];
  /* None, one, or one per channel. */
  uint32_t scales;
  float scale[4];
  int32_t zero_point;
  /* NULL where the model computes the tensor. */
  const void *constant;
  uint32_t constant_size;
  bool variable;
  /* Which axis the scales belong to. */
  uint32_t axis;
  /* The constant lies behind the flatbuffer, which has its offset and size, larger by so much. */
  bool outside;
  uint32_t beyond;
};

struct made_operator {
  int32_t code;
  /* The old field of its code, an int8: where it is 0, the code itself as far as it goes. Fields of
   * its code that are left out, one bit each. */
  int32_t old_code;
  uint32_t code_absent;
  uint32_t inputs;
  int32_t input[MADE_OPERANDS];
  uint32_t outputs;
  int32_t output[MADE_OPERANDS];
  /* Fields 0 ... options - 1 of its options table; a byte is the lowest of its four, and where a
   * bit is set, a field is a vector of that one int32. The table is its own, or one of this number.
   */
  uint32_t vectors;
  uint32_t options_type;
  uint32_t options;
  int32_t option[MADE_OPTIONS];
};

struct made_model {
  uint32_t tensors;
  struct made_tensor tensor[MADE_TENSORS];
  uint32_t operators;
  struct made_operator op[2];
  uint32_t inputs;
  int32_t input[MADE_OPERANDS];
  uint32_t outputs;
  int32_t output[MADE_OPERANDS];
};

/* Bytes that the largest of them needs. */
enum { MADE_ROOM = 65536 };

/* Writes the file and returns its size; one that does not fit ends the test. */
uint32_t make_model(const struct made_model *model, uint8_t file[MADE_ROOM]);

#endif
