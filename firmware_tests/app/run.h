/* Samples that are being run, or have been: one at a time, so that requests are heard between. */
#ifndef MENDLITE_RUN_H
#define MENDLITE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tensors that a run shows at most. */
enum { MENDLITE_MOST_TENSORS = 64 };

struct mendlite_run {
  /* The host asked for it, and its samples are still there. */
  bool open;
  /* The host's own number of it. */
  uint16_t number;
  /* Samples: at least 1, and how many of them have been run. */
  uint16_t count;
  uint16_t done;
  /* Samples of a recording, before each of which the variables get their first values; 0: all are
   * of the recording that the run before ended in. */
  uint16_t frames;
  /* 0, or the first failure (negative, wire/status.h); no further sample is run. */
  int status;
  /* Microseconds that all samples took together, modulo 2^32. */
  uint32_t micros;
  /* Bytes of one sample's result, at least 1. */
  uint32_t result_size;
  /* Tensors that each result holds, in this order; none: the model's outputs. */
  uint32_t tensors;
  int32_t tensor[MENDLITE_MOST_TENSORS];
};

/* Runs the next of the store's samples and puts its result into the store; false where none is to
 * be run. A failure of the engine ends the run, in its status. */
bool mendlite_run_step(struct mendlite_run *run, const struct mendlite_store *store);

#ifdef __cplusplus
}
#endif

#endif
