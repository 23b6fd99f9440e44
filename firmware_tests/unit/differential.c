/* The engine as a filter, for tests that compare it with the host's kernels: models and inputs on
 * standard input, every tensor that it computes on standard output.
 *
 * A request: u32 sizes of the model and of one sample, u32 samples, u32 profile, u32 samples of a
 * recording; the model; the samples, each the values of all inputs in their order. An answer: i32
 * status, i32 operator at fault (-1: none), and where the status is 0: u32 tensors; i32 index and
 * u32 bytes of each; for every sample i32 status and, where it is 0, their values. Tensors are all
 * that operators write, then the model's outputs.
 * Numbers are little-endian, and so is this computer. It ends with its input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/integer_engine.h"
#include "status.h"
#include "work.h"

/* Statuses of this program, beside the engine's. */
enum { TOO_MUCH_WORK = 100, OTHER_INPUTS = 101 };

/* Products and copies of one sample, with sanitizers about ten seconds. */
#define MOST_DIFFERENTIAL_WORK (UINT64_C(1) << 30)

/* Bytes in which a model is tried; then it gets just those that it uses. */
enum { LARGEST_ARENA = 64 << 20, ALIGNMENT = 16 };

/* Whatever lay in the arena before. */
enum { OLD_BYTE = 0xa5 };

struct request {
  uint32_t model_size;
  uint32_t sample_size;
  uint32_t samples;
  uint32_t profile;
  uint32_t recording;
};

struct answer {
  int32_t status;
  int32_t failed_operator;
};

static void *room_for(size_t size) {
  void *room = malloc(size > 0 ? size : 1);
  if (room == NULL) {
    abort();
  }
  return room;
}

static uint8_t *receive(size_t size) {
  uint8_t *data = room_for(size);
  if (size > 0 && fread(data, size, 1, stdin) != 1) {
    exit(1);
  }
  return data;
}

static void send(const void *data, size_t size) {
  if (size > 0 && fwrite(data, size, 1, stdout) != 1) {
    exit(1);
  }
}

static uint32_t inputs_size(const struct mendlite_engine *engine) {
  uint32_t size = 0;
  for (uint32_t n = 0; n < mendlite_engine_inputs(engine); n++) {
    size += mendlite_engine_input(engine, n).size;
  }
  return size;
}

/* Opens a model in an arena of its own that has not a byte more than the model uses. */
static struct answer open_model(const struct request *request, const uint8_t *model,
                                uint8_t **arena, struct mendlite_engine **engine) {
  struct answer answer;
  enum mendlite_profile profile = (enum mendlite_profile)request->profile;
  uint8_t *large = room_for(LARGEST_ARENA);
  answer.status = mendlite_engine_open(engine, model, request->model_size, large, LARGEST_ARENA,
                                       profile, &answer.failed_operator);
  uint32_t used = answer.status == MENDLITE_STATUS_OK ? mendlite_engine_arena_used(*engine) : 0;
  free(large);
  if (answer.status != MENDLITE_STATUS_OK) {
    return answer;
  }
  *arena = room_for(used);
  memset(*arena, OLD_BYTE, used);
  answer.status = mendlite_engine_open(engine, model, request->model_size, *arena, used, profile,
                                       &answer.failed_operator);
  if (answer.status != MENDLITE_STATUS_OK || mendlite_engine_arena_used(*engine) != used) {
    abort();
  }
  if (inputs_size(*engine) != request->sample_size) {
    answer.status = OTHER_INPUTS;
  } else if (work_of(*engine) > MOST_DIFFERENTIAL_WORK) {
    answer.status = TOO_MUCH_WORK;
  }
  return answer;
}

/* Goes through the tensors that observers see, in their order; returns how many. Sends index and
 * size of each, where told. */
static uint32_t observed(const struct mendlite_engine *engine, bool sends) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < engine->model.operators.length; i++) {
    struct mendlite_node node;
    int32_t index;
    if (mendlite_model_node(&engine->model, i, &node) < 0) {
      abort();
    }
    for (uint32_t n = 0; mendlite_fb_i32_in(&engine->model.file, &node.outputs, n, &index) > 0;
         n++) {
      uint32_t size = mendlite_engine_tensor_size(engine, index);
      if (size > 0 && sends) {
        send(&index, sizeof index);
        send(&size, sizeof size);
      }
      count += size > 0;
    }
  }
  return count;
}

static void describe(const struct mendlite_engine *engine) {
  uint32_t count = observed(engine, false) + mendlite_engine_outputs(engine);
  send(&count, sizeof count);
  observed(engine, true);
  for (uint32_t n = 0; n < mendlite_engine_outputs(engine); n++) {
    int32_t index = 0;
    uint32_t size = mendlite_engine_output(engine, n).size;
    mendlite_fb_i32_in(&engine->model.file, &engine->model.outputs, n, &index);
    send(&index, sizeof index);
    send(&size, sizeof size);
  }
}

/* Values of one sample. */
struct values {
  uint8_t *data;
  size_t size;
};

static void observe(void *context, int32_t tensor, const uint8_t *data, uint32_t size) {
  (void)tensor;
  struct values *values = context;
  memcpy(values->data + values->size, data, size);
  values->size += size;
}

static size_t observed_size(const struct mendlite_engine *engine) {
  size_t total = 0;
  for (uint32_t i = 0; i < engine->model.tensors.length; i++) {
    total += mendlite_engine_tensor_size(engine, (int32_t)i);
  }
  return total;
}

static void run_sample(struct mendlite_engine *engine, const uint8_t *sample) {
  for (uint32_t n = 0; n < mendlite_engine_inputs(engine); n++) {
    struct mendlite_engine_values input = mendlite_engine_input(engine, n);
    memcpy(input.data, sample, input.size);
    sample += input.size;
  }
  struct values values = {.data = room_for(observed_size(engine)), .size = 0};
  int32_t status = mendlite_engine_run(engine, observe, &values);
  send(&status, sizeof status);
  send(values.data, status == MENDLITE_STATUS_OK ? values.size : 0);
  free(values.data);
  if (status != MENDLITE_STATUS_OK) {
    return;
  }
  for (uint32_t n = 0; n < mendlite_engine_outputs(engine); n++) {
    struct mendlite_engine_values output = mendlite_engine_output(engine, n);
    send(output.data, output.size);
  }
}

static void answer_request(const struct request *request) {
  uint8_t *arena = NULL;
  struct mendlite_engine *engine = NULL;
  uint8_t *model = receive(request->model_size);
  uint8_t *samples = receive((size_t)request->samples * request->sample_size);
  struct answer answer = open_model(request, model, &arena, &engine);
  send(&answer, sizeof answer);
  if (answer.status == MENDLITE_STATUS_OK) {
    describe(engine);
    for (uint32_t i = 0; i < request->samples; i++) {
      if (request->recording > 0 && i % request->recording == 0) {
        mendlite_engine_reset(engine);
      }
      run_sample(engine, samples + (size_t)i * request->sample_size);
    }
  }
  fflush(stdout);
  free(arena);
  free(samples);
  free(model);
}

int main(void) {
  struct request request;
  while (fread(&request, sizeof request, 1, stdin) == 1) {
    answer_request(&request);
  }
  return 0;
}
