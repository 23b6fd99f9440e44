/* The session's own part: what it lets through to its handler, and what it answers by itself. */
#include <string.h>

#include "check.h"
#include "session.h"

enum { PAYLOAD = 32, SESSION = 9 };

/* The handler that the session calls, and what it saw. */
struct seen {
  int calls;
  uint8_t type;
  size_t size;
  int status;
  /* Bytes that it answers. */
  size_t answers;
};

static int handle(void *context, uint8_t type, struct mendlite_reader *request,
                  struct mendlite_writer *answer) {
  struct seen *seen = context;
  seen->calls++;
  seen->type = type;
  seen->size = request->size;
  for (size_t i = 0; i < seen->answers; i++) {
    mendlite_write_u8(answer, (uint8_t)i);
  }
  return seen->status;
}

struct board {
  struct seen seen;
  struct mendlite_session session;
  uint8_t body[MENDLITE_FRAME_HEADER + PAYLOAD + MENDLITE_FRAME_CHECKSUM];
  uint8_t encoded[MENDLITE_FRAME_ENCODED(PAYLOAD)];
};

static void start(struct board *board) {
  memset(board, 0, sizeof *board);
  board->session = (struct mendlite_session){.handler = handle,
                                             .context = &board->seen,
                                             .fresh = true,
                                             .body = board->body,
                                             .encoded = board->encoded,
                                             .payload_room = PAYLOAD};
}

/* The answer to a request, decoded where it was encoded. */
static struct mendlite_frame ask(struct board *board, uint8_t type, uint8_t session,
                                 const char *payload, size_t size) {
  uint8_t body[MENDLITE_FRAME_HEADER + PAYLOAD + MENDLITE_FRAME_CHECKSUM];
  uint8_t encoded[MENDLITE_FRAME_ENCODED(PAYLOAD)];
  struct mendlite_frame request = {
      .type = type, .session = session, .sequence = 0x1234, .size = size};
  struct mendlite_frame answer;
  memcpy(body + MENDLITE_FRAME_HEADER, payload, size);
  size_t used = mendlite_frame_encode(&request, body, encoded);
  size_t answered = mendlite_session_answer(&board->session, encoded, used - 1);
  assert_int_equal(mendlite_frame_decode(board->encoded, answered - 1, &answer),
                   MENDLITE_STATUS_OK);
  assert_int_equal(answer.sequence, 0x1234);
  assert_int_equal(answer.type, type | MENDLITE_ANSWER);
  return answer;
}

static void expect(struct mendlite_frame answer, int status, size_t size) {
  assert_int_equal((int8_t)answer.payload[0], status);
  assert_int_equal(answer.size, 1 + size);
}

static void open_session(struct board *board) {
  ask(board, MENDLITE_REQUEST_HELLO, 0, "\x01\x09", 2);
}

static void opens_by_hello(void **state) {
  (void)state;
  struct board board;
  start(&board);
  struct mendlite_frame answer = ask(&board, MENDLITE_REQUEST_HELLO, 0, "\x01\x09", 2);
  expect(answer, MENDLITE_STATUS_OK, 2);
  assert_int_equal(answer.session, SESSION);
  assert_int_equal(answer.payload[1], MENDLITE_PROTOCOL_VERSION);
  assert_int_equal(answer.payload[2], 1);
  assert_int_equal(board.seen.calls, 1);
  /* The second time the board is no longer fresh; its handler is given nothing to read. */
  answer = ask(&board, MENDLITE_REQUEST_HELLO, 77, "\x01\x0a", 2);
  assert_int_equal(answer.session, 10);
  assert_int_equal(answer.payload[2], 0);
  assert_int_equal(board.seen.size, 0);
}

static void refuses_strange_hellos(void **state) {
  (void)state;
  struct board board;
  start(&board);
  expect(ask(&board, MENDLITE_REQUEST_HELLO, 0, "\x01", 1), MENDLITE_STATUS_BAD_REQUEST, 0);
  expect(ask(&board, MENDLITE_REQUEST_HELLO, 0, "", 0), MENDLITE_STATUS_BAD_REQUEST, 0);
  expect(ask(&board, MENDLITE_REQUEST_HELLO, 0, "\x01\x00", 2), MENDLITE_STATUS_BAD_REQUEST, 0);
  expect(ask(&board, MENDLITE_REQUEST_HELLO, 0, "\x01\x09\x01", 3), MENDLITE_STATUS_BAD_REQUEST, 0);
  assert_int_equal(board.seen.calls, 0);
  assert_int_equal(board.session.number, 0);
  assert_true(board.session.fresh);
}

/* Another version may write a HELLO in another way: it learns ours, and no session is opened. */
static void names_its_version_to_another(void **state) {
  (void)state;
  struct board board;
  start(&board);
  for (size_t size = 1; size <= 4; size++) {
    struct mendlite_frame answer = ask(&board, MENDLITE_REQUEST_HELLO, 0, "\x02\x09\x01\x01", size);
    expect(answer, MENDLITE_STATUS_OTHER_VERSION, 1);
    assert_int_equal(answer.payload[1], MENDLITE_PROTOCOL_VERSION);
  }
  assert_int_equal(board.seen.calls, 0);
  assert_int_equal(board.session.number, 0);
  assert_true(board.session.fresh);
}

