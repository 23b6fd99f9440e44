/* A program for test_vectors_on_boards.py: the kernels on vectors (app/engine/ops/mve.h), one at a
 * time, on operands that the host sends.
 *
 * Each turn it reads eight numbers u32 - the kernel, bytes of operands, and six that the kernel
 * defines - and the operands, which it keeps at an odd address. It writes the answer. */
#include <string.h>

#include "engine/ops/depthwise_mve.h"
#include "engine/ops/products_mve.h"
#include "engine/ops/requantize_mve.h"
#include "port.h"
#include "receive.h"

enum kernel { ROWS = 0, REQUANTIZE = 1, WINDOW = 2 };

enum { ROOM = 8192, MOST = 256, UNTOUCHED = 0xEE };

static uint8_t room[ROOM + 1];
static uint8_t *const operands = room + 1;
static uint32_t numbers[8];

/* size; x and four rows of weights. Writes the sums of four rows, of the first row, the sum of x,
 * and x copied to an odd address with a byte more, which no copy touches. */
static void run_rows(void) {
  uint32_t size = numbers[2];
  const int8_t *x = (const int8_t *)operands;
  const int8_t *w = x + size;
  static uint8_t copied[MOST + 2];
  uint32_t sums[6];
  mendlite_mve_products_of_4(w, x, size, sums);
  sums[4] = mendlite_mve_products(w, x, size);
  sums[5] = mendlite_mve_sum(x, size);
  memset(copied, UNTOUCHED, sizeof copied);
  mendlite_mve_copy(copied + 1, operands, size);
  mendlite_port_write((const uint8_t *)sums, sizeof sums);
  mendlite_port_write(copied + 1, size + 1);
}

/* count, zero_point, low, high, whether there are biases; count sums, biases, factors and shifts.
 * Writes how many outputs were stored, and count + 1 bytes of outputs. */
static void run_requantize(void) {
  uint32_t count = numbers[2];
  static uint32_t sums[MOST];
  static struct mendlite_multiplier by[MOST];
  static uint8_t out[MOST + 1];
  const uint8_t *biases = operands + 4 * (size_t)count;
  memcpy(sums, operands, 4 * (size_t)count);
  for (uint32_t i = 0; i < count; i++) {
    memcpy(&by[i].factor, biases + 4 * (size_t)(count + i), 4);
    memcpy(&by[i].shift, biases + 4 * (size_t)(2 * count + i), 4);
  }
  struct mendlite_range range = {.low = (int32_t)numbers[4], .high = (int32_t)numbers[5]};
  memset(out, UNTOUCHED, sizeof out);
  uint32_t stored = mendlite_mve_requantize(sums, numbers[6] != 0 ? biases : NULL, by,
                                            (int32_t)numbers[3], range, out, count);
  mendlite_port_write((const uint8_t *)&stored, sizeof stored);
  mendlite_port_write(out, count + 1);
}

/* channels, rows, columns, the step from one tap to the next in both directions, zero_point; the
 * image, which ends with the last tap, and the weights. Writes the sums. */
static void run_window(void) {
  uint32_t channels = numbers[2];
  uint32_t step = numbers[5];
  uint32_t width = (numbers[4] - 1) * step + 1;
  uint32_t height = (numbers[3] - 1) * step + 1;
  struct mendlite_taps taps = {.rows = numbers[3],
                               .columns = numbers[4],
                               .input_row = (size_t)step * width * channels,
                               .input_column = (size_t)step * channels,
                               .weight_row = numbers[4] * channels,
                               .weight_column = channels};
  static uint32_t sums[MOST];
  const int8_t *image = (const int8_t *)operands;
  mendlite_mve_window(&taps, image, image + (size_t)height * width * channels, channels,
                      (int32_t)numbers[6], sums);
  mendlite_port_write((const uint8_t *)sums, 4 * (size_t)channels);
}

int main(void) {
  static const uint8_t ready = 1;
  mendlite_port_init();
  mendlite_port_write(&ready, sizeof ready);
  for (;;) {
    receive(numbers, sizeof numbers);
    if (numbers[1] > ROOM || numbers[2] > MOST) {
      continue;
    }
    receive(operands, numbers[1]);
    switch ((enum kernel)numbers[0]) {
      case ROWS:
        run_rows();
        break;
      case REQUANTIZE:
        run_requantize();
        break;
      case WINDOW:
        run_window();
        break;
    }
  }
}
