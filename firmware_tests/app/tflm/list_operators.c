/* list_operators MODEL...: the rows of operators.def that the models need, once each.
 *
 * Runs on the computer that builds: the firmware then registers these operators alone. Exit code 1,
 * with one line on stderr, for a file that is no model or an operator without a row. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/model.h"

struct row {
  int32_t code;
  const char *text;
};

#define MENDLITE_TFLM_OPERATOR(name, code, method) \
  {code, "MENDLITE_TFLM_OPERATOR(" #name ", " #code ", " #method ")"},
static const struct row rows[] = {
#include "tflm/operators.def"
};
#undef MENDLITE_TFLM_OPERATOR

enum { ROWS = sizeof rows / sizeof rows[0], LARGEST = 1 << 30 };

static bool fail(const char *path, const char *what) {
  fprintf(stderr, "MODEL=%s: %s\n", path, what);
  return false;
}

/* All bytes of a file, which the caller frees; NULL where it cannot be read. */
static uint8_t *read_file(const char *path, uint32_t *size) {
  FILE *file = fopen(path, "rb");
  long end = -1;
  uint8_t *data = NULL;
  if (file == NULL) {
    return NULL;
  }
  if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) > 0 && end < LARGEST &&
      fseek(file, 0, SEEK_SET) == 0 && (data = malloc((size_t)end)) != NULL &&
      fread(data, 1, (size_t)end, file) != (size_t)end) {
    free(data);
    data = NULL;
  }
  fclose(file);
  *size = data == NULL ? 0 : (uint32_t)end;
  return data;
}

static bool note(const char *path, const struct mendlite_model *model, bool *needed) {
  for (uint32_t i = 0; i < model->operators.length; i++) {
    struct mendlite_node node;
    size_t row = 0;
    if (mendlite_model_node(model, i, &node) < 0) {
      return fail(path, "an operator of it is malformed");
    }
    while (row < ROWS && rows[row].code != node.code) {
      row++;
    }
    if (row == ROWS) {
      fprintf(stderr,
              "MODEL=%s: operator %u has BuiltinOperator code %d, which the adapter for TFLite "
              "Micro does not register (app/tflm/operators.def)\n",
              path, (unsigned int)i, (int)node.code);
      return false;
    }
    needed[row] = true;
  }
  return true;
}

static bool note_file(const char *path, bool *needed) {
  uint32_t size;
  struct mendlite_model model;
  errno = 0;
  uint8_t *data = read_file(path, &size);
  if (data == NULL) {
    return fail(path, errno == 0 ? "it is empty or too large" : strerror(errno));
  }
  bool noted = mendlite_model_open(&model, data, size) < 0 ? fail(path, "it is no .tflite file")
                                                           : note(path, &model, needed);
  free(data);
  return noted;
}

int main(int count, char **paths) {
  bool needed[ROWS] = {false};
  for (int i = 1; i < count; i++) {
    if (!note_file(paths[i], needed)) {
      return 1;
    }
  }
  for (size_t row = 0; row < ROWS; row++) {
    if (needed[row]) {
      puts(rows[row].text);
    }
  }
  return 0;
}
