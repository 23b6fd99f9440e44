#include "harness.h"

#include <string.h>

#include "dut.h"
#include "port.h"
#include "requests.h"

void mendlite_harness_start(struct mendlite_harness *harness, uint8_t *memory, uint32_t size) {
  memset(harness, 0, sizeof *harness);
  mendlite_receiver_reset(&harness->receiver, harness->received, sizeof harness->received);
  harness->session = (struct mendlite_session){.handler = mendlite_answer_request,
                                               .context = &harness->board,
                                               .fresh = true,
                                               .body = harness->body,
                                               .encoded = harness->encoded,
                                               .payload_room = MENDLITE_FRAME_PAYLOAD};
  mendlite_store_reset(&harness->board.store, memory, size);
  mendlite_dut_start(&harness->board);
  harness->text_said = true;
}

static void answer_frame(struct mendlite_harness *harness) {
  static const uint8_t end = 0;
  size_t used =
      mendlite_session_answer(&harness->session, harness->received, harness->receiver.used);
  if (harness->text_said) {
    mendlite_port_write(&end, 1);
    harness->text_said = false;
  }
  mendlite_port_write(harness->encoded, used);
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
