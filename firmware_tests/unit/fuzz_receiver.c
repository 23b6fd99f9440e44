/* Whatever comes over the line: first as it stands, then as a script whose frames are sound, so
 * that what lies behind the checksums is reached as well. */
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "fake_port.h"
#include "harness.h"
#include "script.h"
#include "work.h"

enum { MEMORY = 24 * 1024, SESSION = 7 };

static struct mendlite_harness harness;

/* Work that is left to this input: `infer 2000000000` is a sound command, and no fault. */
static uint64_t work_left;

int __real_mendlite_engine_run(struct mendlite_engine *engine, mendlite_engine_observer *observer,
                               void *context);
int __wrap_mendlite_engine_run(struct mendlite_engine *engine, mendlite_engine_observer *observer,
                               void *context);

/* The linker leads mendlite_engine_run here (Makefile): it fails where it would take too long. */
int __wrap_mendlite_engine_run(struct mendlite_engine *engine, mendlite_engine_observer *observer,
                               void *context) {
  uint64_t work = work_of(engine) + 1000;
  if (work > work_left) {
    return MENDLITE_STATUS_UNSUPPORTED;
  }
  work_left -= work;
  return __real_mendlite_engine_run(engine, observer, context);
}

static void step(void) {
  for (int i = 0; i < 4; i++) {
    mendlite_harness_step(&harness);
  }
}

static void send(uint8_t type, const uint8_t *payload, size_t size) {
  static uint8_t body[MENDLITE_FRAME_HEADER + MENDLITE_FRAME_PAYLOAD + MENDLITE_FRAME_CHECKSUM];
  static uint8_t encoded[MENDLITE_FRAME_ENCODED(MENDLITE_FRAME_PAYLOAD)];
  struct mendlite_frame frame = {.type = type, .session = SESSION, .sequence = 1, .size = size};
  if (size > 0) {
    memcpy(body + MENDLITE_FRAME_HEADER, payload, size);
  }
  size_t used = mendlite_frame_encode(&frame, body, encoded);
  mendlite_harness_receive(&harness, encoded, used);
}

/* BEGIN and DATA of one area. */
static void upload(uint8_t area, const uint8_t *data, size_t size) {
  uint8_t payload[MENDLITE_FRAME_PAYLOAD];
  struct mendlite_writer begin = {.data = payload, .room = sizeof payload};
  mendlite_write_u8(&begin, area);
  mendlite_write_u32(&begin, (uint32_t)size);
  mendlite_write_u32(&begin, mendlite_crc32(0, data, size));
  send(MENDLITE_REQUEST_BEGIN, payload, begin.used);
  for (size_t at = 0; at < size; at += MENDLITE_FRAME_PAYLOAD - 4) {
    struct mendlite_writer chunk = {.data = payload, .room = sizeof payload};
    size_t left = size - at;
    mendlite_write_u32(&chunk, (uint32_t)at);
    mendlite_write_bytes(&chunk, data + at,
                         left < MENDLITE_FRAME_PAYLOAD - 4 ? left : MENDLITE_FRAME_PAYLOAD - 4);
    send(MENDLITE_REQUEST_DATA, payload, chunk.used);
  }
}

/* LOAD of what was uploaded. */
static void load(uint8_t profile) {
  uint8_t payload[16];
  const struct mendlite_part *model = &harness.board.store.model;
  struct mendlite_writer writer = {.data = payload, .room = sizeof payload};
  mendlite_write_u8(&writer, 0);
  mendlite_write_u8(&writer, profile % 5);
  mendlite_write_u32(&writer, model->size);
  mendlite_write_u32(&writer, mendlite_crc32(0, model->data, model->size));
  send(MENDLITE_REQUEST_LOAD, payload, writer.used);
}

/* RUN of the samples that are there: number, count, then tensors of a byte each. */
static void run(const uint8_t *data, size_t size) {
  uint8_t payload[8 + 4 * 255];
  struct mendlite_writer writer = {.data = payload, .room = sizeof payload};
  struct mendlite_reader reader = {.data = data, .size = size};
  mendlite_write_u16(&writer, mendlite_read_u8(&reader));
  mendlite_write_u16(&writer, mendlite_read_u8(&reader));
  mendlite_write_u32(&writer, harness.board.store.samples_crc);
  while (!reader.failed && reader.at < reader.size) {
    mendlite_write_u32(&writer, mendlite_read_u8(&reader));
  }
  send(MENDLITE_REQUEST_RUN, payload,
       writer.used < MENDLITE_FRAME_PAYLOAD ? writer.used : MENDLITE_FRAME_PAYLOAD);
}

/* A text command without its end. */
static void say_text(const uint8_t *data, size_t size) {
  mendlite_harness_receive(&harness, data, size);
  mendlite_harness_receive(&harness, (const uint8_t *)"%", 1);
}

static void act(struct mendlite_reader *script) {
  uint8_t action = mendlite_read_u8(script);
  uint8_t detail = mendlite_read_u8(script);
  size_t size = mendlite_read_u16(script);
  size_t left = script->size - script->at;
  const uint8_t *data = mendlite_read_bytes(script, size < left ? size : left);
  size = size < left ? size : left;
  switch (action) {
    case SCRIPT_FRAME:
      send(detail, data, size < MENDLITE_FRAME_PAYLOAD ? size : MENDLITE_FRAME_PAYLOAD);
      break;
    case SCRIPT_UPLOAD:
      upload(detail, data, size);
      break;
    case SCRIPT_LOAD:
      load(detail);
      break;
    case SCRIPT_RUN:
      run(data, size);
      break;
    case SCRIPT_STEP:
      step();
      break;
    case SCRIPT_TEXT:
      say_text(data, size);
      break;
    default:
      mendlite_harness_receive(&harness, data, size);
      break;
  }
}

static void start(uint8_t *memory) {
  static const uint8_t hello[] = {MENDLITE_PROTOCOL_VERSION, SESSION};
  work_left = MOST_WORK;
  fake_port.used = 0;
  fake_port.waits_for_reset = true;
  static uint8_t buffers[MENDLITE_HARNESS_BUFFERS(MENDLITE_FRAME_PAYLOAD)];
  struct mendlite_harness_memory given = {buffers, sizeof buffers, memory, MEMORY};
  mendlite_harness_start(&harness, &given);
  send(MENDLITE_REQUEST_HELLO, hello, sizeof hello);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* An allocation of its own: a sanitizer sees what lies beyond it. */
  static uint8_t *memory;
  free(memory);
  memory = malloc(MEMORY);
  fake_port_start();
  start(memory);
  if (setjmp(fake_port.on_reset) == 0) {
    mendlite_harness_receive(&harness, data, size);
    step();
  }
  struct mendlite_reader script = {.data = data, .size = size};
  start(memory);
  if (setjmp(fake_port.on_reset) == 0) {
    while (script.at < script.size && !script.failed) {
      act(&script);
    }
  }
  return 0;
}
