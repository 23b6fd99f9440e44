#include "digits.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1 << 16 };

struct digits digits_model(void) {
  static uint8_t data[MOST];
  static struct digits digits;
  if (digits.size > 0) {
    return digits;
  }
  const char *path = getenv("MODEL");
  FILE *file = path == NULL ? NULL : fopen(path, "rb");
  if (file == NULL) {
    fprintf(stderr, "MODEL names no file: run the tests by make\n");
    exit(2);
  }
  digits = (struct digits){.data = data, .size = (uint32_t)fread(data, 1, sizeof data, file)};
  fclose(file);
  return digits;
}
