#include "harness.h"

#include <string.h>

#include "dut.h"
#include "port.h"
#include "requests.h"

void harness_start(struct harness *harness, uint8_t *memory, uint32_t size) {
  memset(harness, 0, sizeof *harness);
  receiver_reset(&harness->receiver, harness->received, sizeof harness->received);
  harness->session = (struct session){.handler = answer_request,
                                      .context = &harness->board,
                                      .fresh = true,
                                      .body = harness->body,
                                      .encoded = harness->encoded,
                                      .payload_room = FRAME_PAYLOAD};
  store_reset(&harness->board.store, memory, size);
  dut_start(&harness->board);
  harness->text_said = true;
}

static void answer_frame(struct harness *harness) {
  static const uint8_t end = 0;
  size_t used = session_answer(&harness->session, harness->received, harness->receiver.used);
  if (harness->text_said) {
    port_write(&end, 1);
    harness->text_said = false;
  }
  port_write(harness->encoded, used);
  /* A second end: where the first is lost, the answer need not wait for the next one's. */
  port_write(&end, 1);
  if (harness->board.reset_wanted) {
    port_reset();
  }
}

void harness_receive(struct harness *harness, const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    enum received received = receiver_take(&harness->receiver, bytes[i]);
    if (received == RECEIVED_NOTHING) {
      if (bytes[i] == 0) {
        receiver_clear(&harness->receiver);
      }
      continue;
    }
    if (received == RECEIVED_FRAME) {
      answer_frame(harness);
    } else {
      dut_command(&harness->board, (const char *)harness->received, harness->receiver.used);
      harness->text_said = true;
    }
    receiver_clear(&harness->receiver);
  }
}

bool harness_step(struct harness *harness) {
  return run_step(&harness->board.run, &harness->board.store);
}
