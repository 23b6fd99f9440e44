#include "dut.h"

#include <string.h>

#include "bytes.h"
#include "port.h"
#include "text.h"

/* The benchmarks, told by the bytes of their inputs as the runner sends them. */
enum input_form { FORM_INT8, FORM_UINT8, FORM_FLOAT32 };

struct benchmark {
  const char *name;
  uint32_t values;
  enum input_form form;
  /* The result is the mean squared difference of output and input. */
  bool autoencoder;
};

static const struct benchmark benchmarks[] = {
    {.name = "ic01", .values = 32 * 32 * 3, .form = FORM_UINT8, .autoencoder = false},
    {.name = "vww01", .values = 96 * 96 * 3, .form = FORM_UINT8, .autoencoder = false},
    {.name = "kws01", .values = 49 * 10, .form = FORM_INT8, .autoencoder = false},
    {.name = "ad01", .values = 640, .form = FORM_FLOAT32, .autoencoder = true},
};

/* The runner's own buffer is this large. */
enum { LARGEST_INPUT = 27648 };

/* Bytes in a line of `db print`. */
enum { PRINTED = 8 };

static const char version[] = "ULPMark for tinyML Firmware V0.0.1";

static void say_error(const char *text) {
  mendlite_say("e-[");
  mendlite_say(text);
  mendlite_say("]\r\n");
}

/* What noise made of a word must not look like a frame. */
static void say_word(struct mendlite_word word) {
  for (size_t i = 0; i < word.size; i++) {
    char letter = word.text[i];
    const char text[] = {letter, '\0'};
    mendlite_say(letter > ' ' && letter <= '~' ? text : "?");
  }
}

static const struct benchmark *benchmark_of(const struct mendlite_engine *engine) {
  for (size_t i = 0; engine != NULL && i < sizeof benchmarks / sizeof benchmarks[0]; i++) {
    if (mendlite_engine_input(engine, 0).size == benchmarks[i].values) {
      return &benchmarks[i];
    }
  }
  return NULL;
}

static float float_at(const uint8_t *data) {
  struct mendlite_reader reader = {.data = data, .size = sizeof(uint32_t)};
  uint32_t bits = mendlite_read_u32(&reader);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Rounds half away from zero before the zero point is added, as the benchmarks' own code does. */
static int8_t quantized(float value, struct mendlite_engine_quantization by) {
  float scaled = value / by.scale;
  /* Beyond 512 all is saturated. NaN is neither above nor below: it becomes the lowest. */
  float kept = scaled >= 512 ? 512 : scaled > -512 ? scaled : -512;
  int32_t rounded = (int32_t)kept;
  /* Exact, which kept + 0.5f is not. */
  float rest = kept - (float)rounded;
  rounded += (rest >= 0.5f) - (rest <= -0.5f) + by.zero_point;
  return (int8_t)(rounded > 127 ? 127 : rounded < -128 ? -128 : rounded);
}

/* th_load_tensor: the buffer's bytes as the model's input. */
static void load_tensor(const struct mendlite_board *board, const struct benchmark *benchmark) {
  const struct mendlite_engine *engine = board->store.engine;
  struct mendlite_engine_values input = mendlite_engine_input(engine, 0);
  struct mendlite_engine_quantization by = mendlite_engine_input_quantization(engine, 0);
  const uint8_t *buffer = board->dut.input.data;
  for (uint32_t i = 0; i < benchmark->values; i++) {
    switch (benchmark->form) {
      case FORM_INT8:
        input.data[i] = buffer[i];
        break;
      case FORM_UINT8:
        input.data[i] = (uint8_t)(buffer[i] - 128);
        break;
      case FORM_FLOAT32:
        input.data[i] = (uint8_t)quantized(float_at(buffer + 4 * (size_t)i), by);
        break;
    }
  }
}

static float output_at(const struct mendlite_engine *engine, uint32_t i) {
  struct mendlite_engine_quantization by = mendlite_engine_output_quantization(engine, 0);
  int32_t value = (int8_t)mendlite_engine_output(engine, 0).data[i];
  return by.scale * (float)(value - by.zero_point);
}

static void say_autoencoder(const struct mendlite_board *board, const struct benchmark *benchmark) {
  const struct mendlite_engine *engine = board->store.engine;
  float sum = 0;
  for (uint32_t i = 0; i < benchmark->values; i++) {
    float difference = output_at(engine, i) - float_at(board->dut.input.data + 4 * (size_t)i);
    sum += difference * difference;
  }
  mendlite_say_thousandths((double)(sum / (float)benchmark->values));
}

static void say_results(const struct mendlite_board *board, const struct benchmark *benchmark) {
  const struct mendlite_engine *engine = board->store.engine;
  uint32_t count = mendlite_engine_output(engine, 0).size;
  mendlite_say("m-results-[");
  if (benchmark->autoencoder && count == benchmark->values) {
    say_autoencoder(board, benchmark);
  } else {
    for (uint32_t i = 0; i < count; i++) {
      mendlite_say(i > 0 ? "," : "");
      mendlite_say_thousandths((double)output_at(engine, i));
    }
  }
  mendlite_say("]\r\n");
}

static void say_lap(void) {
  mendlite_say("m-lap-us-");
  mendlite_say_unsigned(mendlite_port_micros());
  mendlite_say("\r\n");
}

static uint32_t input_bytes(const struct benchmark *benchmark) {
  return benchmark->values * (benchmark->form == FORM_FLOAT32 ? 4 : 1);
}

/* Runs the buffer's input so often; false where the engine fails. */
static bool repeat(const struct mendlite_board *board, const struct benchmark *benchmark,
                   uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    /* A run leaves nothing of its input. */
    load_tensor(board, benchmark);
    mendlite_engine_reset(board->store.engine);
    if (mendlite_engine_run(board->store.engine, NULL, NULL) < 0) {
      say_error("The engine failed");
      return false;
    }
  }
  return true;
}

