/* Every operator on the small model that op_models.c has for it, in every profile. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "engine/engine.h"
#include "op_models.h"
#include "status.h"

enum { ARENA = 4096 };

static void run_op(const struct op_model *one, enum mendlite_profile profile) {
  static uint8_t file[MADE_ROOM];
  static _Alignas(16) uint8_t arena[ARENA];
  struct mendlite_engine *engine;
  int32_t failed_operator;
  uint32_t size = make_model(&one->model, file);
  int status = mendlite_engine_open(&engine, file, size, arena, ARENA, profile, &failed_operator);
  if (status != MENDLITE_STATUS_OK) {
    fail_msg("%s: status %d", one->name, status);
  }
  struct mendlite_engine_values input = mendlite_engine_input(engine, 0);
  struct mendlite_engine_values output = mendlite_engine_output(engine, 0);
  assert_int_equal(input.size, one->input_size);
  assert_int_equal(output.size, one->output_size);
  memcpy(input.data, one->input, input.size);
  assert_int_equal(mendlite_engine_run(engine, NULL, NULL), MENDLITE_STATUS_OK);
  for (uint32_t i = 0; i < output.size; i++) {
    int expected = ((const int8_t *)one->output)[i];
    if ((int8_t)output.data[i] != expected) {
      fail_msg("%s: profile %d, byte %u is %d, not %d", one->name, (int)profile, i,
               (int8_t)output.data[i], expected);
    }
  }
}

static void computes_what_hands_do(void **state) {
  (void)state;
  for (uint32_t i = 0; i < op_models_count; i++) {
    run_op(&op_models[i], MENDLITE_PROFILE_TFLITE_REF);
    run_op(&op_models[i], MENDLITE_PROFILE_TFLM);
    run_op(&op_models[i], MENDLITE_PROFILE_SINGLE);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(computes_what_hands_do),
  };
  return RUN(tests);
}
