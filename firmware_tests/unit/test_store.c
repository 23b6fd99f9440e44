/* The store: uploads in order and out of it, and what each new part takes away. */
#include <string.h>

#include "check.h"
#include "crc32.h"
#include "op_models.h"
#include "status.h"
#include "store.h"

enum { MEMORY = 4096 };

static _Alignas(16) uint8_t memory[MEMORY];
static uint8_t file[MADE_ROOM];

static void start(struct mendlite_store *store) {
  memset(memory, 0, sizeof memory);
  mendlite_store_reset(store, memory, MEMORY);
}

static const uint8_t text[] = "0123456789";

static int begin_text(struct mendlite_store *store, uint32_t size) {
  return mendlite_store_begin(store, MENDLITE_AREA_MODEL, size, mendlite_crc32(0, text, size));
}

static void takes_bytes_in_order(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  assert_int_equal(begin_text(&store, 10), MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_store_data(&store, 0, text, 4), MENDLITE_STATUS_OK);
  assert_int_equal(store.transfer.frontier, 4);
  assert_int_equal(store.model.size, 0);
  assert_int_equal(mendlite_store_data(&store, 4, text + 4, 6), MENDLITE_STATUS_OK);
  assert_int_equal(store.transfer.frontier, 10);
  assert_int_equal(store.model.size, 10);
  assert_memory_equal(memory, text, 10);
}

static void leaves_no_gaps(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  begin_text(&store, 10);
  mendlite_store_data(&store, 0, text, 4);
  /* What comes too early changes nothing. */
  assert_int_equal(mendlite_store_data(&store, 5, text + 5, 5), MENDLITE_STATUS_OK);
  assert_int_equal(store.transfer.frontier, 4);
  assert_int_equal(memory[5], 0);
}

static void takes_no_duplicates(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  begin_text(&store, 10);
  mendlite_store_data(&store, 0, text, 4);
  assert_int_equal(mendlite_store_data(&store, 0, (const uint8_t *)"xxxx", 4), MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_store_data(&store, 2, (const uint8_t *)"xx", 2), MENDLITE_STATUS_OK);
  assert_int_equal(store.transfer.frontier, 4);
  assert_memory_equal(memory, text, 4);
  /* One that reaches beyond the frontier is taken. */
  assert_int_equal(mendlite_store_data(&store, 2, text + 2, 8), MENDLITE_STATUS_OK);
  assert_int_equal(store.model.size, 10);
  /* Once all is here a repeated last chunk is no error. */
  assert_int_equal(mendlite_store_data(&store, 4, text + 4, 6), MENDLITE_STATUS_OK);
  assert_int_equal(store.transfer.frontier, 10);
}

