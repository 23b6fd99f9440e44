"""The host's side of the link, with a clock of the test's own."""

import pytest

from mendlite.wire import link as links
from mendlite.wire.frame import Frame, Splitter, encode
from mendlite.wire.link import FIRST_WAIT, LONGEST_WAIT, SHORTEST_WAIT, Link
from mendlite.wire.messages import ANSWER, MalformedAnswerError, Request, Status

SESSION = 7
OK = b"\x00"


@pytest.fixture
def link():
    return Link(session=SESSION, sequence=100)


def sent(link):
    return list(Splitter().take(link.outgoing()))


def answer(request, sequence, payload=OK, session=SESSION):
    return encode(Frame(type=request | ANSWER, session=session, sequence=sequence, payload=payload))


def receive(link, data, now=0.0):
    return list(link.receive(data, now))


DAMAGED = encode(Frame(type=ANSWER, session=SESSION, sequence=0, payload=b"\xff"))


def test_a_request_and_its_answer(link):
    assert link.ask(Request.PATCH, b"abc", 0.0) == 100
    assert sent(link) == [Frame(type=Request.PATCH, session=SESSION, sequence=100, payload=b"abc")]
    assert link.outgoing() == b""
    assert link.waiting == 1
    [found] = receive(link, answer(Request.PATCH, 100, b"\x01xyz"))
    assert (found.sequence, found.request) == (100, Request.PATCH)
    assert (found.status, found.payload) == (Status.BUSY, b"\x01xyz")
    assert link.waiting == 0
    assert link.due() is None


def test_bytes_are_counted(link):
    link.ask(Request.BYE, b"", 0.0)
    data = answer(Request.BYE, 100)
    size = len(link.outgoing())
    receive(link, data)
    assert (link.traffic.sent, link.traffic.received) == (size, len(data))
    assert (link.traffic.resent, link.traffic.damaged, link.traffic.echoed) == (0, 0, 0)


def test_what_is_not_answered_is_sent_again_ever_later(link):
    link.ask(Request.BYE, b"", 0.0)
    first = sent(link)
    now, wait = 0.0, FIRST_WAIT
    for _ in range(5):
        assert link.due() == pytest.approx(now + wait)
        assert link.tick(now + 0.99 * wait) == 0
        assert link.outgoing() == b""
        now += wait
        assert link.tick(now) == 1
        assert sent(link) == first
        wait = min(2 * wait, LONGEST_WAIT)
    assert wait == LONGEST_WAIT
    assert link.traffic.resent == 5


def test_the_wait_follows_the_usual_round_trip(link):
    link.ask(Request.RUN, b"", 0.0)
    receive(link, answer(Request.RUN, 100), 0.2)
    link.ask(Request.RUN, b"", 1.0)
    assert link.due() == pytest.approx(1.0 + links.WAITS * 0.2)


def test_the_wait_of_another_kind_of_request_does_not(link):
    link.ask(Request.RUN, b"", 0.0)
    receive(link, answer(Request.RUN, 100), 0.001)
    link.ask(Request.LOAD, b"", 1.0)
    assert link.due() == pytest.approx(1.0 + FIRST_WAIT)


@pytest.mark.parametrize(
    ("trip", "wait"), [(0.0, SHORTEST_WAIT), (100.0, LONGEST_WAIT), (0.1, 0.1 * links.WAITS)]
)
def test_the_wait_has_bounds(link, trip, wait):
    link.ask(Request.RUN, b"", 0.0)
    receive(link, answer(Request.RUN, 100), trip)
    link.ask(Request.RUN, b"", trip)
    assert link.due() - trip == pytest.approx(wait)


def test_an_answer_to_what_was_sent_twice_tells_no_time(link):
    """Karn's rule: nobody knows which of the two was answered."""
    link.ask(Request.RUN, b"", 0.0)
    link.tick(FIRST_WAIT)
    receive(link, answer(Request.RUN, 100), FIRST_WAIT + 0.001)
    link.ask(Request.RUN, b"", 10.0)
    assert link.due() == pytest.approx(10.0 + FIRST_WAIT)


def test_a_second_answer_is_dropped(link):
    link.ask(Request.RUN, b"", 0.0)
    data = answer(Request.RUN, 100)
    assert len(receive(link, data + data)) == 1
    assert receive(link, data) == []
    assert link.traffic.damaged == 0


def test_answers_that_belong_to_nothing_are_dropped(link):
    link.ask(Request.RUN, b"", 0.0)
    other = [
        answer(Request.RUN, 100, session=SESSION + 1),
        answer(Request.RUN, 99),
        answer(Request.LOAD, 100),
        answer(Request.RUN, 100, b"\xf7", session=0),
    ]
    assert receive(link, b"".join(other)) == []
    assert link.waiting == 1
    assert link.traffic.damaged == 0


