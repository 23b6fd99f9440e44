/* TFLite Micro behind engine.h.
 *
 * The arena holds, from its start: struct mendlite_engine with the resolver and the interpreter,
 * then what the interpreter is given as its own arena. No heap, no exceptions, no RTTI.
 */
#include <stddef.h>
#include <stdint.h>

#include <new>

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"

#include "engine/engine.h"

#include "status.h"
#include "tflm/check.h"

#include "tflm/operators.h"

const char mendlite_engine_name[] = "tflite-micro";

/* TFLite Micro's tensors share the arena, and nobody is told between two operators. Built to keep
 * them it gives each tensor bytes of its own, which takes more arena. */
#ifdef MENDLITE_TFLM_KEEP_TENSORS
#define KEEPS_TENSORS true
#else
#define KEEPS_TENSORS false
#endif

const bool mendlite_engine_shows_tensors = KEEPS_TENSORS;

/* All but dense layers with scales per channel, which its kernel refuses. */
const bool mendlite_engine_runs_int4 = true;

/* The resolver has no operators of variables. */
const bool mendlite_engine_keeps_state = false;

namespace {

using mendlite_tflm::Resolver;

constexpr uint32_t ALIGNMENT = 16;

/* The interpreter's constructor places objects of its own in the arena and does not ask whether
 * they fit: about a kilobyte. */
constexpr uint32_t LEAST_ROOM = 4096;

/* What a kernel borrows while it is prepared, unasked as well: a few tensors with a zero-point for
 * each channel. */
constexpr uint32_t BORROWED = 1024;
constexpr uint32_t BORROWED_PER_CHANNEL = 16;

constexpr uint32_t aligned(uint32_t size) { return (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1); }

}  // namespace

struct mendlite_engine {
  Resolver resolver;
  alignas(tflite::MicroInterpreter) uint8_t storage[sizeof(tflite::MicroInterpreter)];
  tflite::MicroInterpreter *interpreter;
  const tflite::Model *model;
  /* The same file, for our own readers. */
  struct mendlite_model read;
  uint8_t *room;
  uint32_t used;
};

namespace {

constexpr uint32_t ENGINE_SIZE = aligned(sizeof(struct mendlite_engine));

bool runs(const void *context, int32_t code) {
  const Resolver *resolver = static_cast<const Resolver *>(context);
  return resolver->FindOp(static_cast<tflite::BuiltinOperator>(code)) != nullptr;
}

/* Makes the interpreter anew, with so much room. The one before is not destroyed: it owns nothing
 * outside the arena. */
bool start(struct mendlite_engine *engine, uint32_t room) {
  engine->interpreter = new (engine->storage) tflite::MicroInterpreter(
      engine->model, engine->resolver, engine->room, room, nullptr, nullptr, KEEPS_TENSORS);
  engine->used = ENGINE_SIZE + room;
  return engine->interpreter->AllocateTensors() == kTfLiteOk;
}

/* TFLM fills its arena from both ends, and samples and results are to lie behind it: it is started
 * again with what it used and what it borrowed. Planning can take a little more yet. */
bool shrink(struct mendlite_engine *engine, uint32_t room, uint32_t borrowed) {
  uint32_t wanted = aligned((uint32_t)engine->interpreter->arena_used_bytes() + borrowed);
  wanted = wanted < LEAST_ROOM ? LEAST_ROOM : wanted;
  for (; wanted < room; wanted += aligned(wanted / 16)) {
    if (start(engine, wanted)) {
      return true;
    }
  }
  return start(engine, room);
}

/* Starts the model in so little of the room as it takes. */
int settle(struct mendlite_engine *engine, const struct mendlite_check *check, uint32_t room) {
  uint32_t borrowed = BORROWED + BORROWED_PER_CHANNEL * check->channels;
  if (room < LEAST_ROOM + check->least + borrowed) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  if (!start(engine, room)) {
    /* TFLM has one error for a kernel that refuses and for want of room; its log tells which. */
    return room < check->plenty ? MENDLITE_STATUS_NO_ROOM : MENDLITE_STATUS_UNSUPPORTED;
  }
  return shrink(engine, room, borrowed) ? MENDLITE_STATUS_OK : MENDLITE_STATUS_NO_ROOM;
}

struct mendlite_engine_values values_of(const TfLiteTensor *tensor) {
  struct mendlite_engine_values values = {nullptr, 0};
  if (tensor != nullptr) {
    values.data = tensor->data.uint8;
    values.size = (uint32_t)tensor->bytes;
  }
  return values;
}

struct mendlite_engine_quantization quantization_of(const TfLiteTensor *tensor) {
  struct mendlite_engine_quantization quantization = {0, 0};
  if (tensor != nullptr && tensor->type == kTfLiteInt8) {
    quantization.scale = tensor->params.scale;
    quantization.zero_point = tensor->params.zero_point;
  }
  return quantization;
}

/* Input or output n; NULL where the model has none. TFLM would log that. */
const TfLiteTensor *input_of(const struct mendlite_engine *engine, uint32_t n) {
  return n < mendlite_engine_inputs(engine) ? engine->interpreter->input(n) : nullptr;
}

const TfLiteTensor *output_of(const struct mendlite_engine *engine, uint32_t n) {
  return n < mendlite_engine_outputs(engine) ? engine->interpreter->output(n) : nullptr;
}

/* Calls a function with each tensor that an operator writes, in the operators' order, until it
 * returns false. The indices were checked when the model was opened. */
template <typename Each>
void each_written(const struct mendlite_engine *engine, Each each) {
  for (uint32_t i = 0; i < engine->read.operators.length; i++) {
    struct mendlite_node node;
    if (mendlite_model_node(&engine->read, i, &node) < 0) {
      return;
    }
    for (uint32_t n = 0; n < node.outputs.length; n++) {
      int32_t index;
      if (mendlite_fb_i32_in(&engine->read.file, &node.outputs, n, &index) < 0 || !each(index)) {
        return;
      }
    }
  }
}

bool computed(const struct mendlite_engine *engine, int32_t tensor) {
  bool found = false;
  each_written(engine, [&](int32_t index) {
    found = index == tensor;
    return !found;
  });
  return found;
}

void show_tensors(const struct mendlite_engine *engine, mendlite_engine_observer *observer,
                  void *context) {
  each_written(engine, [&](int32_t index) {
    struct mendlite_tensor tensor;
    const TfLiteEvalTensor *kept = engine->interpreter->GetTensor(index);
    if (kept != nullptr && mendlite_model_tensor(&engine->read, index, &tensor) == 0) {
      observer(context, index, kept->data.uint8, tensor.bytes);
    }
    return true;
  });
}

}  // namespace

