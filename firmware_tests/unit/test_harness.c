/* The harness as a host sees it: uploads, runs, edits, resets, and every request that does not fit.
 */
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
  assert_int_equal(client_hello(&client), MENDLITE_STATUS_OK);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  client_end(&client);
  return 0;
}

/* Two samples of RELU: 4 bytes each. */
static const uint8_t samples[] = {0xfb, 0, 3, 100, 1, 2, 3, 4};
/* Scale 2 to scale 1 and zero-point 1. */
static const uint8_t results[] = {1, 1, 7, 127, 3, 5, 7, 9};

static uint32_t samples_crc(void) { return mendlite_crc32(0, samples, sizeof samples); }

static uint32_t load_relu(void) {
  uint32_t size = make_model(&op_model_of("relu")->model, file);
  client_load_model(&client, file, size);
  return size;
}

static void run_all(void) {
  while (mendlite_harness_step(&client.harness)) {
  }
}

static void introduces_itself(void **state) {
  (void)state;
  static const uint8_t hello[] = {MENDLITE_PROTOCOL_VERSION, CLIENT_SESSION};
  struct mendlite_reader rest;
  const uint8_t *text;
  static uint8_t flash[32];
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_HELLO, hello, 2, &rest),
                   MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_read_u8(&rest), MENDLITE_PROTOCOL_VERSION);
  assert_int_equal(mendlite_read_u8(&rest), 0);
  assert_int_equal(mendlite_read_u32(&rest), 1 + 4 + 8 + 16 + 32 + 64);
  assert_int_equal(mendlite_read_u16(&rest), MENDLITE_FRAME_PAYLOAD);
  assert_int_equal(mendlite_read_u32(&rest), CLIENT_MEMORY);
  assert_int_equal(mendlite_read_u32(&rest), 0);
  assert_int_equal(mendlite_read_u8(&rest), 4);
  text = mendlite_read_bytes(&rest, 4);
  assert_memory_equal(text, "fake", 4);
  assert_int_equal(mendlite_read_u8(&rest), strlen(mendlite_engine_name));
  text = mendlite_read_bytes(&rest, strlen(mendlite_engine_name));
  assert_memory_equal(text, mendlite_engine_name, strlen(mendlite_engine_name));
  assert_true(mendlite_read_all(&rest));
  /* With flash it executes in place. */
  fake_port.flash = (struct mendlite_port_flash){.data = flash, .size = sizeof flash};
  client_ask(&client, MENDLITE_REQUEST_HELLO, hello, 2, &rest);
  mendlite_read_u16(&rest);
  assert_int_equal(mendlite_read_u32(&rest), 1 + 2 + 4 + 8 + 16 + 32 + 64);
}

static void uploads_loads_runs_and_reads(void **state) {
  (void)state;
  struct mendlite_reader rest;
  uint32_t size = make_model(&op_model_of("relu")->model, file);
  client_upload(&client, MENDLITE_AREA_MODEL, file, size);
  assert_int_equal(client_load(&client, 0, size, mendlite_crc32(0, file, size), &rest),
                   MENDLITE_STATUS_OK);
  assert_int_equal((int32_t)mendlite_read_u32(&rest), -1);
  assert_int_equal(mendlite_read_u32(&rest),
                   mendlite_engine_arena_used(client.harness.board.store.engine));
  assert_int_equal(mendlite_read_u32(&rest), mendlite_store_free(&client.harness.board.store));
  assert_int_equal(mendlite_read_u32(&rest), 4);
  assert_int_equal(mendlite_read_u32(&rest), 4);
  client_upload(&client, MENDLITE_AREA_SAMPLES, samples, sizeof samples);
  fake_port.step = 10;
  assert_int_equal(client_run(&client, 5, 2, samples_crc(), NULL, 0, &rest), MENDLITE_STATUS_BUSY);
  assert_int_equal(mendlite_read_u16(&rest), 0);
  assert_int_equal(client_read(&client, MENDLITE_AREA_RESULTS, 5, 0, 1, NULL),
                   MENDLITE_STATUS_WRONG_STATE);
  assert_true(mendlite_harness_step(&client.harness));
  assert_true(mendlite_harness_step(&client.harness));
  assert_false(mendlite_harness_step(&client.harness));
  assert_int_equal(client_run(&client, 5, 2, samples_crc(), NULL, 0, &rest), MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_read_u16(&rest), 2);
  assert_int_equal(mendlite_read_u32(&rest), 20);
  assert_int_equal(mendlite_read_u32(&rest), sizeof results);
  assert_int_equal(mendlite_read_u32(&rest), mendlite_crc32(0, results, sizeof results));
  assert_int_equal(client_read(&client, MENDLITE_AREA_RESULTS, 5, 2, 6, &rest), MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_read_u32(&rest), 2);
  assert_memory_equal(mendlite_read_bytes(&rest, 6), results + 2, 6);
  /* Another run's results are not there. */
  assert_int_equal(client_read(&client, MENDLITE_AREA_RESULTS, 6, 0, 1, NULL),
                   MENDLITE_STATUS_WRONG_STATE);
}

