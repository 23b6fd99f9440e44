#include "session.h"

static size_t finish(struct mendlite_session *session, struct mendlite_frame answer, int status,
                     const struct mendlite_writer *writer) {
  /* The status is the payload's first byte; a failure has nothing behind it, but for a version. */
  bool nothing = status < 0 && status != MENDLITE_STATUS_OTHER_VERSION;
  session->body[MENDLITE_FRAME_HEADER] = (uint8_t)status;
  answer.session = session->number;
  answer.size = nothing ? 1 : 1 + writer->used;
  return mendlite_frame_encode(&answer, session->body, session->encoded);
}

static int hello(struct mendlite_session *session, struct mendlite_reader *request,
                 struct mendlite_writer *answer) {
  uint8_t version = mendlite_read_u8(request);
  if (!request->failed && version != MENDLITE_PROTOCOL_VERSION) {
    /* The rest may have any form: only the version keeps its place. */
    mendlite_write_u8(answer, MENDLITE_PROTOCOL_VERSION);
    return answer->failed ? MENDLITE_STATUS_BAD_REQUEST : MENDLITE_STATUS_OTHER_VERSION;
  }
  uint8_t number = mendlite_read_u8(request);
  if (!mendlite_read_all(request) || number == 0) {
    return MENDLITE_STATUS_BAD_REQUEST;
  }
  mendlite_write_u8(answer, MENDLITE_PROTOCOL_VERSION);
  mendlite_write_u8(answer, session->fresh ? 1 : 0);
  session->number = number;
  session->fresh = false;
  struct mendlite_reader nothing = {.data = request->data};
  return session->handler(session->context, MENDLITE_REQUEST_HELLO, &nothing, answer);
}

static int respond(struct mendlite_session *session, const struct mendlite_frame *frame,
                   struct mendlite_writer *answer) {
  struct mendlite_reader request = {.data = frame->payload, .size = frame->size};
  if (frame->type == MENDLITE_REQUEST_HELLO) {
    return hello(session, &request, answer);
  }
  if (session->number == 0 || frame->session != session->number) {
    return MENDLITE_STATUS_NO_SESSION;
  }
  return session->handler(session->context, frame->type, &request, answer);
}

size_t mendlite_session_answer(struct mendlite_session *session, uint8_t *bytes, size_t size) {
  struct mendlite_frame frame;
  struct mendlite_writer writer = {.data = session->body + MENDLITE_FRAME_HEADER + 1,
                                   .room = session->payload_room - 1};
  if (size == 0 || mendlite_frame_decode(bytes, size, &frame) < 0) {
    return finish(session, (struct mendlite_frame){.type = MENDLITE_ANSWER},
                  MENDLITE_STATUS_DAMAGED, &writer);
  }
  struct mendlite_frame answer = {.type = frame.type | MENDLITE_ANSWER, .sequence = frame.sequence};
  int status = respond(session, &frame, &writer);
  if (status >= 0 && writer.failed) {
    /* The answer does not fit: half of one is none. */
    status = MENDLITE_STATUS_BAD_REQUEST;
  }
  size_t used = finish(session, answer, status, &writer);
  if (frame.type == MENDLITE_REQUEST_BYE && status == MENDLITE_STATUS_OK) {
    session->number = 0;
  }
  return used;
}
