#include "session.h"

static size_t finish(struct session *session, struct frame answer, int status,
                     const struct writer *writer) {
  /* The status is the payload's first byte; a failure has nothing behind it. */
  session->body[FRAME_HEADER] = (uint8_t)status;
  answer.session = session->number;
  answer.size = status < 0 ? 1 : 1 + writer->used;
  return frame_encode(&answer, session->body, session->encoded);
}

static int hello(struct session *session, struct reader *request, struct writer *answer) {
  uint8_t version = read_u8(request);
  uint8_t number = read_u8(request);
  if (!read_all(request) || number == 0 || version != PROTOCOL_VERSION) {
    return STATUS_BAD_REQUEST;
  }
  write_u8(answer, PROTOCOL_VERSION);
  write_u8(answer, session->fresh ? 1 : 0);
  session->number = number;
  session->fresh = false;
  struct reader nothing = {.data = request->data};
  return session->handler(session->context, REQUEST_HELLO, &nothing, answer);
}

static int respond(struct session *session, const struct frame *frame, struct writer *answer) {
  struct reader request = {.data = frame->payload, .size = frame->size};
  if (frame->type == REQUEST_HELLO) {
    return hello(session, &request, answer);
  }
  if (session->number == 0 || frame->session != session->number) {
    return STATUS_NO_SESSION;
  }
  return session->handler(session->context, frame->type, &request, answer);
}

size_t session_answer(struct session *session, uint8_t *bytes, size_t size) {
  struct frame frame;
  struct writer writer = {.data = session->body + FRAME_HEADER + 1,
                          .room = session->payload_room - 1};
  if (size == 0 || frame_decode(bytes, size, &frame) < 0) {
    return finish(session, (struct frame){.type = ANSWER}, STATUS_DAMAGED, &writer);
  }
  struct frame answer = {.type = frame.type | ANSWER, .sequence = frame.sequence};
  int status = respond(session, &frame, &writer);
  if (status >= 0 && writer.failed) {
    /* The answer does not fit: half of one is none. */
    status = STATUS_BAD_REQUEST;
  }
  size_t used = finish(session, answer, status, &writer);
  if (frame.type == REQUEST_BYE && status == STATUS_OK) {
    session->number = 0;
  }
  return used;
}
