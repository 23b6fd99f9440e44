/* Integers near the optimum of a quadratic, as algorithms/nearest_plane.py has it: the same
 * products, quotients and differences in float64, each rounded, in the same order. All arrays are
 * C-contiguous; a matrix of `apart` values apart stands for each problem, 0: one for all. */
#include <math.h>
#include <stdint.h>
#include <stddef.h>

/* The box of one problem: bounds of whole numbers, and the unit of each, or NULL where it is 1. */
typedef struct {
  const int64_t *lower, *upper;
  const double *steps;
} Box;

static Box box_of(const int64_t *lower, const int64_t *upper, const double *steps, int64_t at) {
  return (Box){lower + at, upper + at, steps == NULL ? NULL : steps + at};
}

/* The nearest multiple of the step whose factor is in the box; NaN stays. */
static double on_grid(double value, Box b, int64_t k) {
  double whole = rint(b.steps == NULL ? value : value / b.steps[k]);
  whole = whole < (double)b.lower[k] ? (double)b.lower[k] : whole;
  whole = whole > (double)b.upper[k] ? (double)b.upper[k] : whole;
  return b.steps == NULL ? whole : whole * b.steps[k];
}

/* Babai's nearest plane of values `begin` to `end` of `size`, the last first: `result` [problems]
 * [size] is set there, and `left` less what it takes from the values before it in the block. */
void round_block(int64_t problems, int64_t size, int64_t begin, int64_t end,
                 const double *triangle, int64_t apart, const int64_t *lower, const int64_t *upper,
                 const double *steps, double *left, double *result) {
  for (int64_t c = 0; c < problems; c++) {
    const Box b = box_of(lower, upper, steps, c * size);
    double *own = left + c * size;
    for (int64_t k = end - 1; k >= begin; k--) {
      const double *row = triangle + c * apart + k * size;
      const double value = on_grid(own[k] / row[k], b, k);
      result[c * size + k] = value;
      for (int64_t i = begin; i < k; i++) own[i] -= value * row[i];
    }
  }
}

/* Single steps that each lower the quadratic, in at most `sweeps` passes over the values: `result`
 * and its `gradient` [problems][size] are moved. A problem ends behind a pass without a step. */
void descend(int64_t problems, int64_t size, int64_t sweeps, const double *matrix, int64_t apart,
             const int64_t *lower, const int64_t *upper, const double *steps, double *result,
             double *gradient) {
  for (int64_t c = 0; c < problems; c++) {
    const Box b = box_of(lower, upper, steps, c * size);
    double *own = result + c * size, *slope = gradient + c * size;
    int moved = 1;
    for (int64_t sweep = 0; sweep < sweeps && moved; sweep++) {
      moved = 0;
      for (int64_t k = 0; k < size; k++) {
        const double *row = matrix + c * apart + k * size;
        const double change = on_grid(own[k] - slope[k] / row[k], b, k) - own[k];
        if (change == 0.0) continue;
        moved = 1;
        own[k] += change;
        for (int64_t i = 0; i < size; i++) slope[i] += change * row[i];
      }
    }
  }
}
