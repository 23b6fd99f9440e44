/* What the programs of this folder read from the host. */
#ifndef MENDLITE_RECEIVE_H
#define MENDLITE_RECEIVE_H

#include "port.h"

/* Waits for size bytes. */
static inline void receive(void *to, size_t size) {
  uint8_t *data = (uint8_t *)to;
  while (size > 0) {
    size_t count = mendlite_port_read(data, size);
    if (count == 0) {
      mendlite_port_wait();
    }
    data += count;
    size -= count;
  }
}

#endif
