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

#ifdef __cplusplus
extern "C" {
#endif

enum { MENDLITE_PROTOCOL_VERSION = 1 };

/* An answer's type is its request's with this bit; alone it answers a damaged frame. */
enum { MENDLITE_ANSWER = 0x80 };

/* Answers any request but HELLO, and adds to the answer of that: reads its payload, writes the
 * answer's behind the status. Returns the status (status.h); what was written with a negative one
 * is dropped. */
typedef int mendlite_session_handler(void *context, uint8_t type, struct mendlite_reader *request,
                                     struct mendlite_writer *answer);

struct mendlite_session {
  mendlite_session_handler *handler;
  /* What the handler is called with. */
  void *context;
  /* The open session, 1 ... 255; 0: none is. */
  uint8_t number;
  /* No session was opened since the board started. */
  bool fresh;
  /* The caller's: an answer with its header and checksum before it is encoded, and
   * MENDLITE_FRAME_ENCODED(payload_room) bytes for it afterwards. */
  uint8_t *body;
  uint8_t *encoded;
  /* Bytes of the largest payload that there is room for, its status included: at least 1. */
  size_t payload_room;
};

/* Answers one frame of size bytes, without its ending zero, which it decodes in place; 0 bytes are
 * a damaged frame. Every frame has an answer, its errors among them. Returns how many bytes of
 * encoded are to be sent, the ending zero included. */
size_t mendlite_session_answer(struct mendlite_session *session, uint8_t *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