static void runs_the_same_number_once(void **state) {
  (void)state;
  struct mendlite_reader rest;
  load_relu();
  client_upload(&client, MENDLITE_AREA_SAMPLES, samples, sizeof samples);
  client_run(&client, 1, 2, samples_crc(), NULL, 0, &rest);
  run_all();
  assert_int_equal(client_run(&client, 1, 2, samples_crc(), NULL, 0, &rest), MENDLITE_STATUS_OK);
  assert_false(mendlite_harness_step(&client.harness));
  /* Another number is another run. */
  assert_int_equal(client_run(&client, 2, 2, samples_crc(), NULL, 0, &rest), MENDLITE_STATUS_BUSY);
  assert_true(mendlite_harness_step(&client.harness));
}

static void shows_tensors_that_are_asked_for(void **state) {
  (void)state;
  static const int32_t twice[] = {1, 1};
  static const int32_t input[] = {0};
  struct mendlite_reader rest;
  load_relu();
  client_upload(&client, MENDLITE_AREA_SAMPLES, samples, sizeof samples);
  client_run(&client, 1, 2, samples_crc(), twice, 2, &rest);
  run_all();
  client_run(&client, 1, 2, samples_crc(), twice, 2, &rest);
  mendlite_read_u16(&rest);
  mendlite_read_u32(&rest);
  assert_int_equal(mendlite_read_u32(&rest), 2 * sizeof results);
  client_read(&client, MENDLITE_AREA_RESULTS, 1, 0, 16, &rest);
  mendlite_read_u32(&rest);
  assert_memory_equal(mendlite_read_bytes(&rest, 4), results, 4);
  assert_memory_equal(mendlite_read_bytes(&rest, 4), results, 4);
  assert_memory_equal(mendlite_read_bytes(&rest, 4), results + 4, 4);
  /* An input's bytes do not survive a run: it is not shown. */
  assert_int_equal(client_run(&client, 2, 2, samples_crc(), input, 1, NULL),
                   MENDLITE_STATUS_UNSUPPORTED);
}

