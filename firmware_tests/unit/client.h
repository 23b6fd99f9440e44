/* A host that the harness tests play: requests go in as frames, answers come out decoded. */
#ifndef MENDLITE_CLIENT_H
#define MENDLITE_CLIENT_H

#include "harness.h"

enum { CLIENT_SESSION = 7, CLIENT_MEMORY = 24 * 1024 };

enum { CLIENT_BUFFERS = MENDLITE_HARNESS_BUFFERS(MENDLITE_FRAME_PAYLOAD) };

/* The board, its memory in allocations of its own: a sanitizer sees what lies beyond. */
struct client {
  struct mendlite_harness harness;
  uint8_t *memory;
  uint8_t *buffers;
};

/* A board just started; what it said is taken away. */
void client_start(struct client *client);
void client_start_with(struct client *client, uint32_t memory);

/* Starts the harness on what the client has, with so much memory; returns its status. */
int client_restart(struct client *client, uint32_t memory, uint32_t buffers);
void client_end(struct client *client);

/* The answer's status; what follows it is left in *rest, until the next request. */
int client_ask(struct client *client, uint8_t type, const void *payload, size_t size,
               struct mendlite_reader *rest);

int client_hello(struct client *client);
int client_begin(struct client *client, uint8_t area, uint32_t size, uint32_t crc,
                 uint32_t *frontier);
int client_data(struct client *client, uint32_t offset, const void *data, size_t size,
                uint32_t *frontier);

/* All of an area; fails the test where any of it is refused. */
void client_upload(struct client *client, uint8_t area, const void *data, size_t size);

/* What became of the model; the rest of the answer in *rest. */
int client_load(struct client *client, uint8_t source, uint32_t size, uint32_t crc,
                struct mendlite_reader *rest);

/* Uploads and loads; fails the test where it does not open. */
void client_load_model(struct client *client, const void *data, size_t size);

int client_run(struct client *client, uint16_t number, uint16_t count, uint32_t crc,
               const int32_t *tensors, uint32_t tensor_count, struct mendlite_reader *rest);
int client_read(struct client *client, uint8_t area, uint16_t number, uint32_t offset,
                uint16_t size, struct mendlite_reader *rest);
int client_patch(struct client *client, uint32_t offset, uint8_t size, const void *old_bytes,
                 const void *new_bytes);

/* The frame that the board sent, decoded. Behind text it begins with a zero of its own. */
struct mendlite_frame client_answer(void);

/* What the board says to a text command. */
const char *client_say(struct client *client, const char *command);

#endif
