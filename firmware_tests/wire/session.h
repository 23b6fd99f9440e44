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
#include "status.h"

enum { PROTOCOL_VERSION = 1 };

enum request {
  /* version u8, session u8 -> version u8, fresh u8, and what the handler adds */
  REQUEST_HELLO = 0x01,
  /* area u8, size u32, crc u32 -> frontier u32 */
  REQUEST_BEGIN = 0x02,
  /* offset u32, bytes -> frontier u32 */
  REQUEST_DATA = 0x03,
  /* source u8, profile u8, size u32, crc u32 -> failed_operator i32, arena u32, free u32, input
   * u32, output u32 */
  REQUEST_LOAD = 0x04,
  /* run u16, count u16, crc u32, tensors i32[] -> done u16, micros u32, size u32, crc u32 */
  REQUEST_RUN = 0x05,
  /* area u8, run u16, offset u32, length u16 -> offset u32, bytes */
  REQUEST_READ = 0x06,
  /* offset u32, length u8, old bytes, new bytes -> nothing */
  REQUEST_PATCH = 0x07,
  /* nothing -> nothing; then the board starts anew */
  REQUEST_RESET = 0x08,
  /* nothing -> nothing; ends the session */
  REQUEST_BYE = 0x09
};

/* An answer's type is its request's with this bit; alone it answers a damaged frame. */
enum { ANSWER = 0x80 };

/* Answers a request: reads its payload, writes the answer's after the status. Returns the status;
 * what was written with a negative one is dropped. */
typedef int session_handler(void *context, uint8_t type, struct reader *request,
                            struct writer *answer);

struct session {
  session_handler *handler;
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
size_t session_answer(struct session *session, uint8_t *bytes, size_t size);

#endif
