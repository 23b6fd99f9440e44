/* MLPerf Tiny's text protocol, on made models whose inputs have the benchmarks' sizes. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "client.h"
#include "crc32.h"
#include "digits.h"
#include "engine/model.h"
#include "fake_port.h"
#include "op_models.h"

static struct client client;
static uint8_t file[MADE_ROOM];

static int set_up(void **state) {
  (void)state;
  fake_port_start();
  client_start(&client);
  client_hello(&client);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  client_end(&client);
  return 0;
}

/* RELU of so many values, scale 0.5 in and out: what is not negative stays. */
static void load_relu(int32_t values) {
  struct made_model model = op_model_of("relu")->model;
  for (int i = 0; i < 2; i++) {
    model.tensor[i].dims[0] = values;
    model.tensor[i].scale[0] = 0.5f;
    model.tensor[i].zero_point = 0;
  }
  client_load_model(&client, file, make_model(&model, file));
}

static void expect(const char *command, const char *wanted) {
  assert_string_equal(client_say(&client, command), wanted);
}

#define READY "m-ready\r\n"
#define ERROR(text) "e-[" text "]\r\n" READY

static void says_that_it_is_ready(void **state) {
  (void)state;
  static const char wanted[] = "m-init-done\r\n" READY;
  fake_port.used = 0;
  client_restart(&client, 0, CLIENT_BUFFERS);
  assert_int_equal(fake_port.used, sizeof wanted - 1);
  assert_memory_equal(fake_port.written, wanted, sizeof wanted - 1);
}

/* Flash without a model is no error. */
static void starts_with_erased_flash(void **state) {
  (void)state;
  static uint8_t erased[64];
  memset(erased, 0xff, sizeof erased);
  fake_port.flash = (struct mendlite_port_flash){.data = erased, .size = sizeof erased};
  client_end(&client);
  client_start(&client);
  assert_null(client.harness.board.store.engine);
}

static void names_itself(void **state) {
  (void)state;
  expect("name%", "m-name-dut-[mendlite]\r\n" READY);
  expect("\r\nname\r\n%", "m-name-dut-[mendlite]\r\n" READY);
  expect("profile%", "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[none]\r\n" READY);
  fake_port.micros = 1234567890;
  expect("timestamp%", "m-lap-us-1234567890\r\n" READY);
  expect("nonsense 5%", ERROR("Unknown command: nonsense"));
  expect("\r\n%", ERROR("Unknown command: "));
  assert_non_null(strstr(client_say(&client, "help%"), "db load N"));
}

static void tells_the_benchmark_by_its_input(void **state) {
  (void)state;
  load_relu(490);
  expect("profile%", "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[kws01]\r\n" READY);
  load_relu(640);
  expect("profile%", "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[ad01]\r\n" READY);
}

static void takes_its_input_in_hex(void **state) {
  (void)state;
  expect("db%", ERROR("Command 'db' requires a subcommand"));
  expect("db load 4%", ERROR("No model, or no room for its input"));
  load_relu(4);
  expect("db 00%", ERROR("Not ready for data: 'db load' first"));
  expect("db load%", ERROR("Command 'db load' requires the # of bytes"));
  expect("db load 0%", ERROR("Command 'db load' must be >0 bytes"));
  expect("db load x%", ERROR("Command 'db load' must be >0 bytes"));
  expect("db load 27649%", ERROR("Command 'db load' must be <=27648 bytes"));
  expect("db load 27648%", ERROR("No model, or no room for its input"));
  expect("db load 4%", "m-[Expecting 4 bytes]\r\n" READY);
  expect("db 0aF%", ERROR("Insufficient number of hex digits"));
  expect("db print%", READY);
  expect("db 0a%", READY);
  expect("db F0xy%", ERROR("Invalid hex digit 'xy'"));
  /* What comes behind the last one is not wanted. */
  expect("db 111213%", "m-load-done\r\n" READY);
  expect("db print%", "m-buffer-0a-f0-11-12\r\n" READY);
  expect("db 13%", ERROR("More bytes than expected"));
}

static void prints_lines_of_8(void **state) {
  (void)state;
  load_relu(4);
  expect("db load 9%", "m-[Expecting 9 bytes]\r\n" READY);
  expect("db 000102030405060708%", "m-load-done\r\n" READY);
  expect("db print%", "m-buffer-00-01-02-03-04-05-06-07\r\nm-buffer-08\r\n" READY);
}

/* Sends so many bytes of the same value. */
static void load_input(uint32_t size, const char *hex) {
  char command[80];
  snprintf(command, sizeof command, "db load %u%%", size);
  client_say(&client, command);
  snprintf(command, sizeof command, "db %s%%", hex);
  for (uint32_t i = 0; i < size; i += (uint32_t)strlen(hex) / 2) {
    client_say(&client, command);
  }
}

