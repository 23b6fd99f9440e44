#include "engine/ops/mapped.h"

#include <string.h>

/* Whether an axis of both is copied as it is. */
static bool stays(const struct mendlite_mapped *mapped, mendlite_position *position, uint32_t axis,
                  int32_t extent) {
  if (mapped->move.input.tensor.dims[axis] != extent) {
    return false;
  }
  for (int32_t i = 0; i < extent; i++) {
    if (position(mapped, axis, i) != i) {
      return false;
    }
  }
  return true;
}

void mendlite_mapped_copy(const struct mendlite_mapped *mapped, mendlite_position *position) {
  const struct mendlite_tensor *input = &mapped->move.input.tensor;
  const struct mendlite_tensor *output = &mapped->move.output.tensor;
  uint32_t missing = output->rank - input->rank;
  uint32_t axes = output->rank;
  int32_t strides[MENDLITE_MAX_RANK];
  int32_t index[MENDLITE_MAX_RANK] = {0};
  /* Of the place in the input, the part of each axis. */
  int32_t place[MENDLITE_MAX_RANK] = {0};
  uint32_t size = output->element_size;
  mendlite_contiguous(input, strides);
  while (axes > missing && stays(mapped, position, axes - 1 - missing, output->dims[axes - 1])) {
    size *= (uint32_t)output->dims[--axes];
  }
  for (uint32_t i = missing; i < axes; i++) {
    place[i] = position(mapped, i - missing, 0) * strides[i - missing];
  }
  for (uint32_t done = 0; done < output->bytes; done += size) {
    int32_t at = 0;
    for (uint32_t i = 0; i < axes; i++) {
      at += place[i];
    }
    memcpy(mapped->move.output.data + done,
           mapped->move.input.data + (size_t)at * output->element_size, size);
    for (uint32_t i = axes; i-- > 0;) {
      bool on = ++index[i] < output->dims[i];
      index[i] = on ? index[i] : 0;
      place[i] = i < missing ? 0 : position(mapped, i - missing, index[i]) * strides[i - missing];
      if (on) {
        break;
      }
    }
  }
}
