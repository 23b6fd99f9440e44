/* Received bytes between an interrupt handler, which alone puts, and main, which alone takes. */
#ifndef MENDLITE_RING_H
#define MENDLITE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes; a power of two: the counters run freely and wrap at 2^32. */
#define MENDLITE_RING_SIZE 8192u

struct mendlite_ring {
  /* Bytes that were ever put and taken, modulo 2^32: put - taken of them wait. */
  _Atomic uint32_t put;
  _Atomic uint32_t taken;
  uint8_t data[MENDLITE_RING_SIZE];
};

/* Adds a byte; one that finds the ring full is lost, as it would be in a UART without flow control.
 */
void mendlite_ring_put(struct mendlite_ring *ring, uint8_t byte);

/* Moves at most room bytes to data and returns how many; 0 where none wait. */
size_t mendlite_ring_take(struct mendlite_ring *ring, uint8_t *data, size_t room);

bool mendlite_ring_empty(struct mendlite_ring *ring);

#endif
