#include "ring.h"

#include <string.h>

_Static_assert((MENDLITE_RING_SIZE & (MENDLITE_RING_SIZE - 1u)) == 0u,
               "MENDLITE_RING_SIZE must be a power of two");

void mendlite_ring_put(struct mendlite_ring *ring, uint8_t byte) {
  uint32_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
  uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
  if (put - taken == MENDLITE_RING_SIZE) {
    return;
  }
  ring->data[put % MENDLITE_RING_SIZE] = byte;
  atomic_store_explicit(&ring->put, put + 1u, memory_order_release);
}

size_t mendlite_ring_take(struct mendlite_ring *ring, uint8_t *data, size_t room) {
  uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
  size_t count = atomic_load_explicit(&ring->put, memory_order_acquire) - taken;
  if (count > room) {
    count = room;
  }
  size_t start = taken % MENDLITE_RING_SIZE;
  size_t first = count < MENDLITE_RING_SIZE - start ? count : MENDLITE_RING_SIZE - start;
  memcpy(data, ring->data + start, first);
  memcpy(data + first, ring->data, count - first);
  atomic_store_explicit(&ring->taken, taken + (uint32_t)count, memory_order_release);
  return count;
}

bool mendlite_ring_empty(struct mendlite_ring *ring) {
  return atomic_load_explicit(&ring->put, memory_order_acquire) ==
         atomic_load_explicit(&ring->taken, memory_order_relaxed);
}