static void refuses_runs_that_do_not_fit(void **state) {
  (void)state;
  static const int32_t many[MENDLITE_MOST_TENSORS + 1] = {1};
  assert_int_equal(client_run(&client, 1, 2, 0, NULL, 0, NULL), MENDLITE_STATUS_WRONG_STATE);
  load_relu();
  assert_int_equal(client_run(&client, 1, 2, 0, NULL, 0, NULL), MENDLITE_STATUS_WRONG_STATE);
  client_upload(&client, MENDLITE_AREA_SAMPLES, samples, sizeof samples);
  assert_int_equal(client_run(&client, 1, 2, 0, NULL, 0, NULL), MENDLITE_STATUS_BAD_CHECKSUM);
  assert_int_equal(client_run(&client, 1, 0, samples_crc(), NULL, 0, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_run(&client, 1, 3, samples_crc(), NULL, 0, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_run(&client, 1, 2, samples_crc(), many, MENDLITE_MOST_TENSORS + 1, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_RUN, "\1\0\1\0\0\0\0\0\0", 9, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
}

/* Results that are larger than what is left. */
static void refuses_results_without_room(void **state) {
  (void)state;
  static uint8_t many[CLIENT_MEMORY];
  static int32_t tensors[MENDLITE_MOST_TENSORS];
  load_relu();
  uint32_t size = mendlite_store_free(&client.harness.board.store) / 8 * 4;
  client_upload(&client, MENDLITE_AREA_SAMPLES, many, size);
  for (uint32_t i = 0; i < MENDLITE_MOST_TENSORS; i++) {
    tensors[i] = 1;
  }
  assert_int_equal(client_run(&client, 1, (uint16_t)(size / 4), mendlite_crc32(0, many, size),
                              tensors, MENDLITE_MOST_TENSORS, NULL),
                   MENDLITE_STATUS_NO_ROOM);
  assert_int_equal(
      client_run(&client, 1, (uint16_t)(size / 4), mendlite_crc32(0, many, size), NULL, 0, NULL),
      MENDLITE_STATUS_BUSY);
  run_all();
}

/* The same output named so often that the sizes are more than 2^32: no room, rather than none
 * needed. Its vector of outputs is laid anew behind the file. */
static void refuses_outputs_without_end(void **state) {
  (void)state;
  enum { OUTPUTS = 32769, VALUES = 131072, ROOM = 1 << 20 };
  static uint8_t grown[MADE_ROOM + 4 * OUTPUTS];
  static uint8_t zeros[VALUES];
  struct made_model model = op_model_of("relu")->model;
  for (int i = 0; i < 2; i++) {
    model.tensor[i].rank = 1;
    model.tensor[i].dims[0] = VALUES;
  }
  uint32_t size = make_model(&model, file);
  /* The subgraph's field 2 leads to its outputs: the vector goes to the end of the file. */
  struct mendlite_model opened;
  assert_int_equal(mendlite_model_open(&opened, file, size), MENDLITE_STATUS_OK);
  memcpy(grown, file, size);
  uint32_t vector = opened.outputs.at - 4;
  uint32_t at = 0;
  while (mendlite_fb_le32(grown + at) != vector - at) {
    at++;
  }
  struct mendlite_writer link = {.data = grown + at, .room = 4};
  mendlite_write_u32(&link, size - at);
  struct mendlite_writer writer = {.data = grown + size, .room = sizeof grown - size};
  mendlite_write_u32(&writer, OUTPUTS);
  for (int i = 0; i < OUTPUTS; i++) {
    mendlite_write_u32(&writer, 1);
  }
  client_end(&client);
  client_start_with(&client, ROOM);
  client_hello(&client);
  client_load_model(&client, grown, size + writer.used);
  assert_int_equal(mendlite_engine_outputs(client.harness.board.store.engine), OUTPUTS);
  client_upload(&client, MENDLITE_AREA_SAMPLES, zeros, sizeof zeros);
  assert_int_equal(client_run(&client, 1, 1, mendlite_crc32(0, zeros, sizeof zeros), NULL, 0, NULL),
                   MENDLITE_STATUS_NO_ROOM);
}

static void uploads_again_after_a_wrong_checksum(void **state) {
  (void)state;
  uint32_t frontier;
  uint32_t size = make_model(&op_model_of("relu")->model, file);
  uint32_t crc = mendlite_crc32(0, file, size);
  client_begin(&client, MENDLITE_AREA_MODEL, size, crc, &frontier);
  file[size - 1] ^= 1;
  assert_int_equal(client_data(&client, 0, file, size, &frontier), MENDLITE_STATUS_BAD_CHECKSUM);
  assert_int_equal(client_load(&client, 0, size, crc, NULL), MENDLITE_STATUS_WRONG_STATE);
  file[size - 1] ^= 1;
  client_begin(&client, MENDLITE_AREA_MODEL, size, crc, &frontier);
  assert_int_equal(frontier, 0);
  assert_int_equal(client_data(&client, 0, file, size, &frontier), MENDLITE_STATUS_OK);
}

static void takes_chunks_in_any_order_once(void **state) {
  (void)state;
  uint32_t frontier;
  client_begin(&client, MENDLITE_AREA_MODEL, 8, samples_crc(), &frontier);
  assert_int_equal(client_data(&client, 4, samples + 4, 4, &frontier), MENDLITE_STATUS_OK);
  assert_int_equal(frontier, 0);
  client_data(&client, 0, samples, 5, &frontier);
  assert_int_equal(frontier, 5);
  client_data(&client, 0, samples, 5, &frontier);
  assert_int_equal(frontier, 5);
  assert_int_equal(client_data(&client, 4, samples + 4, 4, &frontier), MENDLITE_STATUS_OK);
  assert_int_equal(frontier, 8);
  assert_int_equal(client_data(&client, 8, samples, 1, &frontier), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_DATA, "\0\0\0", 3, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
}

static void refuses_loads_that_do_not_fit(void **state) {
  (void)state;
  struct mendlite_reader rest;
  uint32_t size = make_model(&op_model_of("relu")->model, file);
  uint32_t crc = mendlite_crc32(0, file, size);
  assert_int_equal(client_load(&client, 0, size, crc, &rest), MENDLITE_STATUS_WRONG_STATE);
  client_upload(&client, MENDLITE_AREA_MODEL, file, size);
  assert_int_equal(client_load(&client, 0, size - 1, crc, &rest), MENDLITE_STATUS_WRONG_STATE);
  assert_int_equal(client_load(&client, 0, size, crc + 1, &rest), MENDLITE_STATUS_BAD_CHECKSUM);
  assert_int_equal(client_load(&client, 1, size, crc, &rest), MENDLITE_STATUS_WRONG_STATE);
  assert_int_equal(client_load(&client, 2, size, crc, &rest), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_load(&client, 0, 0, crc, &rest), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_LOAD, "\0\4\1\0\0\0\0\0\0\0", 10, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_LOAD, "\0\1", 2, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
}

/* The request is done; the answer says what is wrong with which operator. */
static void names_the_operator_that_it_cannot_run(void **state) {
  (void)state;
  struct mendlite_reader rest;
  struct made_model model = op_model_of("relu")->model;
  model.op[0].code = 201;
  uint32_t size = make_model(&model, file);
  client_upload(&client, MENDLITE_AREA_MODEL, file, size);
  assert_int_equal(client_load(&client, 0, size, mendlite_crc32(0, file, size), &rest),
                   MENDLITE_STATUS_UNSUPPORTED);
  assert_int_equal(mendlite_read_u32(&rest), 0);
  assert_int_equal(mendlite_read_u32(&rest), 0);
}

/* Erased flash is told from another model; so is none. */
static void finds_no_model_in_erased_flash(void **state) {
  (void)state;
  static uint8_t flash[64];
  for (int round = 0; round < 2; round++) {
    memset(flash, round == 0 ? 0xff : 0, sizeof(flash));
    fake_port.flash = (struct mendlite_port_flash){.data = flash, .size = sizeof(flash)};
    client_end(&client);
    client_start(&client);
    client_hello(&client);
    assert_int_equal(client_load(&client, 1, 64, 0, NULL), MENDLITE_STATUS_WRONG_STATE);
    flash[7] ^= 1;
    assert_int_equal(client_load(&client, 1, 64, 0, NULL), MENDLITE_STATUS_BAD_CHECKSUM);
    assert_int_equal(client_load(&client, 1, 65, 0, NULL), MENDLITE_STATUS_NO_ROOM);
  }
}

static void executes_in_place(void **state) {
  (void)state;
  struct digits model = digits_model();
  struct mendlite_reader rest;
  fake_port.flash = (struct mendlite_port_flash){.data = model.data, .size = model.size};
  client_end(&client);
  client_start(&client);
  /* What lies in flash is opened as the board starts. */
  assert_non_null(client.harness.board.store.engine);
  client_hello(&client);
  assert_int_equal(client_load(&client, 1, model.size + 1, 0, &rest), MENDLITE_STATUS_NO_ROOM);
  assert_int_equal(client_load(&client, 1, model.size, 0, &rest), MENDLITE_STATUS_BAD_CHECKSUM);
  assert_int_equal(
      client_load(&client, 1, model.size, mendlite_crc32(0, model.data, model.size), &rest),
      MENDLITE_STATUS_OK);
  assert_int_equal(client_read(&client, MENDLITE_AREA_MODEL, 0, 4, 4, &rest), MENDLITE_STATUS_OK);
  mendlite_read_u32(&rest);
  assert_memory_equal(mendlite_read_bytes(&rest, 4), "TFL3", 4);
  /* Flash is not patched. */
  assert_int_equal(client_patch(&client, 4, 1, "T", "U"), MENDLITE_STATUS_WRONG_STATE);
}

static void reads_what_is_there(void **state) {
  (void)state;
  struct mendlite_reader rest;
  assert_int_equal(client_read(&client, MENDLITE_AREA_MODEL, 0, 0, 1, NULL),
                   MENDLITE_STATUS_WRONG_STATE);
  assert_int_equal(client_read(&client, MENDLITE_AREA_SAMPLES, 0, 0, 1, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_read(&client, MENDLITE_AREA_RESULTS, 0, 0, 0, NULL),
                   MENDLITE_STATUS_WRONG_STATE);
  uint32_t size = load_relu();
  assert_int_equal(client_read(&client, MENDLITE_AREA_MODEL, 0, size, 0, &rest),
                   MENDLITE_STATUS_OK);
  assert_int_equal(client_read(&client, MENDLITE_AREA_MODEL, 0, size, 1, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_read(&client, MENDLITE_AREA_MODEL, 0, UINT32_MAX, 2, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_READ, "\0", 1, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
}

/* More than an answer holds. */
static void refuses_reads_that_are_too_long(void **state) {
  (void)state;
  struct digits model = digits_model();
  client_load_model(&client, model.data, model.size);
  struct mendlite_reader rest;
  assert_int_equal(
      client_read(&client, MENDLITE_AREA_MODEL, 0, 0, MENDLITE_FRAME_PAYLOAD - 5, &rest),
      MENDLITE_STATUS_OK);
  assert_int_equal(
      client_read(&client, MENDLITE_AREA_MODEL, 0, 0, MENDLITE_FRAME_PAYLOAD - 4, &rest),
      MENDLITE_STATUS_BAD_REQUEST);
}

static void patches_what_it_holds(void **state) {
  (void)state;
  struct mendlite_reader rest;
  assert_int_equal(client_patch(&client, 0, 1, "a", "b"), MENDLITE_STATUS_WRONG_STATE);
  uint32_t size = load_relu();
  uint8_t last[2] = {file[size - 2], file[size - 1]};
  uint8_t other[2] = {(uint8_t)~last[0], last[1]};
  client_upload(&client, MENDLITE_AREA_SAMPLES, samples, sizeof samples);
  client_run(&client, 1, 2, samples_crc(), NULL, 0, NULL);
  /* A wrong old byte changes nothing, and ends nothing. */
  assert_int_equal(client_patch(&client, size - 2, 2, "\xa5\x5a", other), MENDLITE_STATUS_CONFLICT);
  assert_non_null(client.harness.board.store.engine);
  assert_true(mendlite_harness_step(&client.harness));
  assert_int_equal(client_patch(&client, size - 2, 2, last, other), MENDLITE_STATUS_OK);
  /* What was loaded is no longer what lies there. */
  assert_null(client.harness.board.store.engine);
  assert_false(mendlite_harness_step(&client.harness));
  assert_int_equal(client_run(&client, 1, 2, samples_crc(), NULL, 0, NULL),
                   MENDLITE_STATUS_WRONG_STATE);
  /* The same again is the same. */
  assert_int_equal(client_patch(&client, size - 2, 2, last, other), MENDLITE_STATUS_OK);
  memcpy(file + size - 2, other, 2);
  assert_int_equal(client_load(&client, 0, size, mendlite_crc32(0, file, size), &rest),
                   MENDLITE_STATUS_OK);
  assert_int_equal(client_patch(&client, size - 1, 2, last, other), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_patch(&client, UINT32_MAX, 1, last, other), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_PATCH, "\0\0\0\0\2abc", 8, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
}

static void forgets_a_run_whose_samples_go(void **state) {
  (void)state;
  uint32_t frontier;
  load_relu();
  client_upload(&client, MENDLITE_AREA_SAMPLES, samples, sizeof samples);
  client_run(&client, 1, 2, samples_crc(), NULL, 0, NULL);
  /* The same samples announced again are here, and the run goes on. */
  client_begin(&client, MENDLITE_AREA_SAMPLES, sizeof samples, samples_crc(), &frontier);
  assert_int_equal(frontier, sizeof samples);
  assert_true(mendlite_harness_step(&client.harness));
  client_begin(&client, MENDLITE_AREA_SAMPLES, sizeof samples, 1, &frontier);
  assert_int_equal(frontier, 0);
  assert_false(mendlite_harness_step(&client.harness));
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_BEGIN, "\0", 1, NULL),
                   MENDLITE_STATUS_BAD_REQUEST);
}

static void resets_after_its_answer(void **state) {
  (void)state;
  fake_port.waits_for_reset = true;
  if (setjmp(fake_port.on_reset) == 0) {
    client_ask(&client, MENDLITE_REQUEST_RESET, NULL, 0, NULL);
    fail();
  }
  struct mendlite_frame answer = client_answer();
  assert_int_equal(answer.type, MENDLITE_REQUEST_RESET | MENDLITE_ANSWER);
  /* The board that comes back knows the session no more, and says so. */
  client_end(&client);
  client_start(&client);
  assert_int_equal(client_read(&client, MENDLITE_AREA_MODEL, 0, 0, 0, NULL),
                   MENDLITE_STATUS_NO_SESSION);
}

static void ends_a_session(void **state) {
  (void)state;
  load_relu();
  client_upload(&client, MENDLITE_AREA_SAMPLES, samples, sizeof samples);
  client_run(&client, 1, 2, samples_crc(), NULL, 0, NULL);
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_BYE, NULL, 0, NULL), MENDLITE_STATUS_OK);
  assert_false(mendlite_harness_step(&client.harness));
  assert_int_equal(client_ask(&client, MENDLITE_REQUEST_BYE, NULL, 0, NULL),
                   MENDLITE_STATUS_NO_SESSION);
}

static void refuses_unknown_requests(void **state) {
  (void)state;
  assert_int_equal(client_ask(&client, 0x0a, NULL, 0, NULL), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(client_ask(&client, 0x7f, NULL, 0, NULL), MENDLITE_STATUS_BAD_REQUEST);
}

static void answers_damaged_bytes(void **state) {
  (void)state;
  static uint8_t long_frame[MENDLITE_FRAME_ENCODED(MENDLITE_FRAME_PAYLOAD) + 2];
  fake_port.used = 0;
  mendlite_harness_receive(&client.harness, (const uint8_t *)"\0\0\5\1\1\0", 6);
  struct mendlite_frame answer = client_answer();
  assert_int_equal(answer.type, MENDLITE_ANSWER);
  assert_int_equal((int8_t)answer.payload[0], MENDLITE_STATUS_DAMAGED);
  memset(long_frame, 1, sizeof long_frame - 1);
  fake_port.used = 0;
  mendlite_harness_receive(&client.harness, long_frame, sizeof long_frame);
  answer = client_answer();
  assert_int_equal((int8_t)answer.payload[0], MENDLITE_STATUS_DAMAGED);
  /* Behind it all is well again. */
  assert_int_equal(client_hello(&client), MENDLITE_STATUS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void buffers_decide_how_large_a_payload_may_be(void **state) {
  (void)state;
  struct mendlite_reader rest;
  const uint8_t hello[] = {MENDLITE_PROTOCOL_VERSION, CLIENT_SESSION};
  static const uint32_t payloads[] = {MENDLITE_HARNESS_LEAST_PAYLOAD, 300, 700, 1500};
  for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
    assert_int_equal(client_restart(&client, CLIENT_MEMORY, MENDLITE_HARNESS_BUFFERS(payloads[i])),
                     MENDLITE_STATUS_OK);
    fake_port.used = 0;
    assert_int_equal(client_ask(&client, MENDLITE_REQUEST_HELLO, hello, sizeof hello, &rest),
                     MENDLITE_STATUS_OK);
    rest.at += 2 + sizeof(uint32_t);
    assert_int_equal(mendlite_read_u16(&rest), payloads[i]);
  }
  fake_port.used = 0;
  assert_int_equal(client_restart(&client, CLIENT_MEMORY,
                                  MENDLITE_HARNESS_BUFFERS(MENDLITE_HARNESS_LEAST_PAYLOAD) - 1),
                   MENDLITE_STATUS_NO_ROOM);
  assert_int_equal(fake_port.used, 0);
}

static void one_turn_answers_and_runs(void **state) {
  (void)state;
  static const uint8_t noise[] = {1, 2, 3};
  fake_port.used = 0;
  assert_false(mendlite_harness_serve(&client.harness, noise, sizeof noise));
  assert_int_equal(fake_port.used, 0);
  static const uint8_t end = 0;
  assert_false(mendlite_harness_serve(&client.harness, &end, 1));
  assert_true(fake_port.used > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(introduces_itself),
      TEST(uploads_loads_runs_and_reads),
      TEST(runs_the_same_number_once),
      TEST(shows_tensors_that_are_asked_for),
      TEST(refuses_runs_that_do_not_fit),
      TEST(refuses_results_without_room),
      TEST(refuses_outputs_without_end),
      TEST(uploads_again_after_a_wrong_checksum),
      TEST(takes_chunks_in_any_order_once),
      TEST(refuses_loads_that_do_not_fit),
      TEST(names_the_operator_that_it_cannot_run),
      TEST(finds_no_model_in_erased_flash),
      TEST(executes_in_place),
      TEST(reads_what_is_there),
      TEST(refuses_reads_that_are_too_long),
      TEST(patches_what_it_holds),
      TEST(forgets_a_run_whose_samples_go),
      TEST(resets_after_its_answer),
      TEST(ends_a_session),
      TEST(refuses_unknown_requests),
      TEST(answers_damaged_bytes),
      TEST(buffers_decide_how_large_a_payload_may_be),
      TEST(one_turn_answers_and_runs),
  };
  return RUN(tests);
}