static void infers(void **state) {
  (void)state;
  expect("infer%", ERROR("No model or no input for it: load both first"));
  expect("results%", ERROR("No results yet"));
  load_relu(490);
  expect("infer%", ERROR("No model or no input for it: load both first"));
  load_input(490, "03");
  expect("results%", ERROR("No results yet"));
  fake_port.micros = 0;
  fake_port.step = 7;
  const char *said = client_say(&client, "infer 3 2%");
  static const char start[] =
      "m-warmup-start-2\r\nm-warmup-done\r\nm-infer-start-3\r\nm-lap-us-7\r\nm-lap-us-14\r\n"
      "m-infer-done\r\nm-results-[1.500,1.500,";
  assert_memory_equal(said, start, sizeof start - 1);
  assert_non_null(strstr(said, ",1.500]\r\nm-ready"));
  said = client_say(&client, "results%");
  assert_memory_equal(said, "m-results-[1.500,", 17);
  /* Ten times to warm up where nothing is said. */
  said = client_say(&client, "infer%");
  assert_memory_equal(said, "m-warmup-start-10\r\n", 19);
  expect("infer 0%", ERROR("Inference iterations must be >0"));
  expect("infer x%", ERROR("Inference iterations must be >0"));
  expect("infer 1 x%", ERROR("Inference warmup must be >=0"));
  expect("infer 1 -1%", ERROR("Inference warmup must be >=0"));
}

static void takes_pictures_without_sign(void **state) {
  (void)state;
  load_relu(3072);
  load_input(3072, "82");
  /* 0x82 is 2 in int8. */
  assert_non_null(strstr(client_say(&client, "infer 1 0%"), "m-results-[1.000,1.000,"));
}

/* Input 2.0 becomes 4, and 4 stands for 2.0; NaN and infinity become some int8, and no trap. */
static void takes_sound_as_floats(void **state) {
  (void)state;
  load_relu(640);
  load_input(2560, "00000040");
  assert_non_null(strstr(client_say(&client, "infer 1 0%"), "m-results-[0.000]\r\n"));
  /* -1 becomes 0: the squared difference is 1. */
  load_input(2560, "000080bf");
  assert_non_null(strstr(client_say(&client, "infer 1 0%"), "m-results-[1.000]\r\n"));
  load_input(2560, "0000c07f");
  client_say(&client, "infer 1 0%");
  load_input(2560, "000080ff");
  assert_non_null(strstr(client_say(&client, "infer 1 0%"), "m-results-[4000000.000]\r\n"));
}

/* What was expected for one model is not written behind another, whose arena is larger. */
static void expects_nothing_for_another_model(void **state) {
  (void)state;
  struct digits model = digits_model();
  load_relu(4);
  expect("db load 20000%", "m-[Expecting 20000 bytes]\r\n" READY);
  client_load_model(&client, model.data, model.size);
  assert_true(mendlite_store_free(&client.harness.board.store) < 20000);
  expect("db 00%", ERROR("Not ready for data: 'db load' first"));
  expect("db print%", READY);
}

/* Nor over samples that came since, whose checksum stands. */
static void keeps_its_hands_off_samples(void **state) {
  (void)state;
  static const uint8_t samples[] = {1, 2, 3, 4};
  load_relu(4);
  expect("db load 4%", "m-[Expecting 4 bytes]\r\n" READY);
  client_upload(&client, MENDLITE_AREA_SAMPLES, samples, sizeof samples);
  expect("db 09%", ERROR("Not ready for data: 'db load' first"));
  assert_memory_equal(client.harness.board.store.samples.data, samples, sizeof samples);
  /* The other way round a run has no samples left. */
  client_run(&client, 1, 1, mendlite_crc32(0, samples, sizeof samples), NULL, 0, NULL);
  expect("db load 4%", "m-[Expecting 4 bytes]\r\n" READY);
  assert_false(mendlite_harness_step(&client.harness));
}

/* A zero ends what was said, so that a host that waits for a frame does not take it for one. */
static void ends_text_before_a_frame(void **state) {
  (void)state;
  client_say(&client, "name%");
  client_hello(&client);
  assert_int_equal(fake_port.written[0], 0);
  client_hello(&client);
  assert_int_not_equal(fake_port.written[0], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(says_that_it_is_ready),
      TEST(starts_with_erased_flash),
      TEST(names_itself),
      TEST(tells_the_benchmark_by_its_input),
      TEST(takes_its_input_in_hex),
      TEST(prints_lines_of_8),
      TEST(infers),
      TEST(takes_pictures_without_sign),
      TEST(takes_sound_as_floats),
      TEST(expects_nothing_for_another_model),
      TEST(keeps_its_hands_off_samples),
      TEST(ends_text_before_a_frame),
  };
  return RUN(tests);
}
