/* Stub of TFLM's resolver interface. */
#ifndef STUB_MICRO_OP_RESOLVER_H
#define STUB_MICRO_OP_RESOLVER_H

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {

class MicroOpResolver {
 public:
  virtual const TFLMRegistration *FindOp(BuiltinOperator op) const = 0;
  virtual const TFLMRegistration *FindOp(const char *op) const = 0;
  virtual ~MicroOpResolver() {}
};

}  // namespace tflite

#endif