static void infer(struct mendlite_board *board, uint32_t count, uint32_t warmup) {
  const struct benchmark *benchmark = benchmark_of(board->store.engine);
  if (benchmark == NULL || board->dut.received != input_bytes(benchmark)) {
    say_error("No model or no input for it: load both first");
    return;
  }
  board->dut.ran = false;
  mendlite_say("m-warmup-start-");
  mendlite_say_unsigned(warmup);
  mendlite_say("\r\n");
  if (!repeat(board, benchmark, warmup)) {
    return;
  }
  mendlite_say("m-warmup-done\r\nm-infer-start-");
  mendlite_say_unsigned(count);
  mendlite_say("\r\n");
  say_lap();
  if (!repeat(board, benchmark, count)) {
    return;
  }
  say_lap();
  mendlite_say("m-infer-done\r\n");
  board->dut.ran = true;
  say_results(board, benchmark);
}

static void infer_command(struct mendlite_board *board, const char *at, const char *end) {
  uint32_t count = 1;
  uint32_t warmup = 10;
  struct mendlite_word first = mendlite_next_word(&at, end);
  struct mendlite_word second = mendlite_next_word(&at, end);
  if (first.size > 0 && (!mendlite_word_number(first, &count) || count == 0)) {
    say_error("Inference iterations must be >0");
  } else if (second.size > 0 && !mendlite_word_number(second, &warmup)) {
    say_error("Inference warmup must be >=0");
  } else {
    infer(board, count, warmup);
  }
}

/* The size that a load asks for; 0 where it is none, which was said. */
static uint32_t load_size(struct mendlite_word word) {
  uint32_t size = 0;
  if (word.size == 0) {
    say_error("Command 'db load' requires the # of bytes");
  } else if (!mendlite_word_number(word, &size) || size == 0) {
    say_error("Command 'db load' must be >0 bytes");
    size = 0;
  } else if (size > LARGEST_INPUT) {
    say_error("Command 'db load' must be <=27648 bytes");
    size = 0;
  }
  return size;
}

static void db_load(struct mendlite_board *board, struct mendlite_word word) {
  struct mendlite_part input;
  uint32_t size = load_size(word);
  if (size == 0) {
    return;
  }
  if (mendlite_store_lend(&board->store, size, &input) < 0) {
    say_error("No model, or no room for its input");
    return;
  }
  mendlite_board_forget_runs(board);
  board->dut.input = input;
  mendlite_say("m-[Expecting ");
  mendlite_say_unsigned(size);
  mendlite_say(" bytes]\r\n");
}

