/* An LSTM of int8 or int16 values with an int16 cell state, ready to run.
 *
 * The gates are in the order of the operator's inputs: input, forget, cell, output. Their sums are
 * int16 in steps of 2^-12, their outputs int16 in steps of 2^-15.
 */
#ifndef MENDLITE_LSTM_H
#define MENDLITE_LSTM_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/fixed_point.h"

enum { MENDLITE_LSTM_GATES = 4, MENDLITE_LSTM_CELL_GATE = 2 };

/* What is multiplied: rows of values, less a zero-point, by rows of int8 weights, one row a cell.
 */
struct mendlite_lstm_products {
  uint32_t width;
  int32_t zero_point;
  const uint8_t *weights[MENDLITE_LSTM_GATES];
  /* From sums of products to steps of 2^-12; for int16 values with a factor of 16 bits (wide.h). */
  struct mendlite_multiplier by[MENDLITE_LSTM_GATES];
};

struct mendlite_lstm {
  uint32_t samples;
  uint32_t steps;
  uint32_t cells;
  struct mendlite_lstm_products of_input;
  struct mendlite_lstm_products of_state;
  /* int32, of int16 values int64, as the file has them. */
  const uint8_t *biases[MENDLITE_LSTM_GATES];
  enum mendlite_rounding rounding;
  /* Whether inputs and outputs are int16, else int8. */
  bool int16;
  /* Whether LiteRT's step is followed, not TFLite Micro's: of int8 alone. */
  bool desktop;
  /* The cell state's scale is 2^power. */
  int32_t power;
  /* The largest cell state; 2^15 where it has no limit. */
  int32_t limit;
  /* What scales a product of a gate and the cell state, of two gates, and the output. */
  struct mendlite_multiplier kept;
  struct mendlite_multiplier added;
  struct mendlite_multiplier shown;
};

/* The bias of one gate of one cell. */
int64_t mendlite_lstm_bias(const struct mendlite_lstm *lstm, uint32_t gate, uint32_t cell);

/* Computes the outputs [samples, steps, cells] of the inputs [samples, steps, width].
 * cell has room for the cell state: an int16 for each cell. */
void mendlite_lstm_run(const struct mendlite_lstm *lstm, const uint8_t *input, uint8_t *output,
                       int16_t *cell);

#endif
