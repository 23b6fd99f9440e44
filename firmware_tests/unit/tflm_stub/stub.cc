/* What stands in for TFLite Micro's library: it has the API's shape and TFLM's habits with memory,
 * and no kernels. It reads models with the firmware's own reader, which the firmware links anyway,
 * and trusts them, as TFLM does. */
#include <string.h>

#include "tensorflow/lite/micro/micro_interpreter.h"

extern "C" {
#include "engine/model.h"
/* How many models were verified; whether kernels refuse whatever they are given. */
extern int stub_verified;
extern bool stub_refuses;
}

namespace {

/* What planning takes and gives back. */
constexpr size_t PLANNING = 2048;
constexpr size_t ALIGNMENT = 16;

size_t aligned(size_t size) { return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

/* The interpreter is not told how long the model is. */
bool open(const tflite::Model *from, struct mendlite_model *model) {
  return mendlite_model_open(model, reinterpret_cast<const uint8_t *>(from), INT32_MAX) == 0;
}

}  // namespace

int stub_verified;
bool stub_refuses;

namespace tflite {

const Model *GetModel(const void *buf) { return static_cast<const Model *>(buf); }

bool VerifyModelBuffer(flatbuffers::Verifier &verifier) {
  stub_verified++;
  return verifier.size >= 8 && memcmp(verifier.data + 4, "TFL3", 4) == 0;
}

MicroInterpreter::MicroInterpreter(const Model *from, const MicroOpResolver &,
                                   uint8_t *tensor_arena, size_t tensor_arena_size,
                                   MicroResourceVariables *, MicroProfilerInterface *, bool)
    : model(from), arena(tensor_arena), size(tensor_arena_size) {}

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

TfLiteTensor *MicroInterpreter::make_tensors(const void *indices, size_t count) {
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
    made[i].params = {tensor.scale, tensor.zero_point};
    made[i].bytes = tensor.bytes;
    made[i].type = tensor.type == MENDLITE_TYPE_INT8 ? kTfLiteInt8 : kTfLiteNoType;
    made[i].data.uint8 = take_head(tensor.bytes);
    if (made[i].data.uint8 == nullptr) {
      return nullptr;
    }
  }
  return made;
}

TfLiteStatus MicroInterpreter::AllocateTensors() {
  struct mendlite_model read;
  if (stub_refuses || !open(model, &read)) {
    return kTfLiteError;
  }
  input_count = read.inputs.length;
  output_count = read.outputs.length;
  inputs = make_tensors(&read.inputs, input_count);
  outputs = make_tensors(&read.outputs, output_count);
  ready = inputs != nullptr && outputs != nullptr && size - head - tail >= PLANNING;
  return ready ? kTfLiteOk : kTfLiteError;
}

TfLiteStatus MicroInterpreter::Invoke() {
  if (!ready) {
    return kTfLiteError;
  }
  const TfLiteTensor &from = inputs[0];
  for (size_t i = 0; i < output_count; i++) {
    TfLiteTensor &to = outputs[i];
    size_t both = from.bytes < to.bytes ? from.bytes : to.bytes;
    memset(to.data.uint8, 0, to.bytes);
    memcpy(to.data.uint8, from.data.uint8, both);
  }
  return kTfLiteOk;
}

TfLiteTensor *MicroInterpreter::input(size_t index) { return &inputs[index]; }

TfLiteTensor *MicroInterpreter::output(size_t index) { return &outputs[index]; }

}  // namespace tflite
