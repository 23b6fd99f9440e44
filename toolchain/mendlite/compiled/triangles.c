/* A triangle's equations solved for many right sides, as algorithms/cholesky.py has it: the same
 * products, differences and quotients in float64, each rounded, in the same order. The file must be
 * compiled without contraction of products and sums. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "at_most.h"

/* Right sides that are solved together: VECTORS vectors, which stay in registers. */
enum { VECTORS = 8, LANES = 4, STRIP = VECTORS * LANES };

typedef double Reals __attribute__((vector_size(LANES * sizeof(double))));

/* `own` less what the `known` rows that were solved before it take from it, by its pivot. */
static void solve_row(const double *row, int64_t across, int64_t first, int64_t step, int64_t known,
                      Reals (*held)[VECTORS], double pivot, Reals *own) {
  Reals left[VECTORS];
  for (int v = 0; v < VECTORS; v++) left[v] = own[v];
  for (int64_t k = first; known > 0; known--, k += step) {
    const double factor = row[k * across];
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; v++) left[v] -= held[k][v] * factor;
  }
  for (int v = 0; v < VECTORS; v++) own[v] = left[v] / pivot;
}

/* `rows` [size][columns], in place: from the first row on, or `backward` from the last one, each
 * less the triangle's multiples of those solved before it, by its pivot. The triangle's value of
 * row i and column k lies at i * down + k * across. 0; -1 where there is no memory. */
int solve_block(const double *triangle, int64_t down, int64_t across, const double *pivots,
                int64_t size, int32_t backward, double *rows, int64_t columns) {
  Reals(*held)[VECTORS] = aligned_alloc(sizeof(Reals), (size_t)at_least(size, 1) * sizeof *held);
  if (held == NULL) return -1;
  const int64_t first = backward ? size - 1 : 0, step = backward ? -1 : 1;
  for (int64_t begin = 0; begin < columns; begin += STRIP) {
    const size_t bytes = (size_t)at_most(columns - begin, STRIP) * sizeof *rows;
    memset(held, 0, (size_t)size * sizeof *held);
    for (int64_t known = 0, i = first; known < size; known++, i += step) {
      double *own = rows + i * columns + begin;
      memcpy(held[i], own, bytes);
      solve_row(triangle + i * down, across, first, step, known, held, pivots[i], held[i]);
      memcpy(own, held[i], bytes);
    }
  }
  free(held);
  return 0;
}
