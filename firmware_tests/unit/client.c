#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "crc32.h"
#include "fake_port.h"

void client_start_with(struct client *client, uint32_t memory) {
  client->memory = malloc(memory);
  harness_start(&client->harness, client->memory, memory);
  fake_port.used = 0;
}

void client_start(struct client *client) { client_start_with(client, CLIENT_MEMORY); }

void client_end(struct client *client) { free(client->memory); }

struct frame client_answer(void) {
  struct frame answer;
  size_t start = fake_port.used > 0 && fake_port.written[0] == 0 ? 1 : 0;
  assert_true(fake_port.used > start + 2);
  size_t size = fake_port.used - start - 2;
  assert_int_equal(fake_port.written[start + size], 0);
  assert_int_equal(fake_port.written[start + size + 1], 0);
  assert_int_equal(frame_decode(fake_port.written + start, size, &answer), STATUS_OK);
  return answer;
}

int client_ask(struct client *client, uint8_t type, const void *payload, size_t size,
               struct reader *rest) {
  static uint8_t body[FRAME_HEADER + FRAME_PAYLOAD + FRAME_CHECKSUM];
  static uint8_t encoded[FRAME_ENCODED(FRAME_PAYLOAD)];
  static uint16_t sequence;
  struct frame request = {
      .type = type, .session = CLIENT_SESSION, .sequence = ++sequence, .size = size};
  assert_true(size <= FRAME_PAYLOAD);
  if (size > 0) {
    memcpy(body + FRAME_HEADER, payload, size);
  }
  fake_port.used = 0;
  harness_receive(&client->harness, encoded, frame_encode(&request, body, encoded));
  struct frame answer = client_answer();
  assert_int_equal(answer.type, type | ANSWER);
  assert_int_equal(answer.sequence, sequence);
  struct reader reader = {.data = answer.payload, .size = answer.size};
  int status = (int8_t)read_u8(&reader);
  if (rest != NULL) {
    *rest = reader;
  }
  return status;
}

int client_hello(struct client *client) {
  static const uint8_t hello[] = {PROTOCOL_VERSION, CLIENT_SESSION};
  return client_ask(client, REQUEST_HELLO, hello, sizeof hello, NULL);
}

int client_begin(struct client *client, uint8_t area, uint32_t size, uint32_t crc,
                 uint32_t *frontier) {
  uint8_t payload[9];
  struct writer writer = {.data = payload, .room = sizeof payload};
  struct reader rest;
  write_u8(&writer, area);
  write_u32(&writer, size);
  write_u32(&writer, crc);
  int status = client_ask(client, REQUEST_BEGIN, payload, writer.used, &rest);
  *frontier = read_u32(&rest);
  return status;
}

int client_data(struct client *client, uint32_t offset, const void *data, size_t size,
                uint32_t *frontier) {
  static uint8_t payload[FRAME_PAYLOAD];
  struct writer writer = {.data = payload, .room = sizeof payload};
  struct reader rest;
  write_u32(&writer, offset);
  write_bytes(&writer, data, size);
  int status = client_ask(client, REQUEST_DATA, payload, writer.used, &rest);
  *frontier = read_u32(&rest);
  return status;
}

void client_upload(struct client *client, uint8_t area, const void *data, size_t size) {
  uint32_t frontier;
  uint32_t crc = crc32(0, data, size);
  assert_int_equal(client_begin(client, area, (uint32_t)size, crc, &frontier), STATUS_OK);
  while (frontier < size) {
    const size_t most = FRAME_PAYLOAD - 4;
    size_t left = size - frontier;
    uint32_t offset = frontier;
    assert_int_equal(client_data(client, offset, (const uint8_t *)data + offset,
                                 left < most ? left : most, &frontier),
                     STATUS_OK);
    assert_true(frontier > offset);
  }
}

int client_load(struct client *client, uint8_t source, uint32_t size, uint32_t crc,
                struct reader *rest) {
  uint8_t payload[10];
  struct writer writer = {.data = payload, .room = sizeof payload};
  write_u8(&writer, source);
  write_u8(&writer, PROFILE_TFLM);
  write_u32(&writer, size);
  write_u32(&writer, crc);
  int status = client_ask(client, REQUEST_LOAD, payload, writer.used, rest);
  return status < 0 ? status : (int8_t)read_u8(rest);
}

void client_load_model(struct client *client, const void *data, size_t size) {
  struct reader rest;
  client_upload(client, AREA_MODEL, data, size);
  assert_int_equal(client_load(client, 0, (uint32_t)size, crc32(0, data, size), &rest), STATUS_OK);
}

int client_run(struct client *client, uint16_t number, uint16_t count, uint32_t crc,
               const int32_t *tensors, uint32_t tensor_count, struct reader *rest) {
  static uint8_t payload[FRAME_PAYLOAD];
  struct writer writer = {.data = payload, .room = sizeof payload};
  write_u16(&writer, number);
  write_u16(&writer, count);
  write_u32(&writer, crc);
  for (uint32_t i = 0; i < tensor_count; i++) {
    write_u32(&writer, (uint32_t)tensors[i]);
  }
  return client_ask(client, REQUEST_RUN, payload, writer.used, rest);
}

int client_read(struct client *client, uint8_t area, uint16_t number, uint32_t offset,
                uint16_t size, struct reader *rest) {
  uint8_t payload[9];
  struct writer writer = {.data = payload, .room = sizeof payload};
  write_u8(&writer, area);
  write_u16(&writer, number);
  write_u32(&writer, offset);
  write_u16(&writer, size);
  return client_ask(client, REQUEST_READ, payload, writer.used, rest);
}

int client_patch(struct client *client, uint32_t offset, uint8_t size, const void *old_bytes,
                 const void *new_bytes) {
  uint8_t payload[5 + 2 * 255];
  struct writer writer = {.data = payload, .room = sizeof payload};
  write_u32(&writer, offset);
  write_u8(&writer, size);
  write_bytes(&writer, old_bytes, size);
  write_bytes(&writer, new_bytes, size);
  return client_ask(client, REQUEST_PATCH, payload, writer.used, NULL);
}

const char *client_say(struct client *client, const char *command) {
  fake_port.used = 0;
  harness_receive(&client->harness, (const uint8_t *)command, strlen(command));
  fake_port.written[fake_port.used] = '\0';
  return (const char *)fake_port.written;
}
