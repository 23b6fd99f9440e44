/* A program in C++ with a main of its own, and its own TFLite Micro: the harness runs that. */
#include <cstddef>
#include <cstdint>
#include <new>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

#include "harness.h"
#include "interpreter/interpreter.h"
#include "stdio_port.h"

namespace {

using Resolver = tflite::MicroMutableOpResolver<16>;

/* What the program has anyway: its resolver, its arena, its interpreter. */
struct inference {
  Resolver resolver;
  alignas(tflite::MicroInterpreter) uint8_t storage[sizeof(tflite::MicroInterpreter)];
  tflite::MicroInterpreter *interpreter;
};

inference shipped;
alignas(16) uint8_t arena[256 * 1024];

bool add_operators(Resolver *to) {
  return to->AddConv2D() == kTfLiteOk && to->AddDepthwiseConv2D() == kTfLiteOk &&
         to->AddMaxPool2D() == kTfLiteOk && to->AddAveragePool2D() == kTfLiteOk &&
         to->AddShape() == kTfLiteOk && to->AddStridedSlice() == kTfLiteOk &&
         to->AddPack() == kTfLiteOk && to->AddReshape() == kTfLiteOk &&
         to->AddFullyConnected() == kTfLiteOk && to->AddSoftmax() == kTfLiteOk;
}

int32_t open(void *context, const uint8_t *model, uint32_t size, uint8_t *, uint32_t) {
  inference *mine = static_cast<inference *>(context);
  flatbuffers::Verifier verifier(model, size);
  if (!tflite::VerifyModelBuffer(verifier)) {
    return MENDLITE_STATUS_MALFORMED;
  }
  mine->interpreter = new (mine->storage)
      tflite::MicroInterpreter(tflite::GetModel(model), mine->resolver, arena, sizeof arena);
  /* Nothing of the harness's arena is used. */
  return mine->interpreter->AllocateTensors() == kTfLiteOk ? 0 : MENDLITE_STATUS_UNSUPPORTED;
}

uint8_t *input(void *context, uint32_t n) {
  return static_cast<inference *>(context)->interpreter->input(n)->data.uint8;
}

const uint8_t *output(void *context, uint32_t n) {
  return static_cast<inference *>(context)->interpreter->output(n)->data.uint8;
}

int run(void *context) {
  return static_cast<inference *>(context)->interpreter->Invoke() == kTfLiteOk
             ? MENDLITE_STATUS_OK
             : MENDLITE_STATUS_UNSUPPORTED;
}

mendlite_harness harness;
uint8_t buffers[MENDLITE_HARNESS_BUFFERS(1024)];
alignas(16) uint8_t memory[1 << 20];

}  // namespace

/* The hook: the harness's runs are the program's own. */
const char mendlite_engine_name[] = "example";
const struct mendlite_interpreter mendlite_interpreter = {
    MENDLITE_PROFILE_TFLM, &shipped, open, input, output, run};

int main() {
  uint8_t bytes[128];
  const mendlite_harness_memory given = {buffers, sizeof buffers, memory, sizeof memory};
  if (!add_operators(&shipped.resolver) ||
      mendlite_harness_start(&harness, &given) != MENDLITE_STATUS_OK) {
    return 1;
  }
  bool busy = false;
  for (;;) {
    /* The program's other work goes here. */
    size_t got =
        busy ? mendlite_stdio_poll(bytes, sizeof bytes) : mendlite_stdio_wait(bytes, sizeof bytes);
    if (got == 0 && !busy) {
      return 0;
    }
    busy = mendlite_harness_serve(&harness, bytes, got);
  }
}
