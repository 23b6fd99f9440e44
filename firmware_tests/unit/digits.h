/* The digits model, whose file the Makefile names in MODEL. */
#ifndef MENDLITE_DIGITS_H
#define MENDLITE_DIGITS_H

#include <stdint.h>

struct digits {
  uint8_t *data;
  uint32_t size;
};

/* Reads it once; without it the tests end. */
struct digits digits_model(void);

#endif
