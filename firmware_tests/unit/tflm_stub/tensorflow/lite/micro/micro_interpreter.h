/* Stub of TFLM's interpreter: outputs hold what the first input held, and nothing else runs. */
#ifndef STUB_MICRO_INTERPRETER_H
#define STUB_MICRO_INTERPRETER_H

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {

class MicroResourceVariables;
class MicroProfilerInterface;

class MicroInterpreter {
 public:
  MicroInterpreter(const Model *model, const MicroOpResolver &op_resolver, uint8_t *tensor_arena,
                   size_t tensor_arena_size, MicroResourceVariables *resource_variables = nullptr,
                   MicroProfilerInterface *profiler = nullptr, bool preserve_all_tensors = false);
  ~MicroInterpreter();

  TfLiteStatus AllocateTensors();
  TfLiteStatus Invoke();

  TfLiteTensor *input(size_t index);
  size_t inputs_size() const { return input_count; }
  TfLiteTensor *output(size_t index);
  size_t outputs_size() const { return output_count; }

  size_t arena_used_bytes() const { return head + tail; }

 private:
  TfLiteTensor *make_tensors(const void *indices, size_t count);
  uint8_t *take_head(size_t size);
  uint8_t *take_tail(size_t size);

  const Model *model;
  uint8_t *arena;
  size_t size;
  /* Bytes in use from the arena's start and from its end, as TFLM does it. */
  size_t head = 0;
  size_t tail = 0;
  TfLiteTensor *inputs = nullptr;
  TfLiteTensor *outputs = nullptr;
  size_t input_count = 0;
  size_t output_count = 0;
  bool ready = false;
};

}  // namespace tflite

#endif
