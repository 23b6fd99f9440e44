/* What stands in for TFLite Micro's library: it has the API's shape, TFLM's habits with memory, and
 * mendlite's own kernels, compiled into this library under other names (engine_names.h). It trusts
 * models, as TFLM does.
 *
 * STUB_PROFILE is the rounding of its kernels; STUB_POOL_BUG plants a bug in pools: each
 * fourth value of its output is seven steps larger. */
#include <stdio.h>
#include <string.h>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"

#include "engine/model.h"

extern "C" {
/* How many models were verified; whether kernels refuse whatever they are given. */
extern int stub_verified;
extern bool stub_refuses;
}

#include "engine/engine.h"

#ifndef STUB_PROFILE
#define STUB_PROFILE MENDLITE_PROFILE_TFLM
#endif

namespace {

/* What planning takes and gives back. */
constexpr size_t PLANNING = 2048;
constexpr size_t ALIGNMENT = 16;

size_t aligned(size_t size) { return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

/* Bytes of the model that was verified last: the interpreter is not told how long its model is. */
uint32_t length;

bool open(const tflite::Model *from, struct mendlite_model *model) {
  return mendlite_model_open(model, reinterpret_cast<const uint8_t *>(from), length) == 0;
}

struct noting {
  const struct mendlite_model *model;
  TfLiteEvalTensor *kept;
};

#ifdef STUB_POOL_BUG
constexpr int32_t AVERAGE_POOL_2D = 1;
constexpr int32_t MAX_POOL_2D = 17;

bool pooled(const struct mendlite_model *model, int32_t tensor) {
  for (uint32_t i = 0; i < model->operators.length; i++) {
    struct mendlite_node node;
    int32_t written;
    if (mendlite_model_node(model, i, &node) == 0 &&
        (node.code == AVERAGE_POOL_2D || node.code == MAX_POOL_2D) &&
        mendlite_fb_i32_in(&model->file, &node.outputs, 0, &written) >= 0 && written == tensor) {
      return true;
    }
  }
  return false;
}

/* The engine's own bytes, which the next operator reads. */
void spoil(const struct mendlite_model *model, int32_t tensor, const uint8_t *data, uint32_t size) {
  int8_t *values = reinterpret_cast<int8_t *>(const_cast<uint8_t *>(data));
  for (uint32_t i = 0; pooled(model, tensor) && i < size; i += 4) {
    values[i] = static_cast<int8_t>(values[i] > 120 ? 127 : values[i] + 7);
  }
}
#else
void spoil(const struct mendlite_model *, int32_t, const uint8_t *, uint32_t) {}
#endif

void note(void *context, int32_t tensor, const uint8_t *data, uint32_t size) {
  const struct noting *noting = static_cast<const struct noting *>(context);
  spoil(noting->model, tensor, data, size);
  if (noting->kept != nullptr && noting->kept[tensor].data.data != nullptr) {
    memcpy(noting->kept[tensor].data.data, data, size);
  }
}

}  // namespace

int stub_verified;
bool stub_refuses;

#ifndef TF_LITE_STRIP_ERROR_STRINGS
void MicroPrintf(const char *, ...) {}
#endif

namespace tflite {

const Model *GetModel(const void *buf) { return static_cast<const Model *>(buf); }

bool VerifyModelBuffer(flatbuffers::Verifier &verifier) {
  stub_verified++;
  length = static_cast<uint32_t>(verifier.size);
  return verifier.size >= 8 && memcmp(verifier.data + 4, "TFL3", 4) == 0;
}

MicroInterpreter::MicroInterpreter(const Model *from, const MicroOpResolver &op_resolver,
                                   uint8_t *tensor_arena, size_t tensor_arena_size,
                                   MicroResourceVariables *, MicroProfilerInterface *,
                                   bool preserve_all_tensors)
    : model(from),
      resolver(op_resolver),
      arena(tensor_arena),
      size(tensor_arena_size),
      preserve(preserve_all_tensors) {}

MicroInterpreter::~MicroInterpreter() {}

uint8_t *MicroInterpreter::take_head(size_t wanted) {
  uint8_t *taken = arena + head;
  wanted = aligned(wanted);
  if (wanted > size - tail - head) {
    return nullptr;
  }
  head += wanted;
  return taken;
}

uint8_t *MicroInterpreter::take_tail(size_t wanted) {
  wanted = aligned(wanted);
  if (wanted > size - tail - head) {
    return nullptr;
  }
  tail += wanted;
  return arena + size - tail;
}

TfLiteTensor *MicroInterpreter::make_tensors(const void *indices, size_t count, bool written) {
  const struct mendlite_vector *all = static_cast<const struct mendlite_vector *>(indices);
  struct mendlite_model read;
  uint8_t *place = take_tail(count * sizeof(TfLiteTensor));
  TfLiteTensor *made = reinterpret_cast<TfLiteTensor *>(static_cast<void *>(place));
  if (made == nullptr || !open(model, &read)) {
    return nullptr;
  }
  for (size_t i = 0; i < count; i++) {
    int32_t index;
    struct mendlite_tensor tensor;
    if (mendlite_fb_i32_in(&read.file, all, static_cast<uint32_t>(i), &index) < 0 ||
        mendlite_model_tensor(&read, index, &tensor) < 0) {
      return nullptr;
    }
    const struct mendlite_engine *behind = static_cast<const struct mendlite_engine *>(engine);
    struct mendlite_engine_values values =
        written ? mendlite_engine_output(behind, static_cast<uint32_t>(i))
                : mendlite_engine_input(behind, static_cast<uint32_t>(i));
    made[i].params = {tensor.scale, tensor.zero_point};
    made[i].bytes = tensor.bytes;
    made[i].type = tensor.type == MENDLITE_TYPE_INT8 ? kTfLiteInt8 : kTfLiteNoType;
    made[i].data.uint8 = values.data;
  }
  return made;
}

/* A place of its own for each computed tensor, or the one that says that its values are gone. */
bool MicroInterpreter::keep_tensors() {
  struct mendlite_model read;
  if (!open(model, &read)) {
    return false;
  }
  uint8_t *place = take_tail(read.tensors.length * sizeof(TfLiteEvalTensor));
  kept = reinterpret_cast<TfLiteEvalTensor *>(static_cast<void *>(place));
  for (uint32_t i = 0; kept != nullptr && i < read.tensors.length; i++) {
    struct mendlite_tensor tensor;
    kept[i].data.data = nullptr;
    if (mendlite_model_tensor(&read, static_cast<int32_t>(i), &tensor) < 0 ||
        tensor.constant != nullptr) {
      continue;
    }
    kept[i].data.uint8 = take_head(tensor.bytes);
    if (kept[i].data.uint8 == nullptr) {
      return false;
    }
    memset(kept[i].data.uint8, 0x5a, tensor.bytes);
  }
  return kept != nullptr;
}

TfLiteStatus MicroInterpreter::AllocateTensors() {
  struct mendlite_model read;
  if (stub_refuses || !open(model, &read) || (preserve && !keep_tensors())) {
    return kTfLiteError;
  }
  struct mendlite_engine *behind;
  int32_t failed;
  uint8_t *room = arena + head;
  if (size < head + tail + PLANNING ||
      mendlite_engine_open(&behind, reinterpret_cast<const uint8_t *>(model), length, room,
                           static_cast<uint32_t>(size - head - tail - PLANNING), STUB_PROFILE,
                           &failed) != 0) {
    return kTfLiteError;
  }
  engine = behind;
  take_head(mendlite_engine_arena_used(behind));
  input_count = read.inputs.length;
  output_count = read.outputs.length;
  inputs = make_tensors(&read.inputs, input_count, false);
  outputs = make_tensors(&read.outputs, output_count, true);
  ready = inputs != nullptr && outputs != nullptr;
  return ready ? kTfLiteOk : kTfLiteError;
}

TfLiteStatus MicroInterpreter::Invoke() {
  struct mendlite_model read;
  if (!ready || !open(model, &read)) {
    return kTfLiteError;
  }
  struct noting noting = {&read, kept};
  return mendlite_engine_run(static_cast<struct mendlite_engine *>(engine), note, &noting) == 0
             ? kTfLiteOk
             : kTfLiteError;
}

TfLiteTensor *MicroInterpreter::input(size_t index) { return &inputs[index]; }

TfLiteTensor *MicroInterpreter::output(size_t index) { return &outputs[index]; }

TfLiteEvalTensor *MicroInterpreter::GetTensor(int tensor_index, int) {
  return kept == nullptr ? nullptr : &kept[tensor_index];
}

}  // namespace tflite
