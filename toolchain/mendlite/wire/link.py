"""The host's side of the link, without a port: requests in, bytes out; bytes in, responses out.

Every request is idempotent on the board, so it is sent again if no response arrives in time; chunks
of a transfer are returned as lost instead, to be cut again. The line keeps the order, and a board
responds to every frame: a response shows that waiting requests before it are lost, and a damaged
one stands for the first of them. So nothing is sent again while it may still be under way. On a
line slower than its baud rate responses come after their chunks were taken for lost: they count,
and they measure the line's speed. The caller owns the clock (seconds, any origin) and moves the
bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from mendlite.wire.frame import END, Frame, Splitter, encode, encoded_size
from mendlite.wire.messages import ANSWER, Request, Status, status_of

FIRST_WAIT, LONGEST_WAIT = 1.0, 2.0
"""Seconds until a request is sent again, besides those that its bytes take on the line: before any
response was timed, and at most."""

SHORTEST_WAIT = 0.05
MOST_HURRIED = 8
"""How often damage has a request sent again before its time: a board may babble for ever."""

WAITS = 4.0
"""A response is late after this many times the usual round trip of its kind of request."""

ENOUGH = 512
"""Bytes on the way by which a late response shows a slow line: fewer may have waited for the end of
a frame that was lost."""

MOST_DOUBLINGS = 3
"""How often a wait is doubled while chunks are lost and the board sends nothing at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The response to the request of this ``sequence``; ``payload`` begins with the status.

    ``late``: its chunk was taken for lost.
    """

    sequence: int
    request: Request
    status: Status
    payload: bytes
    late: bool = False


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Bytes each way; frames sent again, that came damaged, and that were our own."""

    sent: int = 0
    received: int = 0
    resent: int = 0
    damaged: int = 0
    echoed: int = 0


@dataclass(slots=True, kw_only=True)
class _Waiting:
    """A request without a response yet.

    ``size``: bytes on the line, the response's included; ``ahead``: those and all that the line
    had to move before them.
    """

    request: Request
    encoded: bytes
    size: int
    ahead: float
    sent_at: float
    wait: float
    is_chunk: bool
    overdue: bool = False
    again: bool = False
    hurried: int = 0


