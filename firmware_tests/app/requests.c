#include "requests.h"

#include "board.h"
#include "crc32.h"
#include "frame.h"
#include "port.h"

/* Where a model lies that MENDLITE_REQUEST_LOAD opens. */
enum { SOURCE_UPLOADED = 0, SOURCE_FLASH = 1 };

/* What this firmware can do, one bit each: all of it. */
enum {
  CAN_UPLOAD = 1,
  CAN_EXECUTE_IN_PLACE = 2,
  CAN_SHOW_TENSORS = 4,
  CAN_PATCH = 8,
  CAN_DUT = 16,
  CAN_RUN_INT4 = 32,
  CAN_KEEP_STATE = 64
};

static int hello(struct mendlite_board *board, struct mendlite_writer *answer) {
  struct mendlite_port_flash flash = mendlite_port_flash();
  uint32_t capabilities = CAN_UPLOAD | CAN_PATCH | CAN_DUT;
  if (mendlite_engine_shows_tensors) {
    capabilities |= CAN_SHOW_TENSORS;
  }
  if (mendlite_engine_runs_int4) {
    capabilities |= CAN_RUN_INT4;
  }
  if (mendlite_engine_keeps_state) {
    capabilities |= CAN_KEEP_STATE;
  }
  if (flash.size > 0) {
    capabilities |= CAN_EXECUTE_IN_PLACE;
  }
  /* Another host's run is none of this one's. */
  board->run = (struct mendlite_run){0};
  mendlite_write_u32(answer, capabilities);
  mendlite_write_u16(answer, board->payload);
  mendlite_write_u32(answer, board->store.size);
  mendlite_write_u32(answer, (uint32_t)flash.size);
  mendlite_write_text(answer, mendlite_port_board);
  mendlite_write_text(answer, mendlite_engine_name);
  return MENDLITE_STATUS_OK;
}

static int begin(struct mendlite_board *board, struct mendlite_reader *request,
                 struct mendlite_writer *answer) {
  uint8_t area = mendlite_read_u8(request);
  uint32_t size = mendlite_read_u32(request);
  uint32_t crc = mendlite_read_u32(request);
  if (!mendlite_read_all(request)) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  int status = mendlite_store_begin(&board->store, area, size, crc);
  if (status == MENDLITE_STATUS_OK && board->store.transfer.frontier == 0) {
    /* The run's samples or model are about to be written over. */
    mendlite_board_forget_inputs(board);
  }
  mendlite_write_u32(answer, board->store.transfer.frontier);
  return status;
}

static int data(struct mendlite_board *board, struct mendlite_reader *request,
                struct mendlite_writer *answer) {
  const uint8_t *bytes;
  uint32_t offset = mendlite_read_u32(request);
  if (request->failed) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  size_t size = mendlite_read_rest(request, &bytes);
  int status = mendlite_store_data(&board->store, offset, bytes, (uint32_t)size);
  mendlite_write_u32(answer, board->store.transfer.frontier);
  return status;
}

/* A sum of sizes; UINT32_MAX, for which no memory has room, where it is more. A file may name the
 * same output over and over. */
static uint32_t sum_of(uint32_t a, uint32_t b) { return b > UINT32_MAX - a ? UINT32_MAX : a + b; }

static uint32_t values_size(const struct mendlite_engine *engine, bool inputs) {
  uint32_t total = 0;
  uint32_t count = inputs ? mendlite_engine_inputs(engine) : mendlite_engine_outputs(engine);
  for (uint32_t n = 0; n < count; n++) {
    uint32_t size =
        inputs ? mendlite_engine_input(engine, n).size : mendlite_engine_output(engine, n).size;
    total = sum_of(total, size);
  }
  return total;
}

/* Bytes by which erased flash is told from a model: a .tflite has its mark among the first 8. */
enum { MARKED = 8 };

static bool is_erased(const uint8_t *data, uint32_t size) {
  for (uint32_t i = 0; i < size && i < MARKED; i++) {
    if (data[i] != data[0]) {
      return false;
    }
  }
  return size == 0 || data[0] == 0xff || data[0] == 0;
}

