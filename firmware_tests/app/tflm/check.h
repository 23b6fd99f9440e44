/* Whether TFLite Micro can be given a model: it follows every index of a file unasked.
 *
 * flatbuffers' verifier, which comes first, looks at offsets alone. Here it is tensors, operators
 * and their order, with the readers of our own engine. What lies inside one operator (shapes that
 * fit, options) its kernel checks, as far as it does.
 */
#ifndef MENDLITE_TFLM_CHECK_H
#define MENDLITE_TFLM_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/model.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mendlite_check {
  /* The caller sets these. Whether there is a kernel for a BuiltinOperator code; what it is called
   * with. */
  bool (*runs)(const void *context, int32_t code);
  const void *context;
  /* Scratch of the check: one byte a tensor, whether its values are known by now; and its bytes. */
  uint8_t *known;
  uint32_t known_size;
  /* The check sets the rest. */
  struct mendlite_model model;
  /* Bytes of arena without which the model cannot run, as TFLM does not check everywhere whether
   * its arena is full; and bytes that are more than enough. */
  uint64_t least;
  uint64_t plenty;
  /* Most scales that one tensor has. */
  uint32_t channels;
};

/* Checks a model of size bytes. Returns 0, MENDLITE_STATUS_MALFORMED, MENDLITE_STATUS_UNSUPPORTED,
 * or MENDLITE_STATUS_NO_ROOM for too little scratch or a tensor of more than 2^28 elements. Where
 * an operator is at fault *failed_operator is its index; else it stays as it is. */
int mendlite_check_model(struct mendlite_check *check, const uint8_t *model, uint32_t size,
                         int32_t *failed_operator);

#ifdef __cplusplus
}
#endif

#endif
