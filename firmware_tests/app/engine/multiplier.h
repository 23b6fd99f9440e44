/* A real multiplier in fixed point: factor * 2^(shift - 31). */
#ifndef MENDLITE_MULTIPLIER_H
#define MENDLITE_MULTIPLIER_H

#include <stdint.h>

enum mendlite_rounding {
  /* A rounding doubling high multiplication, then a rounding shift: rounds twice. */
  MENDLITE_ROUND_DOUBLE = 0,
  /* One 64-bit product, one rounding shift (TFLITE_SINGLE_ROUNDING). */
  MENDLITE_ROUND_SINGLE = 1
};

struct mendlite_multiplier {
  /* 0, or in [2^30, 2^31). */
  int32_t factor;
  /* Bits to the left, -31 or more; for MENDLITE_ROUND_SINGLE at most 30. */
  int32_t shift;
};

#endif
