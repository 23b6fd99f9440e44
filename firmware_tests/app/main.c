#include "harness.h"
#include "port.h"

/* Static: it is larger than a small board's stack. */
static struct harness harness;

int main(void) {
  uint8_t bytes[256];
  port_init();
  struct port_memory memory = port_memory();
  harness_start(&harness, memory.data, (uint32_t)memory.size);
  for (;;) {
    size_t received = port_read(bytes, sizeof bytes);
    harness_receive(&harness, bytes, received);
    if (!harness_step(&harness) && received == 0) {
      port_wait();
    }
  }
}
