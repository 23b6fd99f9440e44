/* A program in C with a main of its own, and mendlite's engine. */
#include "harness.h"
#include "stdio_port.h"

/* The program decides where all of it lies, and how much of it there is. */
static struct mendlite_harness harness;
static uint8_t buffers[MENDLITE_HARNESS_BUFFERS(1024)];
static _Alignas(16) uint8_t memory[1 << 20];

int main(void) {
  uint8_t bytes[128];
  const struct mendlite_harness_memory given = {buffers, sizeof buffers, memory, sizeof memory};
  if (mendlite_harness_start(&harness, &given) != MENDLITE_STATUS_OK) {
    return 1;
  }
  bool busy = false;
  for (;;) {
    /* The program's other work goes here. */
    size_t got =
        busy ? mendlite_stdio_poll(bytes, sizeof bytes) : mendlite_stdio_wait(bytes, sizeof bytes);
    if (got == 0 && !busy) {
      return 0;
    }
    busy = mendlite_harness_serve(&harness, bytes, got);
  }
}
