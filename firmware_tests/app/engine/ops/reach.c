#include "engine/ops/reach.h"

#include <math.h>

int64_t mendlite_row_reach(const uint8_t *row, uint32_t width, int32_t zero_point) {
  int32_t above = INT8_MAX - zero_point;
  int32_t below = zero_point - INT8_MIN;
  int64_t sum = 0;
  for (uint32_t i = 0; i < width; i++) {
    int32_t weight = (int8_t)row[i];
    sum += weight < 0 ? -weight : weight;
  }
  return sum * (above > below ? above : below);
}

bool mendlite_stays_within_int32(int64_t reach, struct mendlite_multiplier by) {
  double shifted = ldexp((double)reach, by.shift > 0 ? by.shift : 0);
  double scaled = ldexp((double)reach * by.factor, by.shift - 31);
  return shifted < 2147483648.0 && scaled < 2147483648.0 - 512;
}
