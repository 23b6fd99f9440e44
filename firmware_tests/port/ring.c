#include "ring.h"

#include <string.h>

_Static_assert((RING_SIZE & (RING_SIZE - 1u)) == 0u, "RING_SIZE must be a power of two");

void ring_put(struct ring *ring, uint8_t byte) {
  uint32_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
  uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
  if (put - taken == RING_SIZE) {
    return;
  }
  ring->data[put % RING_SIZE] = byte;
  atomic_store_explicit(&ring->put, put + 1u, memory_order_release);
}

size_t ring_take(struct ring *ring, uint8_t *data, size_t room) {
  uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
  size_t count = atomic_load_explicit(&ring->put, memory_order_acquire) - taken;
  if (count > room) {
    count = room;
  }
  size_t start = taken % RING_SIZE;
  size_t first = count < RING_SIZE - start ? count : RING_SIZE - start;
  memcpy(data, ring->data + start, first);
  memcpy(data + first, ring->data, count - first);
  atomic_store_explicit(&ring->taken, taken + (uint32_t)count, memory_order_release);
  return count;
}

bool ring_empty(struct ring *ring) {
  return atomic_load_explicit(&ring->put, memory_order_acquire) ==
         atomic_load_explicit(&ring->taken, memory_order_relaxed);
}
