#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "crc32.h"
#include "fake_port.h"

void client_start_with(struct client *client, uint32_t memory) {
  client->memory = malloc(memory);
  client->buffers = malloc(CLIENT_BUFFERS);
  assert_int_equal(client_restart(client, memory, CLIENT_BUFFERS), MENDLITE_STATUS_OK);
  fake_port.used = 0;
}

void client_start(struct client *client) { client_start_with(client, CLIENT_MEMORY); }

int client_restart(struct client *client, uint32_t memory, uint32_t buffers) {
  struct mendlite_harness_memory given = {client->buffers, buffers, client->memory, memory};
  return mendlite_harness_start(&client->harness, &given);
}

void client_end(struct client *client) {
  free(client->memory);
  free(client->buffers);
}

struct mendlite_frame client_answer(void) {
  struct mendlite_frame answer;
  size_t start = fake_port.used > 0 && fake_port.written[0] == 0 ? 1 : 0;
  assert_true(fake_port.used > start + 2);
  size_t size = fake_port.used - start - 2;
  assert_int_equal(fake_port.written[start + size], 0);
  assert_int_equal(fake_port.written[start + size + 1], 0);
  assert_int_equal(mendlite_frame_decode(fake_port.written + start, size, &answer),
                   MENDLITE_STATUS_OK);
  return answer;
}

int client_ask(struct client *client, uint8_t type, const void *payload, size_t size,
               struct mendlite_reader *rest) {
  static uint8_t body[MENDLITE_FRAME_HEADER + MENDLITE_FRAME_PAYLOAD + MENDLITE_FRAME_CHECKSUM];
  static uint8_t encoded[MENDLITE_FRAME_ENCODED(MENDLITE_FRAME_PAYLOAD)];
  static uint16_t sequence;
  struct mendlite_frame request = {
      .type = type, .session = CLIENT_SESSION, .sequence = ++sequence, .size = size};
  assert_true(size <= MENDLITE_FRAME_PAYLOAD);
  if (size > 0) {
    memcpy(body + MENDLITE_FRAME_HEADER, payload, size);
  }
  fake_port.used = 0;
  mendlite_harness_receive(&client->harness, encoded,
                           mendlite_frame_encode(&request, body, encoded));
  struct mendlite_frame answer = client_answer();
  assert_int_equal(answer.type, type | MENDLITE_ANSWER);
  assert_int_equal(answer.sequence, sequence);
  struct mendlite_reader reader = {.data = answer.payload, .size = answer.size};
  int status = (int8_t)mendlite_read_u8(&reader);
  if (rest != NULL) {
    *rest = reader;
  }
  return status;
}

int client_hello(struct client *client) {
  static const uint8_t hello[] = {MENDLITE_PROTOCOL_VERSION, CLIENT_SESSION};
  return client_ask(client, MENDLITE_REQUEST_HELLO, hello, sizeof hello, NULL);
}

int client_begin(struct client *client, uint8_t area, uint32_t size, uint32_t crc,
                 uint32_t *frontier) {
  uint8_t payload[9];
  struct mendlite_writer writer = {.data = payload, .room = sizeof payload};
  struct mendlite_reader rest;
  mendlite_write_u8(&writer, area);
  mendlite_write_u32(&writer, size);
  mendlite_write_u32(&writer, crc);
  int status = client_ask(client, MENDLITE_REQUEST_BEGIN, payload, writer.used, &rest);
  *frontier = mendlite_read_u32(&rest);
  return status;
}

int client_data(struct client *client, uint32_t offset, const void *data, size_t size,
                uint32_t *frontier) {
  static uint8_t payload[MENDLITE_FRAME_PAYLOAD];
  struct mendlite_writer writer = {.data = payload, .room = sizeof payload};
  struct mendlite_reader rest;
  mendlite_write_u32(&writer, offset);
  mendlite_write_bytes(&writer, data, size);
  int status = client_ask(client, MENDLITE_REQUEST_DATA, payload, writer.used, &rest);
  *frontier = mendlite_read_u32(&rest);
  return status;
}

