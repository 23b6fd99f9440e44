"""The host's side of the link, without a port: requests in, bytes out; bytes in, answers out.

Every request is idempotent on the board, so whatever is not answered in time is sent again; chunks
of a transfer are given back as lost instead, to be cut anew. The caller owns the clock (seconds,
any origin) and moves the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mendlite.wire.frame import Frame, Splitter, encode
from mendlite.wire.messages import ANSWER, Request, Status, status_of

FIRST_WAIT, LONGEST_WAIT = 1.0, 2.0
"""Seconds until a request is sent again: before any answer was timed, and at most."""

SHORTEST_WAIT = 0.1
WAITS = 4.0
"""An answer is late after so many times the usual round trip of its kind of request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to the request of this ``sequence``; ``payload`` begins with the status."""

    sequence: int
    request: Request
    status: Status
    payload: bytes


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
    """A request without an answer yet."""

    request: Request
    encoded: bytes
    sent_at: float
    wait: float
    is_chunk: bool
    again: bool = False


@dataclass(slots=True, kw_only=True)
class Link:
    """One session. ``sequence`` is the next request's number.

    Answers of another session, or to what was answered before, are dropped: they are late copies.
    """

    session: int
    sequence: int
    traffic: Traffic = field(default_factory=Traffic)
    _outgoing: bytearray = field(default_factory=bytearray)
    _waiting: dict[int, _Waiting] = field(default_factory=dict)
    _splitter: Splitter = field(default_factory=Splitter)
    _round_trips: dict[Request, float] = field(default_factory=dict)
    _lost: bool = False

    def ask(self, request: Request, payload: bytes, now: float, *, is_chunk: bool = False) -> int:
        """Send a request; returns its sequence number."""
        sequence = self.sequence
        self.sequence = (sequence + 1) % 2**16
        frame = Frame(type=request, session=self.session, sequence=sequence, payload=payload)
        waiting = _Waiting(
            request=request,
            encoded=encode(frame),
            sent_at=now,
            wait=self._usual_wait(request),
            is_chunk=is_chunk,
        )
        self._waiting[sequence] = waiting
        self._send(waiting.encoded)
        return sequence

    @property
    def waiting(self) -> int:
        """How many requests wait for their answers."""
        return len(self._waiting)

    def forget_all(self) -> None:
        """Wait for nothing: an answer that comes nevertheless is dropped."""
        self._waiting.clear()
        self._lost = False

    def chunks_lost(self) -> bool:
        """Whether chunks were lost since the last call; then none waits any more."""
        lost, self._lost = self._lost, False
        return lost

    def outgoing(self) -> bytes:
        """The bytes to send now, which are then taken to be sent."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def receive(self, data: bytes, now: float) -> Iterator[Answer]:
        """The answers that these bytes complete."""
        self.traffic.received += len(data)
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
        late = [w for w in self._waiting.values() if now >= w.sent_at + w.wait]
        for waiting in late:
            waiting.wait = min(2 * waiting.wait, LONGEST_WAIT)
            self._resend(waiting, now)
        return len(late)

    def due(self) -> float | None:
        """When the next request is overdue; None where none waits."""
        return min((w.sent_at + w.wait for w in self._waiting.values()), default=None)

    def _answer(self, frame: Frame, now: float) -> Answer | None:
        waiting = self._waiting.get(frame.sequence)
        if waiting is None or frame.type != waiting.request | ANSWER:
            return None
        status = status_of(frame.payload)
        # A board that was reset knows no session, and answers with none.
        if frame.session != self.session and status is not Status.NO_SESSION:
            return None
        del self._waiting[frame.sequence]
        if not waiting.again:
            self._time(waiting.request, now - waiting.sent_at)
        return Answer(
            sequence=frame.sequence,
            request=waiting.request,
            status=status,
            payload=frame.payload,
        )

    def _time(self, request: Request, seconds: float) -> None:
        """Note a round trip; answers to what was sent twice tell nothing (Karn's rule)."""
        before = self._round_trips.get(request, seconds)
        self._round_trips[request] = 0.8 * before + 0.2 * seconds

    def _usual_wait(self, request: Request) -> float:
        usual = self._round_trips.get(request)
        if usual is None:
            return FIRST_WAIT
        return min(max(WAITS * usual, SHORTEST_WAIT), LONGEST_WAIT)

    def _resend_first(self, now: float) -> None:
        """Something was damaged: most likely what waits longest, or its answer."""
        first = next(iter(self._waiting.values()), None)
        if first is not None:
            self._resend(first, now)

    def _resend(self, waiting: _Waiting, now: float) -> None:
        self.traffic.resent += 1
        if waiting.is_chunk:
            self._lost = True
            self._waiting = {s: w for s, w in self._waiting.items() if not w.is_chunk}
            return
        waiting.again, waiting.sent_at = True, now
        self._send(waiting.encoded)

    def _send(self, encoded: bytes) -> None:
        self.traffic.sent += len(encoded)
        self._outgoing += encoded
