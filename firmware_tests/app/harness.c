#include "harness.h"

#include <string.h>

#include "dut.h"
#include "port.h"
#include "requests.h"

/* The largest payload, at most what the protocol can name, whose buffers have size bytes. */
static uint32_t payload_of(uint32_t size) {
  uint32_t payload = size / 3 < UINT16_MAX ? size / 3 : UINT16_MAX;
  while (payload > 0 && MENDLITE_HARNESS_BUFFERS(payload) > size) {
    payload--;
  }
  return payload;
}

int mendlite_harness_start(struct mendlite_harness *harness,
                           const struct mendlite_harness_memory *memory) {
  uint32_t payload = payload_of(memory->buffers_size);
  memset(harness, 0, sizeof *harness);
  if (payload < MENDLITE_HARNESS_LEAST_PAYLOAD) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  uint32_t encoded = MENDLITE_FRAME_ENCODED(payload);
  harness->received = memory->buffers;
  mendlite_receiver_reset(&harness->receiver, harness->received, encoded);
  harness->session = (struct mendlite_session){.handler = mendlite_answer_request,
                                               .context = &harness->board,
                                               .fresh = true,
                                               .body = memory->buffers + 2 * (size_t)encoded,
                                               .encoded = memory->buffers + encoded,
                                               .payload_room = payload};
  harness->board.payload = (uint16_t)payload;
  mendlite_store_reset(&harness->board.store, memory->data, memory->size);
  mendlite_dut_start(&harness->board);
  harness->text_said = true;
  return MENDLITE_STATUS_OK;
}

static void answer_frame(struct mendlite_harness *harness) {
  static const uint8_t end = 0;
  size_t used =
      mendlite_session_answer(&harness->session, harness->received, harness->receiver.used);
  if (harness->text_said) {
    mendlite_port_write(&end, 1);
    harness->text_said = false;
  }
  mendlite_port_write(harness->session.encoded, used);
  /* A second end: where the first is lost, the answer need not wait for the next one's. */
  mendlite_port_write(&end, 1);
  if (harness->board.reset_wanted) {
    mendlite_port_reset();
  }
}

void mendlite_harness_receive(struct mendlite_harness *harness, const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    enum mendlite_received received = mendlite_receiver_take(&harness->receiver, bytes[i]);
    if (received == MENDLITE_RECEIVED_NOTHING) {
      if (bytes[i] == 0) {
        mendlite_receiver_clear(&harness->receiver);
      }
      continue;
    }
    if (received == MENDLITE_RECEIVED_FRAME) {
      answer_frame(harness);
    } else {
      mendlite_dut_command(&harness->board, (const char *)harness->received,
                           harness->receiver.used);
      harness->text_said = true;
    }
    mendlite_receiver_clear(&harness->receiver);
  }
}

bool mendlite_harness_step(struct mendlite_harness *harness) {
  return mendlite_run_step(&harness->board.run, &harness->board.store);
}

bool mendlite_harness_serve(struct mendlite_harness *harness, const uint8_t *data, size_t size) {
  mendlite_harness_receive(harness, data, size);
  return mendlite_harness_step(harness);
}
