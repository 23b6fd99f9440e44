#include "harness.h"
#include "port.h"

/* Static: they are larger than a small board's stack. */
static struct mendlite_harness harness;
static uint8_t buffers[MENDLITE_HARNESS_BUFFERS(MENDLITE_FRAME_PAYLOAD)];

int main(void) {
  uint8_t bytes[256];
  mendlite_port_init();
  struct mendlite_port_memory left = mendlite_port_memory();
  struct mendlite_harness_memory memory = {buffers, sizeof buffers, left.data, (uint32_t)left.size};
  mendlite_harness_start(&harness, &memory);
  for (;;) {
    size_t received = mendlite_port_read(bytes, sizeof bytes);
    if (!mendlite_harness_serve(&harness, bytes, received) && received == 0) {
      mendlite_port_wait();
    }
  }
}
