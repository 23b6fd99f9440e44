/* What the board does for the host: takes models and samples, runs them, gives results back. */
#ifndef MENDLITE_HARNESS_H
#define MENDLITE_HARNESS_H

#include "receiver.h"
#include "session.h"
#include "store.h"

/* Largest payload of a frame; a build may set a smaller one. */
#ifndef HARNESS_PAYLOAD
#define HARNESS_PAYLOAD 2048
#endif

enum { MOST_TENSORS = 64 };

/* Samples that are being run, or have been: one at a time, so that requests are heard between. */
struct run {
  bool open;
  uint16_t number;
  uint16_t count;
  uint16_t done;
  /* The first failure; no further sample is run. */
  int status;
  uint32_t micros;
  uint32_t result_size;
  /* Tensors that each result holds, in this order; none: the model's outputs. */
  uint32_t tensors;
  int32_t tensor[MOST_TENSORS];
};

struct harness {
  struct receiver receiver;
  struct session session;
  struct store store;
  struct run run;
  bool reset_wanted;
  /* Text was said since the last frame: the next one must be cut off from it. */
  bool text_said;
  /* Inputs of the text protocol, see dut.h. */
  uint32_t text_expected;
  uint32_t text_received;
  /* The input was run: there are results of it. */
  bool text_ran;
  uint8_t received[FRAME_ENCODED(HARNESS_PAYLOAD)];
  uint8_t body[FRAME_HEADER + HARNESS_PAYLOAD + FRAME_CHECKSUM];
  uint8_t encoded[FRAME_ENCODED(HARNESS_PAYLOAD)];
};

/* Prepares the harness; the memory is its own from now on. */
void harness_start(struct harness *harness, uint8_t *memory, uint32_t size);

/* Takes received bytes and answers what they ask. */
void harness_receive(struct harness *harness, const uint8_t *data, size_t size);

/* Runs one sample of what is to be run; false where nothing is. */
bool harness_step(struct harness *harness);

#endif
