"""Send requests to a board and wait for the responses, over a line that may lose bytes."""

from __future__ import annotations

import secrets
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from mendlite.errors import DeviceError
from mendlite.model.device import Device
from mendlite.replay.device.transport import ClosedLineError, Transport
from mendlite.wire import messages
from mendlite.wire.frame import END
from mendlite.wire.link import Link, Response
from mendlite.wire.messages import Area, Hello, Request, Status
from mendlite.wire.transfer import ChunkSize, Download, Upload

CHUNKS_ON_THE_WAY = 4
BYTES_ON_THE_WAY = 4096
"""Most chunks, and bytes, that are sent before a response: a board's ring holds 8,192."""

WINDOW_SECONDS = 2.0
"""How much is on the way at most, by the line's measured speed: more only fills a slow bridge."""

PATIENCE = 3.0
"""A board that has responded in this session may be silent for so many times the device's silence:
its line is alive, and it may be erasing flash or stand at a breakpoint."""

BITS_A_BYTE = 10
"""On a serial line, start and stop bits included."""

LONGEST_TURN = 0.5
"""Seconds for which the line is read at most, so that Ctrl-C is heard."""

RESTARTS = 3
"""How often a transfer begins again because the board computed another CRC than announced."""


class BoardResetError(Exception):
    """The board has no such session: it was reset. The caller must begin the work again."""


@dataclass(slots=True, kw_only=True)
class Client:
    """An open session with a board.

    ``displaced``: a session had been opened on the board since its start, and not by a HELLO of
    ours that was sent twice.
    """

    device: Device
    transport: Transport
    link: Link
    hello: Hello
    chunk: ChunkSize
    clock: Callable[[], float] = time.monotonic
    stopped: Event = field(default_factory=Event)
    _heard: float = field(default=0.0)
    _answered: bool = False
    displaced: bool = False

    @property
    def name(self) -> str:
        """What the user calls the board."""
        return self.device.address

    def ask(self, request: Request, payload: bytes, doing: str, patience: float = 0.0) -> Response:
        """Send a request and wait for its response; raises DeviceError where none comes.

        It is sent again ``patience`` seconds later than usual.
        """
        self._heard = self.clock()
        # What an interrupted work left behind is nobody's any more.
        self.link.forget_all()
        sequence = self.link.ask(request, payload, self._heard, patience=patience)
        while True:
            for answer in self._turn(doing):
                if answer.sequence == sequence:
                    return answer

    def _turn(self, doing: str) -> list[Response]:
        """Send what is to be sent, wait for something, and return the responses among it."""
        if self.stopped.is_set():
            raise DeviceError(f"{self.name}: stopped while {doing}")
        outgoing = self.link.outgoing()
        try:
            if outgoing:
                self.transport.write(outgoing)
            due = self.link.due()
            wait = LONGEST_TURN if due is None else min(due - self.clock(), LONGEST_TURN)
            # What was due a moment ago is due now.
            wait = max(wait, 0.0)
            data = self.transport.read(wait)
        except ClosedLineError as error:
            raise DeviceError(
                f"{self.name}: the line closed while {doing} ({error}); check cable and power"
            ) from error
        now = self.clock()
        try:
            answers = list(self.link.receive(data, now))
        except messages.MalformedAnswerError as error:
            raise DeviceError(f"{self.name} responds in another protocol: {error}") from error
        if any(a.status is Status.NO_SESSION for a in answers):
            self.link.forget_all()
            raise BoardResetError
        if answers:
            self._heard, self._answered = now, True
        elif now - self._heard > self._patience:
            raise DeviceError(self._silence(doing))
        self.link.tick(now)
        return answers

    @property
    def _patience(self) -> float:
        """Seconds for which the board may be silent."""
        return self.device.silence * (PATIENCE if self._answered else 1.0)

    def _silence(self, doing: str) -> str:
        seconds = self._patience
        if self.link.traffic.received == 0:
            return (
                f"{self.name}: no response for {seconds:g} s while {doing}: is the firmware on it, "
                "and is it the right port?"
            )
        if self.link.traffic.echoed:
            return (
                f"{self.name}: only what was sent comes back while {doing}: is RX connected to TX, "
                "or no board to the adapter?"
            )
        return (
            f"{self.name}: no valid response for {seconds:g} s while {doing} "
            f"({self.link.traffic.damaged} damaged frames): check baud rate and cable"
        )

    def upload(self, area: Area, data: bytes, doing: str) -> None:
        """Bring bytes into an area; raises DeviceError where there is no room for them."""
        request = messages.begin_request(area, len(data), zlib.crc32(data))
        answer = self.ask(Request.BEGIN, request, doing)
        if answer.status is Status.NO_ROOM:
            raise DeviceError(
                f"{self.name}: no room for {len(data)} bytes while {doing} (its memory has "
                f"{self.hello.memory})"
            )
        self.require(answer, doing)
        upload = Upload(data=data, chunk=self.chunk)
        self._advance(upload, answer, doing)
        before, moved = upload.frontier, self.clock()
        while not upload.finished:
            self._fill(upload)
            for response in self._turn(f"{doing} ({upload.frontier} of {len(data)} bytes)"):
                self._advance(upload, response, doing)
            self.link.chunks_lost()
            if upload.frontier < upload.sent and not self.link.waiting:
                upload.lost()
            if upload.frontier != before:
                before, moved = upload.frontier, self.clock()
            elif self.clock() - moved > self._patience:
                raise DeviceError(self._silence(doing))
        self.link.forget_all()

    def _fill(self, upload: Upload) -> None:
        while self._may_send(upload.sent - upload.frontier) and (chunk := upload.next()):
            payload = messages.data_request(*chunk)
            self.link.ask(Request.DATA, payload, self.clock(), is_chunk=True)

    def _may_send(self, on_the_way: int) -> bool:
        # A board that says nothing gets one small chunk at a time: it may have stopped.
        most = 1 if self.link.silent_rounds else CHUNKS_ON_THE_WAY
        if self.link.losing or self.link.waiting >= most:
            return False
        ahead = max(on_the_way, self.link.backlog(self.clock()))
        window = min(BYTES_ON_THE_WAY, WINDOW_SECONDS * self.link.speed)
        return ahead == 0 or ahead + self.chunk.now <= window

    def _advance(self, upload: Upload, answer: Response, doing: str) -> None:
        if answer.status is Status.BAD_CHECKSUM:
            upload.restart()
        else:
            self.require(answer, doing)
            try:
                upload.answered(messages.read_frontier(answer.payload))
            except ValueError as error:
                raise DeviceError(f"{self.name} responds in another protocol: {error}") from error
        if upload.restarts > RESTARTS:
            raise DeviceError(
                f"{self.name}: its memory does not hold what was sent while {doing} (another CRC, "
                f"{upload.restarts} times)"
            )

    def download(self, area: Area, run: int, size: int, doing: str) -> bytes:
        """Read bytes of the loaded model, or of a run's results."""
        download = Download(size=size, chunk=self.chunk)
        self._heard = self.clock()
        self.link.forget_all()
        while not download.finished:
            while self._may_send(0) and (wanted := download.next()):
                payload = messages.read_request(area, run, *wanted)
                self.link.ask(
                    Request.READ, payload, self.clock(), is_chunk=True, answer_size=wanted[1]
                )
            for answer in self._turn(doing):
                self.require(answer, doing)
                try:
                    take = download.late if answer.late else download.answered
                    take(*messages.read_chunk(answer.payload))
                except ValueError as error:
                    raise DeviceError(
                        f"{self.name} responds in another protocol: {error}"
                    ) from error
            if self.link.chunks_lost():
                list(download.lost())
        return download.data()

    def require(self, answer: Response, doing: str) -> Response:
        """The response; raises DeviceError where it is a refusal."""
        if answer.status < 0:
            raise DeviceError(f"{self.name} refused while {doing}: {answer.status.name}")
        return answer

    def close(self) -> None:
        """End the session, whatever state it is in, and close the line."""
        try:
            self.link.forget_all()
            self.link.ask(Request.BYE, b"", self.clock())
            self.transport.write(bytes([END]) + self.link.outgoing())
        except ClosedLineError:
            pass
        finally:
            self.transport.close()


