#include "requests.h"

#include "board.h"
#include "crc32.h"
#include "frame.h"
#include "port.h"

/* Where a model lies that REQUEST_LOAD opens. */
enum { SOURCE_UPLOADED = 0, SOURCE_FLASH = 1 };

/* What this firmware can do, one bit each: all of it. */
enum {
  CAN_UPLOAD = 1,
  CAN_EXECUTE_IN_PLACE = 2,
  CAN_SHOW_TENSORS = 4,
  CAN_PATCH = 8,
  CAN_DUT = 16
};

static int hello(struct board *board, struct writer *answer) {
  struct port_flash flash = port_flash();
  uint32_t capabilities = CAN_UPLOAD | CAN_PATCH | CAN_DUT;
  if (engine_shows_tensors) {
    capabilities |= CAN_SHOW_TENSORS;
  }
  if (flash.size > 0) {
    capabilities |= CAN_EXECUTE_IN_PLACE;
  }
  /* Another host's run is none of this one's. */
  board->run.open = false;
  write_u32(answer, capabilities);
  write_u16(answer, FRAME_PAYLOAD);
  write_u32(answer, board->store.size);
  write_u32(answer, (uint32_t)flash.size);
  write_text(answer, port_board);
  write_text(answer, engine_name);
  return STATUS_OK;
}

static int begin(struct board *board, struct reader *request, struct writer *answer) {
  uint8_t area = read_u8(request);
  uint32_t size = read_u32(request);
  uint32_t crc = read_u32(request);
  if (!read_all(request)) {
    return STATUS_BAD_REQUEST;
  }
  int status = store_begin(&board->store, area, size, crc);
  if (status == STATUS_OK && board->store.transfer.frontier == 0) {
    /* The run's samples or model are about to be written over. */
    board_forget_inputs(board);
  }
  write_u32(answer, board->store.transfer.frontier);
  return status;
}

static int data(struct board *board, struct reader *request, struct writer *answer) {
  const uint8_t *bytes;
  uint32_t offset = read_u32(request);
  if (request->failed) {
    return STATUS_BAD_REQUEST;
  }
  size_t size = read_rest(request, &bytes);
  int status = store_data(&board->store, offset, bytes, (uint32_t)size);
  write_u32(answer, board->store.transfer.frontier);
  return status;
}

/* A sum of sizes; UINT32_MAX, for which no memory has room, where it is more. A file may name the
 * same output over and over. */
static uint32_t sum_of(uint32_t a, uint32_t b) { return b > UINT32_MAX - a ? UINT32_MAX : a + b; }

static uint32_t values_size(const struct engine *engine, bool inputs) {
  uint32_t total = 0;
  uint32_t count = inputs ? engine_inputs(engine) : engine_outputs(engine);
  for (uint32_t n = 0; n < count; n++) {
    uint32_t size = inputs ? engine_input(engine, n).size : engine_output(engine, n).size;
    total = sum_of(total, size);
  }
  return total;
}

/* The model that a load asks for, once its bytes are found to be the right ones. */
static int find_model(const struct board *board, uint8_t source, uint32_t size, uint32_t crc,
                      const uint8_t **model) {
  struct port_flash flash = port_flash();
  if (source == SOURCE_UPLOADED) {
    if (board->store.model.size != size) {
      return STATUS_WRONG_STATE;
    }
    *model = board->store.model.data;
  } else if (source == SOURCE_FLASH) {
    if (size > flash.size) {
      return STATUS_WRONG_STATE;
    }
    *model = flash.data;
  } else {
    return STATUS_BAD_REQUEST;
  }
  return crc32(0, *model, size) == crc ? STATUS_OK : STATUS_BAD_CHECKSUM;
}

static int load(struct board *board, struct reader *request, struct writer *answer) {
  const uint8_t *model = NULL;
  int32_t failed_operator = -1;
  uint8_t source = read_u8(request);
  uint8_t profile = read_u8(request);
  uint32_t size = read_u32(request);
  uint32_t crc = read_u32(request);
  if (!read_all(request) || profile > PROFILE_SINGLE || size == 0) {
    return STATUS_BAD_REQUEST;
  }
  int status = find_model(board, source, size, crc, &model);
  if (status < 0) {
    return status;
  }
  board_forget_inputs(board);
  struct store *store = &board->store;
  status = store_load(store, model, size, (enum profile)profile, &failed_operator);
  bool open = status == STATUS_OK;
  write_u8(answer, (uint8_t)status);
  write_u32(answer, (uint32_t)failed_operator);
  write_u32(answer, open ? engine_arena_used(store->engine) : 0);
  write_u32(answer, open ? store_free(store) : 0);
  write_u32(answer, open ? values_size(store->engine, true) : 0);
  write_u32(answer, open ? values_size(store->engine, false) : 0);
  /* The request was done; what became of the model stands in the answer. */
  return STATUS_OK;
}

/* Bytes of one result; 0 where a tensor cannot be shown. */
static uint32_t size_of_result(const struct engine *engine, const struct run *run) {
  uint32_t total = 0;
  if (run->tensors == 0) {
    return values_size(engine, false);
  }
  for (uint32_t i = 0; i < run->tensors; i++) {
    uint32_t size = engine_tensor_size(engine, run->tensor[i]);
    if (size == 0) {
      return 0;
    }
    total = sum_of(total, size);
  }
  return total;
}