/* The model that a load asks for, once its bytes are found to be the right ones. */
static int find_model(const struct mendlite_board *board, uint8_t source, uint32_t size,
                      uint32_t crc, const uint8_t **model) {
  struct mendlite_port_flash flash = mendlite_port_flash();
  if (source == SOURCE_UPLOADED) {
    if (board->store.model.size != size) {
      return MENDLITE_STATUS_WRONG_STATE;
    }
    *model = board->store.model.data;
  } else if (source == SOURCE_FLASH) {
    if (is_erased(flash.data, (uint32_t)flash.size)) {
      return MENDLITE_STATUS_WRONG_STATE;
    }
    if (size > flash.size) {
      return MENDLITE_STATUS_NO_ROOM;
    }
    *model = flash.data;
  } else {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  return mendlite_crc32(0, *model, size) == crc ? MENDLITE_STATUS_OK : MENDLITE_STATUS_BAD_CHECKSUM;
}

static int load(struct mendlite_board *board, struct mendlite_reader *request,
                struct mendlite_writer *answer) {
  const uint8_t *model = NULL;
  int32_t failed_operator = -1;
  uint8_t source = mendlite_read_u8(request);
  uint8_t profile = mendlite_read_u8(request);
  uint32_t size = mendlite_read_u32(request);
  uint32_t crc = mendlite_read_u32(request);
  if (!mendlite_read_all(request) || profile > MENDLITE_PROFILE_TFLM_2026_10 || size == 0) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  int status = find_model(board, source, size, crc, &model);
  if (status < 0) {
    return status;
  }
  mendlite_board_forget_runs(board);
  struct mendlite_store *store = &board->store;
  status =
      mendlite_store_load(store, model, size, (enum mendlite_profile)profile, &failed_operator);
  bool open = status == MENDLITE_STATUS_OK;
  mendlite_write_u8(answer, (uint8_t)status);
  mendlite_write_u32(answer, (uint32_t)failed_operator);
  mendlite_write_u32(answer, open ? mendlite_engine_arena_used(store->engine) : 0);
  mendlite_write_u32(answer, open ? mendlite_store_free(store) : 0);
  mendlite_write_u32(answer, open ? values_size(store->engine, true) : 0);
  mendlite_write_u32(answer, open ? values_size(store->engine, false) : 0);
  /* The request was done; what became of the model stands in the answer. */
  return MENDLITE_STATUS_OK;
}

/* Bytes of one result; 0 where a tensor cannot be shown. */
static uint32_t size_of_result(const struct mendlite_engine *engine,
                               const struct mendlite_run *run) {
  uint32_t total = 0;
  if (run->tensors == 0) {
    return values_size(engine, false);
  }
  for (uint32_t i = 0; i < run->tensors; i++) {
    uint32_t size = mendlite_engine_tensor_size(engine, run->tensor[i]);
    if (size == 0) {
      return 0;
    }
    total = sum_of(total, size);
  }
  return total;
}

static int start_run(struct mendlite_board *board, const struct mendlite_run *wanted,
                     uint32_t crc) {
  struct mendlite_store *store = &board->store;
  if (store->engine == NULL || store->samples.size == 0) {
    return MENDLITE_STATUS_WRONG_STATE;
  }
  bool went_through = board->run.count > 0 && board->run.done == board->run.count;
  if (wanted->frames == 0 && !went_through) {
    return MENDLITE_STATUS_WRONG_STATE;
  }
  if (store->samples_crc != crc) {
    return MENDLITE_STATUS_BAD_CHECKSUM;
  }
  if (wanted->count * (uint64_t)values_size(store->engine, true) != store->samples.size) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  uint32_t result = size_of_result(store->engine, wanted);
  if (result == 0) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  if (result > UINT32_MAX / wanted->count ||
      mendlite_store_results(store, wanted->count * result) < 0) {
    return MENDLITE_STATUS_NO_ROOM;
  }
  board->run = *wanted;
  board->run.open = true;
  board->run.result_size = result;
  return MENDLITE_STATUS_OK;
}

static int read_run(struct mendlite_reader *request, struct mendlite_run *wanted, uint32_t *crc) {
  *wanted =
      (struct mendlite_run){.number = mendlite_read_u16(request), .status = MENDLITE_STATUS_OK};
  wanted->count = mendlite_read_u16(request);
  *crc = mendlite_read_u32(request);
  /* What is left are tensors of 4 bytes, behind the frames where there are 2 more. */
  bool recordings = !request->failed && (request->size - request->at) % 4 == 2;
  wanted->frames = recordings ? mendlite_read_u16(request) : 1;
  while (!request->failed && request->at < request->size &&
         wanted->tensors < MENDLITE_MOST_TENSORS) {
    wanted->tensor[wanted->tensors++] = (int32_t)mendlite_read_u32(request);
  }
  return mendlite_read_all(request) && wanted->count > 0 ? MENDLITE_STATUS_OK
                                                         : MENDLITE_STATUS_BAD_REQUEST;
}

static int run(struct mendlite_board *board, struct mendlite_reader *request,
               struct mendlite_writer *answer) {
  struct mendlite_run wanted;
  uint32_t crc;
  int status = read_run(request, &wanted, &crc);
  if (status < 0) {
    return status;
  }
  const struct mendlite_run *now = &board->run;
  /* The same run asked for again is not run again. */
  if (!now->open || now->number != wanted.number) {
    status = start_run(board, &wanted, crc);
    if (status < 0) {
      return status;
    }
  }
  bool finished = now->done == now->count;
  const struct mendlite_part *results = &board->store.results;
  mendlite_write_u16(answer, now->done);
  mendlite_write_u32(answer, now->micros);
  mendlite_write_u32(answer, results->size);
  mendlite_write_u32(answer, finished ? mendlite_crc32(0, results->data, results->size) : 0);
  return now->status < 0 ? now->status : finished ? MENDLITE_STATUS_OK : MENDLITE_STATUS_BUSY;
}

static int find_part(const struct mendlite_board *board, uint8_t area, uint16_t number,
                     struct mendlite_part *part) {
  const struct mendlite_run *run = &board->run;
  if (area == MENDLITE_AREA_RESULTS) {
    *part = board->store.results;
    bool there = run->open && run->number == number && run->done == run->count;
    return there ? MENDLITE_STATUS_OK : MENDLITE_STATUS_WRONG_STATE;
  }
  if (area != MENDLITE_AREA_MODEL) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  *part = (struct mendlite_part){.data = (uint8_t *)(uintptr_t)board->store.loaded,
                                 .size = board->store.loaded_size};
  return board->store.loaded == NULL ? MENDLITE_STATUS_WRONG_STATE : MENDLITE_STATUS_OK;
}

static int read_part(struct mendlite_board *board, struct mendlite_reader *request,
                     struct mendlite_writer *answer) {
  struct mendlite_part part;
  uint8_t area = mendlite_read_u8(request);
  uint16_t number = mendlite_read_u16(request);
  uint32_t offset = mendlite_read_u32(request);
  uint16_t size = mendlite_read_u16(request);
  if (!mendlite_read_all(request)) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  int status = find_part(board, area, number, &part);
  if (status < 0) {
    return status;
  }
  if (offset > part.size || size > part.size - offset) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  mendlite_write_u32(answer, offset);
  mendlite_write_bytes(answer, part.data + offset, size);
  return MENDLITE_STATUS_OK;
}

/* An edit of the uploaded model. Done twice it is the same. */
static int patch(struct mendlite_board *board, struct mendlite_reader *request) {
  bool changed = false;
  uint32_t offset = mendlite_read_u32(request);
  uint8_t size = mendlite_read_u8(request);
  const uint8_t *before = mendlite_read_bytes(request, size);
  const uint8_t *after = mendlite_read_bytes(request, size);
  if (!mendlite_read_all(request)) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  int status = mendlite_store_patch(&board->store, offset, before, after, size, &changed);
  if (changed) {
    mendlite_board_forget_inputs(board);
  }
  return status;
}

int mendlite_answer_request(void *context, uint8_t type, struct mendlite_reader *request,
                            struct mendlite_writer *answer) {
  struct mendlite_board *board = context;
  switch (type) {
    case MENDLITE_REQUEST_HELLO:
      return hello(board, answer);
    case MENDLITE_REQUEST_BEGIN:
      return begin(board, request, answer);
    case MENDLITE_REQUEST_DATA:
      return data(board, request, answer);
    case MENDLITE_REQUEST_LOAD:
      return load(board, request, answer);
    case MENDLITE_REQUEST_RUN:
      return run(board, request, answer);
    case MENDLITE_REQUEST_READ:
      return read_part(board, request, answer);
    case MENDLITE_REQUEST_PATCH:
      return patch(board, request);
    case MENDLITE_REQUEST_RESET:
      board->reset_wanted = true;
      return MENDLITE_STATUS_OK;
    case MENDLITE_REQUEST_BYE:
      board->run.open = false;
      return MENDLITE_STATUS_OK;
    default:
      return MENDLITE_STATUS_BAD_REQUEST;
  }
}