static void db_bytes(struct mendlite_board *board, struct mendlite_word word) {
  struct mendlite_dut *dut = &board->dut;
  if (dut->input.size == 0 || board->store.engine == NULL) {
    say_error("Not ready for data: 'db load' first");
    return;
  }
  if (word.size % 2 == 1) {
    say_error("Insufficient number of hex digits");
    return;
  }
  if (dut->received == dut->input.size) {
    say_error("More bytes than expected");
    return;
  }
  for (size_t n = 0; 2 * n < word.size; n++) {
    uint8_t byte;
    if (!mendlite_word_byte(word, n, &byte)) {
      mendlite_say("e-[Invalid hex digit '");
      say_word((struct mendlite_word){.text = word.text + 2 * n, .size = 2});
      mendlite_say("']\r\n");
      return;
    }
    dut->input.data[dut->received++] = byte;
    if (dut->received == dut->input.size) {
      /* What else the command brings is not wanted. */
      mendlite_say("m-load-done\r\n");
      return;
    }
  }
}

static void db_print(const struct mendlite_board *board) {
  uint32_t count = board->store.engine == NULL ? 0 : board->dut.received;
  for (uint32_t i = 0; i < count; i++) {
    mendlite_say(i % PRINTED == 0 ? "m-buffer-" : "-");
    mendlite_say_hex(board->dut.input.data[i]);
    if (i % PRINTED == PRINTED - 1 || i + 1 == count) {
      mendlite_say("\r\n");
    }
  }
}

static void db_command(struct mendlite_board *board, const char *at, const char *end) {
  struct mendlite_word word = mendlite_next_word(&at, end);
  if (word.size == 0) {
    say_error("Command 'db' requires a subcommand");
  } else if (mendlite_word_is(word, "load")) {
    db_load(board, mendlite_next_word(&at, end));
  } else if (mendlite_word_is(word, "print")) {
    db_print(board);
  } else {
    db_bytes(board, word);
  }
}

static void say_profile(const struct mendlite_store *store) {
  const struct benchmark *benchmark = benchmark_of(store->engine);
  mendlite_say("m-profile-[");
  mendlite_say(version);
  mendlite_say("]\r\nm-model-[");
  mendlite_say(benchmark == NULL ? "none" : benchmark->name);
  mendlite_say("]\r\n");
}

static void results_command(const struct mendlite_board *board) {
  const struct benchmark *benchmark = benchmark_of(board->store.engine);
  bool input_there = benchmark != NULL && board->dut.received == input_bytes(benchmark);
  if (!input_there || !board->dut.ran) {
    say_error("No results yet");
    return;
  }
  say_results(board, benchmark);
}

static void help(void) {
  mendlite_say(version);
  mendlite_say(
      "\r\n\r\n"
      "help         : Print this information\r\n"
      "name         : Print the name of the device\r\n"
      "profile      : Print the benchmark that its model is of\r\n"
      "timestamp    : Print the time in microseconds\r\n"
      "db load N    : Expect N bytes of input\r\n"
      "db HH[HH]*   : Take bytes in hex until N are there\r\n"
      "db print     : Print the bytes that are there\r\n"
      "infer N [W]  : Run the input N times after W times to warm up\r\n"
      "results      : Print the last results\r\n");
}

static void unknown(struct mendlite_word word) {
  mendlite_say("e-[Unknown command: ");
  say_word(word);
  mendlite_say("]\r\n");
}

void mendlite_dut_command(struct mendlite_board *board, const char *command, size_t size) {
  const char *at = command;
  const char *end = command + size;
  struct mendlite_word word = mendlite_next_word(&at, end);
  if (mendlite_word_is(word, "name")) {
    mendlite_say("m-name-dut-[mendlite]\r\n");
  } else if (mendlite_word_is(word, "profile")) {
    say_profile(&board->store);
  } else if (mendlite_word_is(word, "timestamp")) {
    say_lap();
  } else if (mendlite_word_is(word, "db")) {
    db_command(board, at, end);
  } else if (mendlite_word_is(word, "infer")) {
    infer_command(board, at, end);
  } else if (mendlite_word_is(word, "results")) {
    results_command(board);
  } else if (mendlite_word_is(word, "help")) {
    help();
  } else {
    unknown(word);
  }
  mendlite_say("m-ready\r\n");
}

void mendlite_dut_start(struct mendlite_board *board) {
  struct mendlite_port_flash flash = mendlite_port_flash();
  int32_t failed_operator;
  if (flash.size > 0) {
    /* Erased or foreign flash is no error: a model can still be uploaded. */
    mendlite_store_load(&board->store, flash.data, (uint32_t)flash.size, MENDLITE_PROFILE_TFLM,
                        &failed_operator);
  }
  mendlite_say("m-init-done\r\nm-ready\r\n");
}