static void refuses_what_leads_out(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  assert_int_equal(mendlite_store_data(&store, 0, text, 1), MENDLITE_STATUS_WRONG_STATE);
  begin_text(&store, 10);
  assert_int_equal(mendlite_store_data(&store, 5, text, 6), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(mendlite_store_data(&store, 11, text, 0), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(mendlite_store_data(&store, UINT32_MAX, text, 2), MENDLITE_STATUS_BAD_REQUEST);
}

static void refuses_what_does_not_fit(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  assert_int_equal(mendlite_store_begin(&store, MENDLITE_AREA_MODEL, 0, 0),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(mendlite_store_begin(&store, MENDLITE_AREA_MODEL, MEMORY + 1, 0),
                   MENDLITE_STATUS_NO_ROOM);
  assert_int_equal(mendlite_store_begin(&store, MENDLITE_AREA_MODEL, UINT32_MAX, 0),
                   MENDLITE_STATUS_NO_ROOM);
  assert_int_equal(mendlite_store_begin(&store, MENDLITE_AREA_RESULTS, 10, 0),
                   MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(mendlite_store_begin(&store, 3, 10, 0), MENDLITE_STATUS_BAD_REQUEST);
  assert_int_equal(mendlite_store_begin(&store, MENDLITE_AREA_SAMPLES, 10, 0),
                   MENDLITE_STATUS_WRONG_STATE);
  assert_false(store.transfer.open);
  assert_int_equal(mendlite_store_begin(&store, MENDLITE_AREA_MODEL, MEMORY, 0),
                   MENDLITE_STATUS_OK);
}

static void starts_over_where_the_checksum_is_wrong(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  mendlite_store_begin(&store, MENDLITE_AREA_MODEL, 10, mendlite_crc32(0, text, 10));
  assert_int_equal(mendlite_store_data(&store, 0, (const uint8_t *)"0123456780", 10),
                   MENDLITE_STATUS_BAD_CHECKSUM);
  assert_int_equal(store.transfer.frontier, 0);
  assert_int_equal(store.model.size, 0);
  assert_int_equal(mendlite_store_data(&store, 0, text, 10), MENDLITE_STATUS_OK);
  assert_int_equal(store.model.size, 10);
}

static void goes_on_where_a_transfer_stood(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  begin_text(&store, 10);
  mendlite_store_data(&store, 0, text, 4);
  begin_text(&store, 10);
  assert_int_equal(store.transfer.frontier, 4);
  /* Another announcement starts another. */
  begin_text(&store, 9);
  assert_int_equal(store.transfer.frontier, 0);
}

static void knows_a_model_that_is_here(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  begin_text(&store, 10);
  mendlite_store_data(&store, 0, text, 10);
  begin_text(&store, 10);
  assert_int_equal(store.transfer.frontier, 10);
  assert_int_equal(store.model.size, 10);
  /* Of the same size, but another. */
  mendlite_store_begin(&store, MENDLITE_AREA_MODEL, 10, 5);
  assert_int_equal(store.transfer.frontier, 0);
  assert_int_equal(store.model.size, 0);
}

/* Uploads and opens a small model. */
static int load_made(struct mendlite_store *store, const char *name) {
  int32_t failed_operator;
  uint32_t size = make_model(&op_model_of(name)->model, file);
  assert_int_equal(
      mendlite_store_begin(store, MENDLITE_AREA_MODEL, size, mendlite_crc32(0, file, size)),
      MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_store_data(store, 0, file, size), MENDLITE_STATUS_OK);
  return mendlite_store_load(store, store->model.data, size, MENDLITE_PROFILE_TFLM,
                             &failed_operator);
}

static void lays_one_part_behind_the_other(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  assert_int_equal(load_made(&store, "add"), MENDLITE_STATUS_OK);
  assert_true(store.arena_end >= store.model.size + mendlite_engine_arena_used(store.engine));
  assert_int_equal(store.arena_end % 16, 0);
  assert_int_equal(
      mendlite_store_begin(&store, MENDLITE_AREA_SAMPLES, 5, mendlite_crc32(0, text, 5)),
      MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_store_data(&store, 0, text, 5), MENDLITE_STATUS_OK);
  assert_ptr_equal(store.samples.data, memory + store.arena_end);
  assert_int_equal(mendlite_store_results(&store, 7), MENDLITE_STATUS_OK);
  assert_ptr_equal(store.results.data, memory + store.arena_end + 16);
  /* All that is said to be free is, less the gap. */
  uint32_t left = mendlite_store_free(&store);
  assert_int_equal(mendlite_store_results(&store, left), MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_store_results(&store, left + 1), MENDLITE_STATUS_NO_ROOM);
  assert_int_equal(mendlite_store_results(&store, UINT32_MAX), MENDLITE_STATUS_NO_ROOM);
}

static void forgets_what_a_new_model_takes_away(void **state) {
  (void)state;
  struct mendlite_store store;
  start(&store);
  load_made(&store, "add");
  mendlite_store_begin(&store, MENDLITE_AREA_SAMPLES, 5, mendlite_crc32(0, text, 5));
  mendlite_store_data(&store, 0, text, 5);
  begin_text(&store, 10);
  assert_null(store.engine);
  assert_null(store.loaded);
  assert_int_equal(store.samples.size, 0);
  assert_int_equal(store.model.size, 0);
}

static void refuses_models_that_do_not_open(void **state) {
  (void)state;
  struct mendlite_store store;
  int32_t failed_operator;
  start(&store);
  begin_text(&store, 10);
  mendlite_store_data(&store, 0, text, 10);
  assert_int_equal(
      mendlite_store_load(&store, store.model.data, 10, MENDLITE_PROFILE_TFLM, &failed_operator),
      MENDLITE_STATUS_MALFORMED);
  assert_null(store.engine);
  assert_null(store.loaded);
  assert_false(store.transfer.open);
  /* A model that fills the memory leaves no arena. */
  mendlite_store_begin(&store, MENDLITE_AREA_MODEL, MEMORY - 1,
                       mendlite_crc32(0, memory, MEMORY - 1));
  assert_int_equal(
      mendlite_store_load(&store, memory, MEMORY - 1, MENDLITE_PROFILE_TFLM, &failed_operator),
      MENDLITE_STATUS_NO_ROOM);
  /* Rounded up it would begin beyond the memory's end. */
  store.size = MEMORY - 8;
  assert_int_equal(
      mendlite_store_load(&store, memory, MEMORY - 8, MENDLITE_PROFILE_TFLM, &failed_operator),
      MENDLITE_STATUS_NO_ROOM);
}

/* A model that lies elsewhere has its arena where an uploaded one lay. */
static void loads_in_place(void **state) {
  (void)state;
  struct mendlite_store store;
  int32_t failed_operator;
  start(&store);
  load_made(&store, "add");
  uint32_t size = make_model(&op_model_of("tanh")->model, file);
  assert_int_equal(mendlite_store_load(&store, file, size, MENDLITE_PROFILE_TFLM, &failed_operator),
                   MENDLITE_STATUS_OK);
  assert_int_equal(store.model.size, 0);
  assert_ptr_equal(store.loaded, file);
  assert_ptr_equal((uint8_t *)store.engine, memory);
}

/* Uploads a model, opens it, and uploads samples for it. */
static void fill(struct mendlite_store *store) {
  assert_int_equal(load_made(store, "add"), MENDLITE_STATUS_OK);
  assert_int_equal(
      mendlite_store_begin(store, MENDLITE_AREA_SAMPLES, 5, mendlite_crc32(0, text, 5)),
      MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_store_data(store, 0, text, 5), MENDLITE_STATUS_OK);
  assert_int_equal(mendlite_store_results(store, 7), MENDLITE_STATUS_OK);
}

static void patches_the_model_and_forgets_its_engine(void **state) {
  (void)state;
  struct mendlite_store store;
  bool changed;
  start(&store);
  assert_int_equal(mendlite_store_patch(&store, 0, text, text, 1, &changed),
                   MENDLITE_STATUS_WRONG_STATE);
  fill(&store);
  uint32_t size = store.model.size;
  const uint8_t before = memory[size - 1];
  const uint8_t after = (uint8_t)~before;
  assert_int_equal(mendlite_store_patch(&store, size, &before, &after, 1, &changed),
                   MENDLITE_STATUS_BAD_REQUEST);
  /* What the model does not hold, and what it holds already, leaves all as it is. */
  assert_int_equal(mendlite_store_patch(&store, size - 1, &after, text, 1, &changed),
                   MENDLITE_STATUS_CONFLICT);
  assert_int_equal(mendlite_store_patch(&store, size - 1, &after, &before, 1, &changed),
                   MENDLITE_STATUS_OK);
  assert_false(changed);
  assert_non_null(store.engine);
  assert_int_equal(store.samples.size, 5);
  assert_int_equal(mendlite_store_patch(&store, size - 1, &before, &after, 1, &changed),
                   MENDLITE_STATUS_OK);
  assert_true(changed);
  assert_int_equal(memory[size - 1], after);
  assert_null(store.engine);
  assert_int_equal(store.samples.size, 0);
  assert_int_equal(store.results.size, 0);
  assert_false(store.transfer.open);
  assert_int_equal(store.model.size, size);
}

static void lends_the_place_of_the_samples(void **state) {
  (void)state;
  struct mendlite_store store;
  struct mendlite_part part;
  start(&store);
  assert_int_equal(mendlite_store_lend(&store, 1, &part), MENDLITE_STATUS_WRONG_STATE);
  fill(&store);
  uint32_t left = mendlite_store_free(&store);
  assert_int_equal(mendlite_store_lend(&store, left + 1, &part), MENDLITE_STATUS_NO_ROOM);
  assert_int_equal(store.samples.size, 5);
  assert_int_equal(mendlite_store_lend(&store, left, &part), MENDLITE_STATUS_OK);
  assert_ptr_equal(part.data, memory + store.arena_end);
  assert_int_equal(part.size, left);
  assert_int_equal(store.samples.size, 0);
  assert_int_equal(store.results.size, 0);
  /* A repeated last chunk of the samples would be written over it. */
  assert_int_equal(mendlite_store_data(&store, 0, text, 5), MENDLITE_STATUS_WRONG_STATE);
  assert_non_null(store.engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(takes_bytes_in_order),
      cmocka_unit_test(leaves_no_gaps),
      cmocka_unit_test(takes_no_duplicates),
      cmocka_unit_test(refuses_what_leads_out),
      cmocka_unit_test(refuses_what_does_not_fit),
      cmocka_unit_test(starts_over_where_the_checksum_is_wrong),
      cmocka_unit_test(goes_on_where_a_transfer_stood),
      cmocka_unit_test(knows_a_model_that_is_here),
      cmocka_unit_test(lays_one_part_behind_the_other),
      cmocka_unit_test(forgets_what_a_new_model_takes_away),
      cmocka_unit_test(refuses_models_that_do_not_open),
      cmocka_unit_test(loads_in_place),
      cmocka_unit_test(patches_the_model_and_forgets_its_engine),
      cmocka_unit_test(lends_the_place_of_the_samples),
  };
  return RUN(tests);
}