static int start_run(struct board *board, const struct run *wanted, uint32_t crc) {
  struct store *store = &board->store;
  if (store->engine == NULL || store->samples.size == 0) {
    return STATUS_WRONG_STATE;
  }
  if (store->samples_crc != crc) {
    return STATUS_BAD_CHECKSUM;
  }
  if (wanted->count * (uint64_t)values_size(store->engine, true) != store->samples.size) {
    return STATUS_BAD_REQUEST;
  }
  uint32_t result = size_of_result(store->engine, wanted);
  if (result == 0) {
    return STATUS_UNSUPPORTED;
  }
  if (result > UINT32_MAX / wanted->count || store_results(store, wanted->count * result) < 0) {
    return STATUS_NO_ROOM;
  }
  board->run = *wanted;
  board->run.open = true;
  board->run.result_size = result;
  return STATUS_OK;
}

static int read_run(struct reader *request, struct run *wanted, uint32_t *crc) {
  *wanted = (struct run){.number = read_u16(request), .status = STATUS_OK};
  wanted->count = read_u16(request);
  *crc = read_u32(request);
  while (!request->failed && request->at < request->size && wanted->tensors < MOST_TENSORS) {
    wanted->tensor[wanted->tensors++] = (int32_t)read_u32(request);
  }
  return read_all(request) && wanted->count > 0 ? STATUS_OK : STATUS_BAD_REQUEST;
}

static int run(struct board *board, struct reader *request, struct writer *answer) {
  struct run wanted;
  uint32_t crc;
  int status = read_run(request, &wanted, &crc);
  if (status < 0) {
    return status;
  }
  const struct run *now = &board->run;
  /* The same run asked for again is not run again. */
  if (!now->open || now->number != wanted.number) {
    status = start_run(board, &wanted, crc);
    if (status < 0) {
      return status;
    }
  }
  bool finished = now->done == now->count;
  const struct part *results = &board->store.results;
  write_u16(answer, now->done);
  write_u32(answer, now->micros);
  write_u32(answer, results->size);
  write_u32(answer, finished ? crc32(0, results->data, results->size) : 0);
  return now->status < 0 ? now->status : finished ? STATUS_OK : STATUS_BUSY;
}

static int find_part(const struct board *board, uint8_t area, uint16_t number, struct part *part) {
  const struct run *run = &board->run;
  if (area == AREA_RESULTS) {
    *part = board->store.results;
    bool there = run->open && run->number == number && run->done == run->count;
    return there ? STATUS_OK : STATUS_WRONG_STATE;
  }
  if (area != AREA_MODEL) {
    return STATUS_BAD_REQUEST;
  }
  *part = (struct part){.data = (uint8_t *)(uintptr_t)board->store.loaded,
                        .size = board->store.loaded_size};
  return board->store.loaded == NULL ? STATUS_WRONG_STATE : STATUS_OK;
}

static int read_part(struct board *board, struct reader *request, struct writer *answer) {
  struct part part;
  uint8_t area = read_u8(request);
  uint16_t number = read_u16(request);
  uint32_t offset = read_u32(request);
  uint16_t size = read_u16(request);
  if (!read_all(request)) {
    return STATUS_BAD_REQUEST;
  }
  int status = find_part(board, area, number, &part);
  if (status < 0) {
    return status;
  }
  if (offset > part.size || size > part.size - offset) {
    return STATUS_BAD_REQUEST;
  }
  write_u32(answer, offset);
  write_bytes(answer, part.data + offset, size);
  return STATUS_OK;
}

/* An edit of the uploaded model. Done twice it is the same. */
static int patch(struct board *board, struct reader *request) {
  bool changed = false;
  uint32_t offset = read_u32(request);
  uint8_t size = read_u8(request);
  const uint8_t *before = read_bytes(request, size);
  const uint8_t *after = read_bytes(request, size);
  if (!read_all(request)) {
    return STATUS_BAD_REQUEST;
  }
  int status = store_patch(&board->store, offset, before, after, size, &changed);
  if (changed) {
    board_forget_inputs(board);
  }
  return status;
}

int answer_request(void *context, uint8_t type, struct reader *request, struct writer *answer) {
  struct board *board = context;
  switch (type) {
    case REQUEST_HELLO:
      return hello(board, answer);
    case REQUEST_BEGIN:
      return begin(board, request, answer);
    case REQUEST_DATA:
      return data(board, request, answer);
    case REQUEST_LOAD:
      return load(board, request, answer);
    case REQUEST_RUN:
      return run(board, request, answer);
    case REQUEST_READ:
      return read_part(board, request, answer);
    case REQUEST_PATCH:
      return patch(board, request);
    case REQUEST_RESET:
      board->reset_wanted = true;
      return STATUS_OK;
    case REQUEST_BYE:
      board->run.open = false;
      return STATUS_OK;
    default:
      return STATUS_BAD_REQUEST;
  }
}
