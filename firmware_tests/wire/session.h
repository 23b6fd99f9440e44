/* The board's side of the framed protocol (docs/SPEC.md): takes bytes, answers with bytes.
 *
 * Every request is idempotent, so the host may send any of them again, and each answer carries its
 * request's sequence number. A host opens a session by HELLO with a number of its choice; requests
 * of any other session are refused, so that a reset board is noticed by its next answer.
 */
#ifndef MENDLITE_SESSION_H
#define MENDLITE_SESSION_H

#include "bytes.h"
#include "frame.h"
#include "request.h"
#include "status.h"

enum { MENDLITE_PROTOCOL_VERSION = 1 };

/* An answer's type is its request's with this bit; alone it answers a damaged frame. */
enum { MENDLITE_ANSWER = 0x80 };

/* Answers a request: reads its payload, writes the answer's after the status. Returns the status;
 * what was written with a negative one is dropped. */
typedef int mendlite_session_handler(void *context, uint8_t type, struct mendlite_reader *request,
                                     struct mendlite_writer *answer);

struct mendlite_session {
  mendlite_session_handler *handler;
  void *context;
  /* 0: none is open. */
  uint8_t number;
  /* No session was opened since the board started. */
  bool fresh;
  /* Room for an answer before and after its encoding. */
  uint8_t *body;
  uint8_t *encoded;
  size_t payload_room;
};

/* Takes the bytes of one frame (damaged where size is 0) and returns how many bytes of encoded are
 * to be sent. */
size_t mendlite_session_answer(struct mendlite_session *session, uint8_t *bytes, size_t size);

#endif
