#include "engine/ops/inverse_root.h"

/* 1 and 3 / 2 with 3 integer bits, sqrt(2) / 2 with none. */
enum { ONE = 1 << 28, HALF_THREE = (1 << 28) + (1 << 27), HALF_ROOT_TWO = 1518500250, ROUNDS = 5 };

static int32_t shifted(int32_t x, int32_t bits) {
  int64_t wide = (int64_t)x * (INT64_C(1) << bits);
  return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

/* Newton's method on an input with 3 integer bits; the root has as many. */
static int32_t newton(int32_t x) {
  int32_t half = (x + 1) >> 1;
  int32_t root = ONE;
  for (int32_t i = 0; i < ROUNDS; i++) {
    int32_t square = mendlite_doubling_high_mul(root, root);
    int32_t cube = shifted(mendlite_doubling_high_mul(square, root), 6);
    int32_t step = mendlite_doubling_high_mul(root, HALF_THREE);
    root = shifted(step - mendlite_doubling_high_mul(half, cube), 3);
  }
  return mendlite_doubling_high_mul(root, HALF_ROOT_TWO);
}

struct mendlite_multiplier mendlite_inverse_root(int32_t x) {
  if (x <= 1) {
    return (struct mendlite_multiplier){.factor = INT32_MAX, .shift = 0};
  }
  int32_t right = 11;
  for (; x >= 1 << 29; right++) {
    x /= 4;
  }
  /* By pairs of bits up to the second from the sign. */
  for (; x < 1 << 27; right--) {
    x *= 4;
  }
  int32_t root = newton(x >> 1);
  return (struct mendlite_multiplier){.factor = right < 0 ? shifted(root, -right) : root,
                                      .shift = right < 0 ? 0 : -right};
}
