/* Stub of TFLM's interpreter: mendlite's own engine computes, compiled into the stub's library
 * under other names, and the arena is used as TFLM uses its own. */
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

  /* The values of tensors that were not preserved are other tensors' by then: here they are 0x5a.
   */
  TfLiteEvalTensor *GetTensor(int tensor_index, int subgraph_index = 0);
  bool preserve_all_tensors() const { return preserve; }

  size_t arena_used_bytes() const { return head + tail; }

 private:
  TfLiteTensor *make_tensors(const void *indices, size_t count, bool outputs);
  bool keep_tensors();
  uint8_t *take_head(size_t size);
  uint8_t *take_tail(size_t size);

  const Model *model;
  const MicroOpResolver &resolver;
  uint8_t *arena;
  size_t size;
  bool preserve;
  /* Bytes in use from the arena's start and from its end, as TFLM does it. */
  size_t head = 0;
  size_t tail = 0;
  /* The engine behind it; and one eval tensor for each of the model's. */
  void *engine = nullptr;
  TfLiteEvalTensor *kept = nullptr;
  TfLiteTensor *inputs = nullptr;
  TfLiteTensor *outputs = nullptr;
  size_t input_count = 0;
  size_t output_count = 0;
  bool ready = false;
};

}  // namespace tflite

#endif