void client_upload(struct client *client, uint8_t area, const void *data, size_t size) {
  uint32_t frontier;
  uint32_t crc = mendlite_crc32(0, data, size);
  assert_int_equal(client_begin(client, area, (uint32_t)size, crc, &frontier), MENDLITE_STATUS_OK);
  while (frontier < size) {
    const size_t most = MENDLITE_FRAME_PAYLOAD - 4;
    size_t left = size - frontier;
    uint32_t offset = frontier;
    assert_int_equal(client_data(client, offset, (const uint8_t *)data + offset,
                                 left < most ? left : most, &frontier),
                     MENDLITE_STATUS_OK);
    assert_true(frontier > offset);
  }
}

int client_load(struct client *client, uint8_t source, uint32_t size, uint32_t crc,
                struct mendlite_reader *rest) {
  uint8_t payload[10];
  struct mendlite_writer writer = {.data = payload, .room = sizeof payload};
  mendlite_write_u8(&writer, source);
  mendlite_write_u8(&writer, MENDLITE_PROFILE_TFLM);
  mendlite_write_u32(&writer, size);
  mendlite_write_u32(&writer, crc);
  int status = client_ask(client, MENDLITE_REQUEST_LOAD, payload, writer.used, rest);
  return status < 0 ? status : (int8_t)mendlite_read_u8(rest);
}

void client_load_model(struct client *client, const void *data, size_t size) {
  struct mendlite_reader rest;
  client_upload(client, MENDLITE_AREA_MODEL, data, size);
  assert_int_equal(client_load(client, 0, (uint32_t)size, mendlite_crc32(0, data, size), &rest),
                   MENDLITE_STATUS_OK);
}

int client_run(struct client *client, uint16_t number, uint16_t count, uint32_t crc,
               const int32_t *tensors, uint32_t tensor_count, struct mendlite_reader *rest) {
  static uint8_t payload[MENDLITE_FRAME_PAYLOAD];
  struct mendlite_writer writer = {.data = payload, .room = sizeof payload};
  mendlite_write_u16(&writer, number);
  mendlite_write_u16(&writer, count);
  mendlite_write_u32(&writer, crc);
  for (uint32_t i = 0; i < tensor_count; i++) {
    mendlite_write_u32(&writer, (uint32_t)tensors[i]);
  }
  return client_ask(client, MENDLITE_REQUEST_RUN, payload, writer.used, rest);
}

int client_read(struct client *client, uint8_t area, uint16_t number, uint32_t offset,
                uint16_t size, struct mendlite_reader *rest) {
  uint8_t payload[9];
  struct mendlite_writer writer = {.data = payload, .room = sizeof payload};
  mendlite_write_u8(&writer, area);
  mendlite_write_u16(&writer, number);
  mendlite_write_u32(&writer, offset);
  mendlite_write_u16(&writer, size);
  return client_ask(client, MENDLITE_REQUEST_READ, payload, writer.used, rest);
}

int client_patch(struct client *client, uint32_t offset, uint8_t size, const void *old_bytes,
                 const void *new_bytes) {
  uint8_t payload[5 + 2 * 255];
  struct mendlite_writer writer = {.data = payload, .room = sizeof payload};
  mendlite_write_u32(&writer, offset);
  mendlite_write_u8(&writer, size);
  mendlite_write_bytes(&writer, old_bytes, size);
  mendlite_write_bytes(&writer, new_bytes, size);
  return client_ask(client, MENDLITE_REQUEST_PATCH, payload, writer.used, NULL);
}

const char *client_say(struct client *client, const char *command) {
  fake_port.used = 0;
  mendlite_harness_receive(&client->harness, (const uint8_t *)command, strlen(command));
  fake_port.written[fake_port.used] = '\0';
  return (const char *)fake_port.written;
}
