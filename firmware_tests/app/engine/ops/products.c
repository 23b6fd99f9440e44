#include "engine/ops/products.h"

#include "engine/ops/products_dsp.h"

/* A half of a byte with its sign: 8 ... 15 stand for -8 ... -1. */
static int32_t low_of(uint8_t byte) { return ((int32_t)(byte & 15u) ^ 8) - 8; }

static int32_t high_of(uint8_t byte) { return ((int32_t)(byte >> 4) ^ 8) - 8; }

int32_t mendlite_weight(const struct mendlite_weights *weights, uint32_t n) {
  if (weights->form == MENDLITE_WEIGHTS_INT8) {
    return (int8_t)weights->data[n];
  }
  if (weights->form == MENDLITE_WEIGHTS_UINT8) {
    return weights->data[n] - weights->zero_point;
  }
  uint8_t byte = weights->data[n / 2];
  return n % 2 == 0 ? low_of(byte) : high_of(byte);
}

static void centre(const int8_t *x, uint32_t size, int32_t zero_point, int16_t *centred) {
  for (uint32_t k = 0; k < size; k++) {
    centred[k] = (int16_t)(x[k] - zero_point);
  }
}

void mendlite_products_centre(const struct mendlite_weights *weights, const int8_t *x,
                              uint32_t size, int32_t zero_point, int16_t *centred) {
#if MENDLITE_HAS_DSP
  if (weights->form == MENDLITE_WEIGHTS_INT8) {
    mendlite_dsp_centre(x, size, zero_point, centred);
    return;
  }
#else
  (void)weights;
#endif
  centre(x, size, zero_point, centred);
}

#if MENDLITE_HAS_DSP
static uint32_t of_int8(const int8_t *w, const int16_t *x, uint32_t size) {
  return mendlite_dsp_products(w, x, size);
}
#else
static uint32_t of_int8(const int8_t *w, const int16_t *x, uint32_t size) {
  uint32_t sum = 0;
  for (uint32_t k = 0; k < size; k++) {
    sum += (uint32_t)(x[k] * w[k]);
  }
  return sum;
}
#endif

static uint32_t of_uint8(const uint8_t *w, int32_t zero_point, const int16_t *x, uint32_t size) {
  uint32_t sum = 0;
  for (uint32_t k = 0; k < size; k++) {
    sum += (uint32_t)(x[k] * (w[k] - zero_point));
  }
  return sum;
}

/* A row may begin and end in the middle of a byte. */
static uint32_t of_int4(const uint8_t *w, uint32_t first, const int16_t *x, uint32_t size) {
  uint32_t sum = 0;
  uint32_t k = 0;
  const uint8_t *pair = w + first / 2;
  if (first % 2 == 1 && size > 0) {
    sum = (uint32_t)(x[k++] * high_of(*pair++));
  }
  for (; k + 1 < size; k += 2, pair++) {
    sum += (uint32_t)(x[k] * low_of(*pair)) + (uint32_t)(x[k + 1] * high_of(*pair));
  }
  if (k < size) {
    sum += (uint32_t)(x[k] * low_of(*pair));
  }
  return sum;
}

uint32_t mendlite_products(const struct mendlite_weights *weights, uint32_t first, const int16_t *x,
                           uint32_t size) {
  switch (weights->form) {
    case MENDLITE_WEIGHTS_INT4:
      return of_int4(weights->data, first, x, size);
    case MENDLITE_WEIGHTS_UINT8:
      return of_uint8(weights->data + first, weights->zero_point, x, size);
    default:
      return of_int8((const int8_t *)weights->data + first, x, size);
  }
}

#if MENDLITE_HAS_DSP
static void of_4_int8(const int8_t *w, const int16_t *x, uint32_t size, uint32_t sums[4]) {
  mendlite_dsp_products_of_4(w, x, size, sums);
}
#else
static void of_4_int8(const int8_t *w, const int16_t *x, uint32_t size, uint32_t sums[4]) {
  const int8_t *w1 = w + size;
  const int8_t *w2 = w1 + size;
  const int8_t *w3 = w2 + size;
  uint32_t a0 = 0;
  uint32_t a1 = 0;
  uint32_t a2 = 0;
  uint32_t a3 = 0;
  for (uint32_t k = 0; k < size; k++) {
    int32_t value = x[k];
    a0 += (uint32_t)(value * w[k]);
    a1 += (uint32_t)(value * w1[k]);
    a2 += (uint32_t)(value * w2[k]);
    a3 += (uint32_t)(value * w3[k]);
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
}
#endif

/* Rows of an even size that begin with a byte: no value is alone in its byte. */
static void of_4_int4(const uint8_t *w, const int16_t *x, uint32_t size, uint32_t sums[4]) {
  uint32_t row = size / 2;
  for (uint32_t i = 0; i < 4; i++) {
    sums[i] = 0;
  }
  for (uint32_t k = 0; k < row; k++, x += 2) {
    int32_t even = x[0];
    int32_t odd = x[1];
    const uint8_t *pair = w + k;
    for (uint32_t i = 0; i < 4; i++, pair += row) {
      sums[i] += (uint32_t)(even * low_of(*pair)) + (uint32_t)(odd * high_of(*pair));
    }
  }
}

void mendlite_products_of_4(const struct mendlite_weights *weights, uint32_t first,
                            const int16_t *x, uint32_t size, uint32_t sums[4]) {
  if (weights->form == MENDLITE_WEIGHTS_INT8) {
    of_4_int8((const int8_t *)weights->data + first, x, size, sums);
  } else if (weights->form == MENDLITE_WEIGHTS_INT4 && first % 2 == 0 && size % 2 == 0) {
    of_4_int4(weights->data + first / 2, x, size, sums);
  } else {
    for (uint32_t i = 0; i < 4; i++) {
      sums[i] = mendlite_products(weights, first + i * size, x, size);
    }
  }
}
