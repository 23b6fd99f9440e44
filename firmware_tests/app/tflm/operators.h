/* The operators that the adapter registers with TFLite Micro's resolver.
 *
 * All of operators.def, or the list that MENDLITE_TFLM_OPERATORS names: list_operators writes the
 * one of your models. Kernels that are registered nowhere the linker leaves out.
 */
#ifndef MENDLITE_TFLM_OPERATORS_H
#define MENDLITE_TFLM_OPERATORS_H

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

#ifdef MENDLITE_TFLM_OPERATORS
#define MENDLITE_TFLM_LIST MENDLITE_TFLM_OPERATORS
#define MENDLITE_TFLM_ALL_NEEDED true
#else
#define MENDLITE_TFLM_LIST "tflm/operators.def"
#define MENDLITE_TFLM_ALL_NEEDED false
#endif

namespace mendlite_tflm {

/* How many operators the list has; a resolver has at least one place. */
constexpr unsigned int OPERATORS = 0
#define MENDLITE_TFLM_OPERATOR(name, code, method) +1u
#include MENDLITE_TFLM_LIST
#undef MENDLITE_TFLM_OPERATOR
    ;

using Resolver = tflite::MicroMutableOpResolver<(OPERATORS > 0 ? OPERATORS : 1)>;

/* add_NAME registers one operator. A release of TFLite Micro that does not have it yet picks the
 * second: models with it are refused when they are opened; a build for one is refused here. */
#define MENDLITE_TFLM_OPERATOR(name, code, method)                                          \
  template <typename R>                                                                     \
  auto add_##name(R *to, int)->decltype(to->Add##method()) {                                \
    return to->Add##method();                                                               \
  }                                                                                         \
  template <typename R>                                                                     \
  TfLiteStatus add_##name(R *, long) {                                                      \
    static_assert(sizeof(R) == 0 || !MENDLITE_TFLM_ALL_NEEDED,                              \
                  "this release of TFLite Micro has no " #name ", which your model needs"); \
    return kTfLiteOk;                                                                       \
  }
#include MENDLITE_TFLM_LIST
#undef MENDLITE_TFLM_OPERATOR

/* Registers the whole list; false where the resolver refuses one. */
inline bool add_operators(Resolver *to) {
  bool added = true;
#define MENDLITE_TFLM_OPERATOR(name, code, method) added = added && add_##name(to, 0) == kTfLiteOk;
#include MENDLITE_TFLM_LIST
#undef MENDLITE_TFLM_OPERATOR
  return added;
}

}  // namespace mendlite_tflm

#endif
