/* int8 products by vectors of 16 values (mve.h), and copies of bytes.
 *
 * Loops are tail-predicated: the last turn loads and adds the rest of the values alone, so every
 * size is allowed, and nothing behind the values is read. The zero-point of the inputs is no part
 * of these sums: sum((x - z) * w) = sum(x * w) - z * sum(w), modulo 2^32 as well.
 */
#ifndef MENDLITE_PRODUCTS_MVE_H
#define MENDLITE_PRODUCTS_MVE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/ops/mve.h"

#if MENDLITE_HAS_MVE

/* The sum of x[k] * w[k] over size values, modulo 2^32. */
static inline uint32_t mendlite_mve_products(const int8_t *w, const int8_t *x, uint32_t size) {
  uint32_t sum = 0;
  __asm volatile(
      "wlstp.8 lr, %[size], 2f\n"
      "1:\n\t"
      "vldrb.u8 q0, [%[x]], #16\n\t"
      "vldrb.u8 q1, [%[w]], #16\n\t"
      "vmladava.s8 %[sum], q0, q1\n\t"
      "letp lr, 1b\n"
      "2:"
      : [sum] "+Te"(sum), [x] "+r"(x), [w] "+r"(w)
      : [size] "r"(size)
      : "q0", "q1", "lr", "memory");
  return sum;
}

/* The same of four rows of weights, each of size values. */
static inline void mendlite_mve_products_of_4(const int8_t *w, const int8_t *x, uint32_t size,
                                              uint32_t sums[4]) {
  const int8_t *w1 = w + size;
  const int8_t *w2 = w1 + size;
  const int8_t *w3 = w2 + size;
  uint32_t a0 = 0;
  uint32_t a1 = 0;
  uint32_t a2 = 0;
  uint32_t a3 = 0;
  __asm volatile(
      "wlstp.8 lr, %[size], 2f\n"
      "1:\n\t"
      "vldrb.u8 q0, [%[x]], #16\n\t"
      "vldrb.u8 q1, [%[w0]], #16\n\t"
      "vmladava.s8 %[a0], q0, q1\n\t"
      "vldrb.u8 q2, [%[w1]], #16\n\t"
      "vmladava.s8 %[a1], q0, q2\n\t"
      "vldrb.u8 q1, [%[w2]], #16\n\t"
      "vmladava.s8 %[a2], q0, q1\n\t"
      "vldrb.u8 q2, [%[w3]], #16\n\t"
      "vmladava.s8 %[a3], q0, q2\n\t"
      "letp lr, 1b\n"
      "2:"
      : [a0] "+Te"(a0), [a1] "+Te"(a1), [a2] "+Te"(a2), [a3] "+Te"(a3), [x] "+r"(x), [w0] "+r"(w),
        [w1] "+r"(w1), [w2] "+r"(w2), [w3] "+r"(w3)
      : [size] "r"(size)
      : "q0", "q1", "q2", "lr", "memory");
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
}

/* The sum of size values, modulo 2^32. */
static inline uint32_t mendlite_mve_sum(const int8_t *w, uint32_t size) {
  uint32_t sum = 0;
  __asm volatile(
      "wlstp.8 lr, %[size], 2f\n"
      "1:\n\t"
      "vldrb.u8 q0, [%[w]], #16\n\t"
      "vaddva.s8 %[sum], q0\n\t"
      "letp lr, 1b\n"
      "2:"
      : [sum] "+Te"(sum), [w] "+r"(w)
      : [size] "r"(size)
      : "q0", "lr", "memory");
  return sum;
}

/* Copies size bytes that do not overlap. */
static inline void mendlite_mve_copy(uint8_t *to, const uint8_t *from, uint32_t size) {
  __asm volatile(
      "wlstp.8 lr, %[size], 2f\n"
      "1:\n\t"
      "vldrb.u8 q0, [%[from]], #16\n\t"
      "vstrb.8 q0, [%[to]], #16\n\t"
      "letp lr, 1b\n"
      "2:"
      : [to] "+r"(to), [from] "+r"(from)
      : [size] "r"(size)
      : "q0", "lr", "memory");
}

#endif

#endif
