/* A board that the tests look into: port/port.h over buffers of theirs and a clock that they set.
 */
#ifndef MENDLITE_FAKE_PORT_H
#define MENDLITE_FAKE_PORT_H

#include <setjmp.h>
#include <stdbool.h>

#include "port.h"

struct fake_port {
  /* What was written, until a test takes it away; more than fits is counted and dropped. */
  uint8_t written[1 << 16];
  size_t used;
  size_t dropped;
  /* The clock, and by how much each look at it sets it on. */
  uint32_t micros;
  uint32_t step;
  struct mendlite_port_memory memory;
  struct mendlite_port_flash flash;
  /* Where mendlite_port_reset goes; a reset that no test waits for ends it. */
  jmp_buf on_reset;
  bool waits_for_reset;
};

extern struct fake_port fake_port;

/* Forgets what was written and where memory, flash and resets are. */
void fake_port_start(void);

#endif
