/* Received bytes between an interrupt handler, which alone puts, and main, which alone takes. */
#ifndef MENDLITE_RING_H
#define MENDLITE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A power of two: the counters run freely and wrap at 2^32. */
#define MENDLITE_RING_SIZE 8192u

struct mendlite_ring {
  _Atomic uint32_t put;
  _Atomic uint32_t taken;
  uint8_t data[MENDLITE_RING_SIZE];
};

/* A byte that finds the ring full is lost, as it would be in a UART without flow control. */
void mendlite_ring_put(struct mendlite_ring *ring, uint8_t byte);

/* Takes at most room bytes and returns how many. */
size_t mendlite_ring_take(struct mendlite_ring *ring, uint8_t *data, size_t room);

bool mendlite_ring_empty(struct mendlite_ring *ring);

#endif
