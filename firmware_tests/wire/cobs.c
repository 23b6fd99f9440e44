#include "cobs.h"

#include <string.h>

#include "status.h"

enum { LONGEST = 254 };

size_t mendlite_cobs_encode(const uint8_t *data, size_t size, uint8_t *encoded) {
  size_t code_at = 0;
  size_t used = 1;
  uint8_t code = 1;
  for (size_t i = 0; i < size; i++) {
    if (data[i] != 0) {
      encoded[used++] = data[i];
      code++;
    }
    if (data[i] == 0 || (code == LONGEST + 1 && i + 1 < size)) {
      encoded[code_at] = code;
      code_at = used++;
      code = 1;
    }
  }
  encoded[code_at] = code;
  return used;
}

int32_t mendlite_cobs_decode(uint8_t *data, size_t size) {
  size_t from = 0;
  size_t to = 0;
  while (from < size) {
    size_t code = data[from++];
    if (code == 0 || code - 1 > size - from) {
      return MENDLITE_STATUS_DAMAGED;
    }
    memmove(data + to, data + from, code - 1);
    to += code - 1;
    from += code - 1;
    if (code <= LONGEST && from < size) {
      data[to++] = 0;
    }
  }
  return (int32_t)to;
}
