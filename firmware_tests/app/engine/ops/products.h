/* Sums of products of a layer's inputs and weights, which are int8, uint8 with a zero-point, or
 * int4: two values a byte, the first in the low half. int4 weights are read where they lie: no
 * layer is unpacked. */
#ifndef MENDLITE_PRODUCTS_H
#define MENDLITE_PRODUCTS_H

#include <stdint.h>

enum mendlite_weights_form { MENDLITE_WEIGHTS_INT8, MENDLITE_WEIGHTS_INT4, MENDLITE_WEIGHTS_UINT8 };

/* The values of a weight tensor. */
struct mendlite_weights {
  const uint8_t *data;
  enum mendlite_weights_form form;
  /* Of uint8, 0 ... 255; else 0. */
  int32_t zero_point;
};

/* Value number n, from 0, less the zero-point: -128 ... 127, of int4 -8 ... 7, of uint8 -255 ...
 * 255. */
int32_t mendlite_weight(const struct mendlite_weights *weights, uint32_t n);

/* Inputs for products: x[i] - zero_point of size int8 values, in the order in which this build
 * takes inputs of int8 weights (products_dsp.h), else in their own. centred is aligned to 4. */
void mendlite_products_centre(const struct mendlite_weights *weights, const int8_t *x,
                              uint32_t size, int32_t zero_point, int16_t *centred);

/* The sum of x[k] * weight(first + k) over size values, modulo 2^32: sound models stay within
 * int32. */
uint32_t mendlite_products(const struct mendlite_weights *weights, uint32_t first, const int16_t *x,
                           uint32_t size);

/* The same for four rows of size values, the first of which begins at value first. */
void mendlite_products_of_4(const struct mendlite_weights *weights, uint32_t first,
                            const int16_t *x, uint32_t size, uint32_t sums[4]);

#endif