def connect(
    device: Device,
    transport: Transport,
    clock: Callable[[], float] = time.monotonic,
    stopped: Event | None = None,
) -> Client:
    """Open a session; raises DeviceError without a response, or for another protocol.

    Another thread ends whatever the client waits for by setting ``stopped``.
    """
    number = secrets.randbelow(255) + 1
    link = Link(session=number, sequence=secrets.randbelow(2**16), speed=device.baud / BITS_A_BYTE)
    client = Client(
        device=device,
        transport=transport,
        link=link,
        hello=_nobody(),
        chunk=ChunkSize(most=BYTES_ON_THE_WAY),
        clock=clock,
        stopped=stopped or Event(),
    )
    try:
        # An end cuts our first frame off from whatever the line brought before.
        transport.write(bytes([END]))
    except ClosedLineError as error:
        raise DeviceError(f"{device.address}: the line is closed ({error})") from error
    try:
        answer = client.ask(Request.HELLO, messages.hello_request(number), "opening the session")
        _require_version(device.address, answer)
        client.require(answer, "opening the session")
        client.hello = messages.read_hello(answer.payload)
        client.displaced = not client.hello.fresh and link.traffic.resent == 0
    except BoardResetError as error:
        raise DeviceError(f"{device.address} opens no session") from error
    except messages.MalformedAnswerError as error:
        raise DeviceError(f"{device.address} speaks another protocol: {error}") from error
    most = client.hello.payload - messages.DATA_OVERHEAD - 1
    client.chunk = ChunkSize(most=min(most, BYTES_ON_THE_WAY // 2))
    return client


def _require_version(address: str, answer: Response) -> None:
    """Raise DeviceError, with the older side, unless board and host speak one version."""
    # The first firmware refused other versions without its own: it had version 1.
    refused_unnamed = answer.status is Status.BAD_REQUEST
    version = 1 if refused_unnamed else messages.read_version(answer.payload)
    if version is None or (version == messages.VERSION and not refused_unnamed):
        return
    both = f"version {version} of the protocol, this mendlite version {messages.VERSION}"
    if version > messages.VERSION:
        raise DeviceError(
            f"{address}: mendlite is older than the board's firmware, which speaks {both}: update "
            "mendlite, or flash the firmware of this release"
        )
    raise DeviceError(
        f"{address}: the board's firmware is older than mendlite: it speaks {both}: flash the "
        "firmware of this release (make firmware)"
    )


def _nobody() -> Hello:
    """The assumptions about a board before its HELLO response."""
    return Hello(
        version=0,
        fresh=False,
        capabilities=messages.Capability(0),
        payload=0,
        memory=0,
        flash=0,
        board="",
        engine="",
    )
