/* Stub of TFLM's common.h: the fields that app/tflm reads, under their names. */
#ifndef STUB_COMMON_H
#define STUB_COMMON_H

#include <cstddef>
#include <cstdint>

/* The real struct has other fields without it, and the library is always built with it. */
#ifndef TF_LITE_STATIC_MEMORY
#error "TFLite Micro is used without TF_LITE_STATIC_MEMORY"
#endif

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

enum TfLiteType { kTfLiteNoType = 0, kTfLiteFloat32 = 1, kTfLiteInt32 = 2, kTfLiteInt8 = 9 };

struct TfLiteQuantizationParams {
  float scale;
  int32_t zero_point;
};

union TfLitePtrUnion {
  uint8_t *uint8;
  int8_t *int8;
  void *data;
};

struct TfLiteTensor {
  TfLiteQuantizationParams params;
  TfLitePtrUnion data;
  size_t bytes;
  TfLiteType type;
};

/* What kernels work on: where a tensor's values lie, without its name and quantization. */
struct TfLiteEvalTensor {
  TfLitePtrUnion data;
  TfLiteType type;
};

struct TFLMRegistration {
  int32_t builtin_code;
};

#endif