static void refuses_other_sessions(void **state) {
  (void)state;
  struct board board;
  start(&board);
  /* Also of number 0, which none has. */
  expect(ask(&board, MENDLITE_REQUEST_DATA, SESSION, "", 0), MENDLITE_STATUS_NO_SESSION, 0);
  expect(ask(&board, MENDLITE_REQUEST_DATA, 0, "", 0), MENDLITE_STATUS_NO_SESSION, 0);
  open_session(&board);
  board.seen.calls = 0;
  expect(ask(&board, MENDLITE_REQUEST_DATA, SESSION + 1, "", 0), MENDLITE_STATUS_NO_SESSION, 0);
  assert_int_equal(board.seen.calls, 0);
  expect(ask(&board, MENDLITE_REQUEST_DATA, SESSION, "abc", 3), MENDLITE_STATUS_OK, 0);
  assert_int_equal(board.seen.calls, 1);
  assert_int_equal(board.seen.type, MENDLITE_REQUEST_DATA);
  assert_int_equal(board.seen.size, 3);
}

/* A board that was reset knows no session: its next answer tells, and so does the one to HELLO. */
static void shows_a_reset(void **state) {
  (void)state;
  struct board board;
  start(&board);
  open_session(&board);
  start(&board);
  struct mendlite_frame answer = ask(&board, MENDLITE_REQUEST_READ, SESSION, "", 0);
  expect(answer, MENDLITE_STATUS_NO_SESSION, 0);
  assert_int_equal(answer.session, 0);
  assert_int_equal(ask(&board, MENDLITE_REQUEST_HELLO, 0, "\x01\x09", 2).payload[2], 1);
}

static void ends_by_bye(void **state) {
  (void)state;
  struct board board;
  start(&board);
  open_session(&board);
  /* A BYE that the handler refuses ends nothing. */
  board.seen.status = MENDLITE_STATUS_WRONG_STATE;
  expect(ask(&board, MENDLITE_REQUEST_BYE, SESSION, "", 0), MENDLITE_STATUS_WRONG_STATE, 0);
  board.seen.status = MENDLITE_STATUS_OK;
  struct mendlite_frame answer = ask(&board, MENDLITE_REQUEST_BYE, SESSION, "", 0);
  expect(answer, MENDLITE_STATUS_OK, 0);
  assert_int_equal(answer.session, SESSION);
  expect(ask(&board, MENDLITE_REQUEST_BYE, SESSION, "", 0), MENDLITE_STATUS_NO_SESSION, 0);
}

static void answers_damage(void **state) {
  (void)state;
  struct board board;
  struct mendlite_frame answer;
  uint8_t damaged[] = {2, 1, 9, 9, 9};
  start(&board);
  open_session(&board);
  /* Nothing at all is what the receiver makes of a frame that was too long. */
  for (size_t size = 0; size <= sizeof damaged; size += sizeof damaged) {
    size_t used = mendlite_session_answer(&board.session, damaged, size);
    assert_int_equal(mendlite_frame_decode(board.encoded, used - 1, &answer), MENDLITE_STATUS_OK);
    expect(answer, MENDLITE_STATUS_DAMAGED, 0);
    assert_int_equal(answer.type, MENDLITE_ANSWER);
    assert_int_equal(answer.sequence, 0);
  }
}

static void drops_what_a_failure_wrote(void **state) {
  (void)state;
  struct board board;
  start(&board);
  open_session(&board);
  board.seen.answers = 5;
  expect(ask(&board, MENDLITE_REQUEST_READ, SESSION, "", 0), MENDLITE_STATUS_OK, 5);
  board.seen.status = MENDLITE_STATUS_BUSY;
  expect(ask(&board, MENDLITE_REQUEST_READ, SESSION, "", 0), MENDLITE_STATUS_BUSY, 5);
  board.seen.status = MENDLITE_STATUS_CONFLICT;
  expect(ask(&board, MENDLITE_REQUEST_READ, SESSION, "", 0), MENDLITE_STATUS_CONFLICT, 0);
}

/* Half an answer is none, to a HELLO as to any other request. */
static void refuses_answers_that_do_not_fit(void **state) {
  (void)state;
  struct board board;
  start(&board);
  open_session(&board);
  board.seen.answers = PAYLOAD - 1;
  expect(ask(&board, MENDLITE_REQUEST_READ, SESSION, "", 0), MENDLITE_STATUS_OK, PAYLOAD - 1);
  board.seen.answers = PAYLOAD;
  expect(ask(&board, MENDLITE_REQUEST_READ, SESSION, "", 0), MENDLITE_STATUS_BAD_REQUEST, 0);
  expect(ask(&board, MENDLITE_REQUEST_HELLO, SESSION, "\x01\x09", 2), MENDLITE_STATUS_BAD_REQUEST,
         0);
  /* A failure of its own is told as it is. */
  board.seen.status = MENDLITE_STATUS_CONFLICT;
  expect(ask(&board, MENDLITE_REQUEST_READ, SESSION, "", 0), MENDLITE_STATUS_CONFLICT, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opens_by_hello),
      cmocka_unit_test(refuses_strange_hellos),
      cmocka_unit_test(names_its_version_to_another),
      cmocka_unit_test(refuses_other_sessions),
      cmocka_unit_test(shows_a_reset),
      cmocka_unit_test(ends_by_bye),
      cmocka_unit_test(answers_damage),
      cmocka_unit_test(drops_what_a_failure_wrote),
      cmocka_unit_test(refuses_answers_that_do_not_fit),
  };
  return RUN(tests);
}
