/* Writes what the fuzzers begin with: make_seeds MODEL MODELS_FOLDER SCRIPTS_FOLDER. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "op_models.h"
#include "script.h"
#include "session.h"

static void save(const char *folder, const char *name, const uint8_t *data, size_t size) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
}

static void add(struct mendlite_writer *script, enum script action, uint8_t detail,
                const void *data, size_t size) {
  mendlite_write_u8(script, (uint8_t)action);
  mendlite_write_u8(script, detail);
  mendlite_write_u16(script, (uint16_t)size);
  mendlite_write_bytes(script, data, size);
}

static void add_text(struct mendlite_writer *script, const char *text) {
  add(script, SCRIPT_TEXT, 0, text, strlen(text));
}

/* A whole visit: upload, load, samples, run, results, an edit, text, a reset. */
static void save_script(const char *folder, const char *name, const uint8_t *model, size_t size,
                        const void *sample, size_t sample_size) {
  static uint8_t data[MADE_ROOM];
  static const uint8_t run[] = {1, 1};
  static const uint8_t run_tensors[] = {2, 1, 1};
  static const uint8_t results[] = {2, 1, 0, 0, 0, 0, 0, 1, 0};
  static const uint8_t patch[] = {30, 0, 0, 0, 1, 0, 0};
  struct mendlite_writer script = {.data = data, .room = sizeof data};
  add(&script, SCRIPT_UPLOAD, 0, model, size);
  add(&script, SCRIPT_LOAD, 1, "", 0);
  add(&script, SCRIPT_UPLOAD, 1, sample, sample_size);
  add(&script, SCRIPT_RUN, 0, run, sizeof run);
  add(&script, SCRIPT_STEP, 0, "", 0);
  add(&script, SCRIPT_RUN, 0, run, sizeof run);
  add(&script, SCRIPT_FRAME, MENDLITE_REQUEST_READ, results, sizeof results);
  add(&script, SCRIPT_RUN, 0, run_tensors, sizeof run_tensors);
  add(&script, SCRIPT_STEP, 0, "", 0);
  add_text(&script, "db load 8");
  add_text(&script, "db 0001020304050607");
  add_text(&script, "db print");
  add_text(&script, "infer 1 1");
  add(&script, SCRIPT_FRAME, MENDLITE_REQUEST_PATCH, patch, sizeof patch);
  add_text(&script, "profile");
  add(&script, SCRIPT_FRAME, MENDLITE_REQUEST_BYE, "", 0);
  add(&script, SCRIPT_FRAME, MENDLITE_REQUEST_RESET, "", 0);
  save(folder, name, data, script.used);
}

/* A benchmark's input by the text protocol, then inferences. */
static void save_benchmark(const char *folder, const char *name, int32_t values, uint32_t size) {
  static uint8_t data[MADE_ROOM];
  static uint8_t file[MADE_ROOM];
  struct made_model model = op_model_of("relu")->model;
  struct mendlite_writer script = {.data = data, .room = sizeof data};
  char load[32];
  model.tensor[0].dims[0] = values;
  model.tensor[1].dims[0] = values;
  add(&script, SCRIPT_UPLOAD, 0, file, make_model(&model, file));
  add(&script, SCRIPT_LOAD, 1, "", 0);
  snprintf(load, sizeof load, "db load %u", size);
  add_text(&script, load);
  /* 40 digits a command. */
  for (uint32_t at = 0; at < size; at += 20) {
    add_text(&script, "db 000080bf000080bf000080bf000080bf000080bf");
  }
  add_text(&script, "infer 2 1");
  add_text(&script, "results");
  save(folder, name, data, script.used);
}

/* Hostile relatives of a model: constants behind the flatbuffer, scales whose quotient is just
 * accepted, biases at int32's end, an operator code in one field alone. */
static void save_relatives(const char *folder, const struct op_model *one) {
  static uint8_t file[MADE_ROOM];
  static const int32_t ends[] = {INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX};
  char name[64];
  struct made_model model = one->model;
  for (uint32_t i = 0; i < model.tensors; i++) {
    model.tensor[i].outside = model.tensor[i].constant != NULL;
  }
  snprintf(name, sizeof name, "%s_outside", one->name);
  save(folder, name, file, make_model(&model, file));
  model = one->model;
  model.tensor[model.tensors - 1].scale[0] = 1.1f / (1 << 30);
  model.op[0].old_code = -1;
  snprintf(name, sizeof name, "%s_multiplied", one->name);
  save(folder, name, file, make_model(&model, file));
  model = one->model;
  if (model.tensors > 3 && model.tensor[2].constant_size <= sizeof ends) {
    model.tensor[2].constant = ends;
    snprintf(name, sizeof name, "%s_ends", one->name);
    save(folder, name, file, make_model(&model, file));
  }
}

int main(int count, char **arguments) {
  static uint8_t model[MADE_ROOM];
  static const uint8_t image[64];
  if (count != 4) {
    return 2;
  }
  for (uint32_t i = 0; i < op_models_count; i++) {
    const struct op_model *one = &op_models[i];
    uint32_t size = make_model(&one->model, model);
    save(arguments[2], one->name, model, size);
    save_relatives(arguments[2], one);
    save_script(arguments[3], one->name, model, size, one->input, one->input_size);
  }
  save_benchmark(arguments[3], "kws01", 490, 490);
  save_benchmark(arguments[3], "ad01", 640, 2560);
  FILE *file = fopen(arguments[1], "rb");
  if (file == NULL) {
    perror(arguments[1]);
    return 1;
  }
  size_t size = fread(model, 1, sizeof model, file);
  fclose(file);
  save(arguments[2], "digits", model, size);
  save_script(arguments[3], "digits", model, size, image, sizeof image);
  return 0;
}