def test_no_session_passes_in_any_session(link):
    link.ask(Request.RUN, b"", 0.0)
    [found] = receive(link, answer(Request.RUN, 100, b"\xfe", session=0))
    assert found.status is Status.NO_SESSION


@pytest.mark.parametrize("damage", [DAMAGED, b"\x05abc\x00"], ids=["there", "here"])
def test_damage_sends_the_oldest_again_at_once(link, damage):
    link.ask(Request.RUN, b"1", 0.0)
    link.ask(Request.READ, b"2", 0.0)
    first, _ = sent(link)
    assert receive(link, damage, 0.01) == []
    assert sent(link) == [first]
    assert (link.traffic.damaged, link.traffic.resent) == (1, 1)


def test_a_board_that_babbles_is_not_asked_each_time(link):
    link.ask(Request.RUN, b"", 0.0)
    receive(link, 1000 * DAMAGED)
    assert len(sent(link)) == 1 + links.MOST_HURRIED
    link.tick(FIRST_WAIT)
    assert len(sent(link)) == 1


def test_a_refused_hello_passes_in_any_session(link):
    """A board of another version has opened none."""
    link.ask(Request.HELLO, b"", 0.0)
    assert receive(link, answer(Request.HELLO, 100, session=0)) == []
    [found] = receive(link, answer(Request.HELLO, 100, b"\xfd", session=0))
    assert found.status is Status.BAD_REQUEST


def test_damage_where_nothing_waits(link):
    assert receive(link, DAMAGED + b"\x05abc\x00") == []
    assert link.outgoing() == b""
    assert link.traffic.damaged == 2


def test_every_frame_has_two_ends(link):
    """Where one is lost the board must not wait for the next frame."""
    link.ask(Request.BYE, b"", 0.0)
    assert link.outgoing().endswith(b"\0\0")


def test_what_is_sent_again_is_cut_off_from_what_came_before(link):
    link.ask(Request.BYE, b"", 0.0)
    link.outgoing()
    link.tick(FIRST_WAIT)
    assert link.outgoing().startswith(b"\0")


def test_the_board_s_own_lost_end_spoils_no_second_answer(link):
    link.ask(Request.BYE, b"", 0.0)
    receive(link, answer(Request.BYE, 100)[:-1])
    link.tick(FIRST_WAIT)
    assert len(receive(link, answer(Request.BYE, 100))) == 1


def ask_chunks(link, count=3):
    numbers = [link.ask(Request.DATA, bytes([n]), 0.0, is_chunk=True) for n in range(count)]
    link.outgoing()
    return numbers


def test_chunks_that_are_late_are_given_back_as_lost(link):
    ask_chunks(link)
    link.tick(FIRST_WAIT)
    assert sent(link) == []
    assert link.waiting == 0
    assert link.losing
    assert link.chunks_lost()
    assert not link.losing
    assert not link.chunks_lost()
    [late] = receive(link, answer(Request.DATA, 101))
    assert late.late
    assert receive(link, answer(Request.DATA, 101)) == []


def test_a_board_that_works_is_waited_for_so_much_longer(link):
    link.ask(Request.RUN, b"", 0.0, patience=0.5)
    assert link.due() == pytest.approx(FIRST_WAIT + 0.5)


def test_an_answer_that_comes_late_shows_how_slow_the_line_is():
    link = Link(session=SESSION, sequence=0, speed=10_000)
    for _ in range(2):
        link.ask(Request.DATA, bytes(1000), 0.0, is_chunk=True)
    size = link._waiting[0].size
    assert link.due() == pytest.approx(FIRST_WAIT + size / 10_000)
    link.tick(link.due())
    assert link.waiting == 1
    [late] = receive(link, answer(Request.DATA, 0), 2.0)
    assert late.late
    assert link.speed == pytest.approx(size / 2.0)
    # The second is waited for as long as the line takes for it, and more is held back till then.
    assert link.due() == pytest.approx(2.0 + 2.0 + FIRST_WAIT)
    assert link.backlog(3.0) == pytest.approx(size / 2)
    [found] = receive(link, answer(Request.DATA, 1), 2.01)
    assert not found.late
    # At most what the port was set to.
    assert link.speed == pytest.approx(2 * size / 2.01)
    assert link.backlog(2.01) == 0
    link.ask(Request.DATA, bytes(1000), 5.0, is_chunk=True)
    receive(link, answer(Request.DATA, 2), 5.01)
    assert link.speed == 10_000


