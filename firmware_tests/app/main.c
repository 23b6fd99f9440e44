#include "harness.h"
#include "port.h"

/* Static: it is larger than a small board's stack. */
static struct mendlite_harness harness;

int main(void) {
  uint8_t bytes[256];
  mendlite_port_init();
  struct mendlite_port_memory memory = mendlite_port_memory();
  mendlite_harness_start(&harness, memory.data, (uint32_t)memory.size);
  for (;;) {
    size_t received = mendlite_port_read(bytes, sizeof bytes);
    mendlite_harness_receive(&harness, bytes, received);
    if (!mendlite_harness_step(&harness) && received == 0) {
      mendlite_port_wait();
    }
  }
}