@dataclass(slots=True, kw_only=True)
class Link:
    """One session. ``sequence`` is the next request's number.

    ``speed`` is the line's in bytes a second: first what the port was set to, then what late
    responses show, at most the first. ``silent_rounds`` counts the times in a row that chunks were
    lost and not a byte came back. Responses of another session, or repeated ones, are dropped: they
    are late copies.
    """

    session: int
    sequence: int
    speed: float = math.inf
    traffic: Traffic = field(default_factory=Traffic)
    _outgoing: bytearray = field(default_factory=bytearray)
    silent_rounds: int = 0
    _waiting: dict[int, _Waiting] = field(default_factory=dict)
    _late: dict[int, _Waiting] = field(default_factory=dict)
    _on_the_line: dict[int, int] = field(default_factory=dict)
    _free_at: float = -math.inf
    _nominal: float = field(init=False)
    _splitter: Splitter = field(default_factory=Splitter)
    _round_trips: dict[Request, float] = field(default_factory=dict)
    _lost: bool = False

    def __post_init__(self) -> None:
        """Remember the speed that the port was set to."""
        self._nominal = self.speed

    def ask(
        self,
        request: Request,
        payload: bytes,
        now: float,
        *,
        is_chunk: bool = False,
        answer_size: int = 0,
        patience: float = 0.0,
    ) -> int:
        """Send a request, whose response has about so many bytes; returns its sequence number.

        ``patience``: seconds for which a board that works may leave it without a response.
        """
        sequence = self.sequence
        self.sequence = (sequence + 1) % 2**16
        frame = Frame(type=request, session=self.session, sequence=sequence, payload=payload)
        encoded = encode(frame)
        size = len(encoded) + encoded_size(answer_size)
        self._occupy(sequence, size, now)
        doublings = min(max(self.silent_rounds - 1, 0), MOST_DOUBLINGS)
        usual = self._usual_wait(request) * 2**doublings
        waiting = _Waiting(
            request=request,
            encoded=encoded,
            size=size,
            ahead=sum(self._on_the_line.values()),
            sent_at=now,
            wait=usual + patience + self._free_at - now,
            is_chunk=is_chunk,
        )
        self._waiting[sequence] = waiting
        self._send(waiting.encoded)
        return sequence

    def _occupy(self, sequence: int, size: int, now: float) -> None:
        """Note that the line moves so many bytes more, behind those that it still moves."""
        if now >= self._free_at:
            self._on_the_line.clear()
        self._on_the_line.pop(sequence, None)
        self._on_the_line[sequence] = size
        self._free_at = max(self._free_at, now) + size / self.speed

    def backlog(self, now: float) -> float:
        """Bytes that the line still moves, lost ones too; 0 where it is as fast as it was set."""
        slow = self.speed < self._nominal
        return max(self._free_at - now, 0.0) * self.speed if slow else 0.0

    @property
    def waiting(self) -> int:
        """How many requests wait for their responses."""
        return len(self._waiting)

    def forget_all(self) -> None:
        """Stop waiting: a response that still arrives is dropped."""
        self._waiting.clear()
        self._late.clear()
        self._lost = False

    @property
    def losing(self) -> bool:
        """Whether a chunk was lost: no more should be sent until those that wait came in."""
        return self._lost

    def chunks_lost(self) -> bool:
        """Whether chunks were lost since the last call; True only when none waits any more."""
        if not self._lost or any(waiting.is_chunk for waiting in self._waiting.values()):
            return False
        self._lost = False
        return True

    def outgoing(self) -> bytes:
        """The bytes to send now, which are then taken to be sent."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def receive(self, data: bytes, now: float) -> Iterator[Response]:
        """The responses that these bytes complete."""
        self.traffic.received += len(data)
        if data:
            self.silent_rounds = 0
        for frame in self._splitter.take(data):
            answer = None if frame is None else self._answer(frame, now)
            if answer is not None:
                yield answer
            elif frame is None or frame.type == ANSWER:
                self.traffic.damaged += 1
                self._resend_first(now)
            elif frame.type < ANSWER:
                self.traffic.echoed += 1

    def tick(self, now: float) -> int:
        """Send again what is overdue; returns how many requests."""
        late = [s for s, w in self._waiting.items() if now >= w.sent_at + w.wait]
        if late:
            # The end of a frame may be what was lost, ours or the board's.
            self._outgoing += bytes([END])
            self._splitter.clear()
        for sequence in late:
            waiting = self._waiting[sequence]
            waiting.overdue = True
            waiting.wait = max(waiting.wait, min(2 * waiting.wait, LONGEST_WAIT))
            self._resend(sequence, now)
        self.silent_rounds += self._lost and bool(late)
        return len(late)

    def due(self) -> float | None:
        """When the next request is overdue; None where none waits."""
        return min((w.sent_at + w.wait for w in self._waiting.values()), default=None)

    def _answer(self, frame: Frame, now: float) -> Response | None:
        late = frame.sequence in self._late
        waiting = (self._late if late else self._waiting).get(frame.sequence)
        if waiting is None or frame.type != waiting.request | ANSWER:
            return None
        status = status_of(frame.payload)
        # A board that was reset knows no session, and answers with none; nor does one that opens
        # none for us.
        refused = status is Status.NO_SESSION or (waiting.request is Request.HELLO and status < 0)
        if frame.session != self.session and not refused:
            return None
        if late:
            del self._late[frame.sequence]
        else:
            self._lose_before(frame.sequence)
            del self._waiting[frame.sequence]
        self._pass(frame.sequence)
        if not waiting.again:
            if not late:
                # A late one may have waited for the end of a frame that was lost.
                self._time(waiting.request, now - waiting.sent_at)
            self._measure(waiting, now, late=late)
        self._free_at = now + sum(self._on_the_line.values()) / self.speed
        return Response(
            sequence=frame.sequence,
            request=waiting.request,
            status=status,
            payload=frame.payload,
            late=late,
        )

    def _pass(self, sequence: int) -> None:
        """A response came: the line has moved its request and all before it."""
        if sequence in self._on_the_line:
            for earlier in list(self._on_the_line):
                del self._on_the_line[earlier]
                if earlier == sequence:
                    return

    def _measure(self, answered: _Waiting, now: float, *, late: bool) -> None:
        """Lower the speed by a late response; raise it, where it was lowered, by others.

        What the line moved until a response came, by the time that took: with the board's own time
        in it, so at most the speed of the line.
        """
        elapsed = now - answered.sent_at
        shown = answered.ahead / elapsed if elapsed > 0 else math.inf
        if late and answered.overdue and answered.ahead >= ENOUGH and shown < self.speed:
            self.speed = shown
            self._postpone(now)
        elif not late and shown > self.speed:
            self.speed = min(shown, self._nominal)

    def _postpone(self, now: float) -> None:
        """Wait longer for what is on the way: the line is slower than was thought."""
        before = 0
        for sequence, size in self._on_the_line.items():
            before += size
            if waiting := self._waiting.get(sequence):
                due = now + before / self.speed + self._usual_wait(waiting.request)
                waiting.wait = max(waiting.wait, due - waiting.sent_at)

    def _time(self, request: Request, seconds: float) -> None:
        """Note a round trip; requests that were sent twice are not measured (Karn's rule)."""
        before = self._round_trips.get(request, seconds)
        self._round_trips[request] = 0.8 * before + 0.2 * seconds

    def _usual_wait(self, request: Request) -> float:
        usual = self._round_trips.get(request)
        if usual is None:
            return FIRST_WAIT
        return min(max(WAITS * usual, SHORTEST_WAIT), LONGEST_WAIT)

    def _resend_first(self, now: float) -> None:
        """Something was damaged: most likely what waits longest, or its response."""
        first = next(iter(self._waiting), None)
        if first is not None and self._waiting[first].hurried < MOST_HURRIED:
            self._waiting[first].hurried += 1
            self._resend(first, now)

    def _lose_before(self, sequence: int) -> None:
        """A response came: chunks that were sent before its request get none any more."""
        for earlier, waiting in list(self._waiting.items()):
            if earlier == sequence:
                return
            if waiting.is_chunk:
                self._lose(earlier)

    def _lose(self, sequence: int) -> None:
        self.traffic.resent += 1
        self._lost = True
        self._late[sequence] = self._waiting.pop(sequence)

    def _resend(self, sequence: int, now: float) -> None:
        waiting = self._waiting[sequence]
        if waiting.is_chunk:
            self._lose(sequence)
            return
        self.traffic.resent += 1
        waiting.again, waiting.sent_at = True, now
        self._occupy(sequence, waiting.size, now)
        self._send(waiting.encoded)

    def _send(self, encoded: bytes) -> None:
        # A second end, which is no frame, where the first is lost: the board would wait for it.
        data = encoded + bytes([END])
        self.traffic.sent += len(data)
        self._outgoing += data