bool mendlite_engine_reset(struct mendlite_engine *engine) {
  (void)engine;
  return false;
}

int mendlite_engine_open(struct mendlite_engine **engine, const uint8_t *model, uint32_t size,
                         uint8_t *arena, uint32_t arena_size, enum mendlite_profile profile,
                         int32_t *failed_operator) {
  *failed_operator = -1;
  /* Which of the two its dense layers follow is a matter of the release that was built in. */
  if (profile != MENDLITE_PROFILE_TFLM && profile != MENDLITE_PROFILE_TFLM_2026_10) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  flatbuffers::Verifier verifier(model, size);
  if (!tflite::VerifyModelBuffer(verifier)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  if (arena_size < ENGINE_SIZE + LEAST_ROOM) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  uint32_t room = arena_size - ENGINE_SIZE;
  struct mendlite_engine *made = new (arena) struct mendlite_engine;
  made->model = tflite::GetModel(model);
  made->room = arena + ENGINE_SIZE;
  if (!mendlite_tflm::add_operators(&made->resolver)) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  struct mendlite_check check;
  check.runs = runs;
  check.context = &made->resolver;
  check.known = made->room;
  check.known_size = room;
  int status = mendlite_check_model(&check, model, size, failed_operator);
  if (status == MENDLITE_STATUS_OK) {
    made->read = check.model;
    status = settle(made, &check, room);
  }
  *engine = status == MENDLITE_STATUS_OK ? made : nullptr;
  return status;
}

uint32_t mendlite_engine_arena_used(const struct mendlite_engine *engine) { return engine->used; }

uint32_t mendlite_engine_inputs(const struct mendlite_engine *engine) {
  return (uint32_t)engine->interpreter->inputs_size();
}

uint32_t mendlite_engine_outputs(const struct mendlite_engine *engine) {
  return (uint32_t)engine->interpreter->outputs_size();
}

struct mendlite_engine_values mendlite_engine_input(const struct mendlite_engine *engine,
                                                    uint32_t n) {
  return values_of(input_of(engine, n));
}

struct mendlite_engine_values mendlite_engine_output(const struct mendlite_engine *engine,
                                                     uint32_t n) {
  return values_of(output_of(engine, n));
}

struct mendlite_engine_quantization mendlite_engine_input_quantization(
    const struct mendlite_engine *engine, uint32_t n) {
  return quantization_of(input_of(engine, n));
}

struct mendlite_engine_quantization mendlite_engine_output_quantization(
    const struct mendlite_engine *engine, uint32_t n) {
  return quantization_of(output_of(engine, n));
}

uint32_t mendlite_engine_tensor_size(const struct mendlite_engine *engine, int32_t tensor) {
  struct mendlite_tensor found;
  if (!KEEPS_TENSORS || mendlite_model_tensor(&engine->read, tensor, &found) < 0 ||
      found.constant != nullptr || !computed(engine, tensor)) {
    return 0;
  }
  return found.bytes;
}

int mendlite_engine_run(struct mendlite_engine *engine, mendlite_engine_observer *observer,
                        void *context) {
  if (engine->interpreter->Invoke() != kTfLiteOk) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (KEEPS_TENSORS && observer != nullptr) {
    show_tensors(engine, observer, context);
  }
  return MENDLITE_STATUS_OK;
}