def test_a_few_late_bytes_show_no_slow_line():
    """They may have waited for the end of a frame that was lost."""
    link = Link(session=SESSION, sequence=0, speed=10_000)
    link.ask(Request.DATA, bytes(50), 0.0, is_chunk=True)
    link.tick(link.due())
    [late] = receive(link, answer(Request.DATA, 0), 9.0)
    assert late.late
    assert link.speed == 10_000


def test_silence_doubles_the_waits_for_chunks():
    link = Link(session=SESSION, sequence=0)
    now = 0.0
    for doubled in (1, 1, 2, 4, 8, 8):
        link.ask(Request.DATA, b"", now, is_chunk=True)
        assert link.due() - now == pytest.approx(doubled * FIRST_WAIT)
        now = link.due()
        link.tick(now)
        assert link.chunks_lost()
    receive(link, answer(Request.DATA, 0), now)
    assert link.silent_rounds == 0


def test_damage_loses_one_chunk_and_the_others_are_waited_for(link):
    """Sent again now they would only fill the line: they are under way."""
    ask_chunks(link)
    receive(link, DAMAGED)
    assert sent(link) == []
    assert link.waiting == 2
    assert link.losing
    assert not link.chunks_lost()
    assert len(receive(link, answer(Request.DATA, 101) + answer(Request.DATA, 102))) == 2
    assert link.chunks_lost()


def test_an_answer_loses_the_chunks_before_it(link):
    ask_chunks(link)
    assert len(receive(link, answer(Request.DATA, 102))) == 1
    assert link.waiting == 0
    assert link.traffic.resent == 2
    assert link.chunks_lost()


def test_an_answer_in_its_turn_loses_none(link):
    ask_chunks(link)
    assert len(receive(link, answer(Request.DATA, 100))) == 1
    assert link.waiting == 2
    assert not link.losing


def test_a_lost_chunk_leaves_other_requests_waiting(link):
    link.ask(Request.DATA, b"", 0.0, is_chunk=True)
    link.ask(Request.RUN, b"", 0.0)
    receive(link, DAMAGED)
    assert link.chunks_lost()
    assert link.waiting == 1
    assert len(receive(link, answer(Request.RUN, 101))) == 1


def test_an_answer_leaves_other_requests_waiting(link):
    link.ask(Request.RUN, b"", 0.0)
    link.ask(Request.READ, b"", 0.0)
    assert len(receive(link, answer(Request.READ, 101))) == 1
    assert len(receive(link, answer(Request.RUN, 100))) == 1


def test_a_slow_line_is_given_the_time_that_the_bytes_take():
    link = Link(session=SESSION, sequence=0, speed=960.0)
    link.ask(Request.READ, b"", 0.0, is_chunk=True, answer_size=960)
    first = link.due()
    assert FIRST_WAIT + 1.0 < first < FIRST_WAIT + 1.1
    link = Link(session=SESSION, sequence=0, speed=960.0)
    for _ in range(3):
        link.ask(Request.READ, b"", 0.0, is_chunk=True, answer_size=960)
    assert [w.sent_at + w.wait for w in link._waiting.values()] == pytest.approx(
        [FIRST_WAIT + n * (first - FIRST_WAIT) for n in (1, 2, 3)]
    )


def test_forgetting(link):
    link.ask(Request.DATA, b"", 0.0, is_chunk=True)
    receive(link, DAMAGED)
    link.ask(Request.RUN, b"", 0.0)
    link.forget_all()
    assert not link.chunks_lost()
    assert receive(link, answer(Request.RUN, 101)) == []
    assert link.due() is None


def test_sequence_numbers_begin_anew():
    link = Link(session=SESSION, sequence=65534)
    numbers = [link.ask(Request.READ, bytes([n]), 0.0) for n in range(4)]
    assert numbers == [65534, 65535, 0, 1]
    assert [frame.sequence for frame in sent(link)] == numbers
    data = b"".join(answer(Request.READ, n) for n in numbers)
    assert [found.sequence for found in receive(link, data)] == numbers


def test_our_own_frames_that_come_back_are_counted(link):
    link.ask(Request.HELLO, b"\x01\x07", 0.0)
    assert receive(link, link.outgoing()) == []
    assert link.traffic.echoed == 1
    assert link.traffic.damaged == 0
    assert link.waiting == 1


@pytest.mark.parametrize("payload", [b"", b"\x55"])
def test_an_answer_without_a_status_is_another_protocol(link, payload):
    link.ask(Request.RUN, b"", 0.0)
    with pytest.raises(MalformedAnswerError):
        receive(link, answer(Request.RUN, 100, payload))
