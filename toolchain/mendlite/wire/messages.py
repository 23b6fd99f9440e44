"""Requests and responses by their numbers and fields (docs/SPEC.md, "The link").

All numbers are little-endian. A response's payload begins with a status; a negative one has nothing
behind it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag, unique

VERSION = 1
"""Of this protocol; a board of another is refused."""

ANSWER = 0x80
"""A response's type is its request's with this bit; alone it responds to a damaged frame."""


@unique
class Request(IntEnum):
    """Requests of the host."""

    HELLO = 0x01
    """Open a session: version u8, session u8."""
    BEGIN = 0x02
    """Announce bytes for an area: area u8, size u32, CRC u32 -> frontier u32."""
    DATA = 0x03
    """A chunk of them: offset u32, bytes -> frontier u32."""
    LOAD = 0x04
    """Open a model: source u8, profile u8, size u32, CRC u32."""
    RUN = 0x05
    """Run samples: run u16, count u16, CRC u32 of them, frames u16 or nothing, tensors i32[].

    So many frames are a recording; with 0 all continue the recording that the run before ended in.
    """
    READ = 0x06
    """Read back: area u8, run u16, offset u32, length u16 -> offset u32, bytes."""
    PATCH = 0x07
    """Edit the uploaded model: offset u32, length u8, old bytes, new bytes."""
    RESET = 0x08
    """Start the board again."""
    BYE = 0x09
    """End the session."""


@unique
class Status(IntEnum):
    """What became of a request."""

    OK = 0
    BUSY = 1
    """A run is under way: ask again."""
    DAMAGED = -1
    """The frame's bytes are damaged."""
    NO_SESSION = -2
    """The request belongs to no open session: the board was reset, or another host came."""
    BAD_REQUEST = -3
    """No such request, or a payload of the wrong length."""
    WRONG_STATE = -4
    """It does not fit what came before it: no model, no samples, another run."""
    NO_ROOM = -5
    """Not enough memory."""
    BAD_CHECKSUM = -6
    """What was received has another CRC than what was announced."""
    MALFORMED = -7
    """The model breaks the format of a .tflite."""
    UNSUPPORTED = -8
    """An operator, a type or an option that this engine does not run."""
    CONFLICT = -9
    """An edit's old bytes are not what the model holds."""
    OTHER_VERSION = -10
    """A HELLO of another version of the protocol; the board's own, a u8, follows."""


@unique
class Area(IntEnum):
    """Parts of the board's memory."""

    MODEL = 0
    SAMPLES = 1
    RESULTS = 2


@unique
class ModelSource(IntEnum):
    """Where a model lies that is opened."""

    UPLOADED = 0
    FLASH = 1
    """In the board's flash: it is executed in place."""


class Capability(IntFlag):
    """What a board can do."""

    UPLOAD = 1
    EXECUTE_IN_PLACE = 2
    TENSORS = 4
    """Show intermediate tensors."""
    PATCH = 8
    DUT = 16
    """Speak MLPerf Tiny's text protocol."""
    INT4 = 32
    """Run layers with int4 weights."""
    STATE = 64
    """Keep a model's variables from frame to frame of a recording."""


class MalformedAnswerError(ValueError):
    """A sound frame whose payload does not fit its type: another protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The board. ``payload`` is the largest payload of a frame, ``memory`` and ``flash`` bytes.

    ``fresh``: no session was opened since the board started.
    """

    version: int
    fresh: bool
    capabilities: Capability
    payload: int
    memory: int
    flash: int
    board: str
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of a model.

    ``failed_operator`` is the operator that the engine does not run, -1 where it is none's fault;
    ``arena`` are the bytes of the arena in use, ``free`` those for samples and results together,
    ``input`` and ``output`` those of one sample's inputs and outputs.
    """

    status: Status
    failed_operator: int
    arena: int
    free: int
    input: int
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is: ``done`` samples, ``micros`` microseconds on the board's clock.

    ``size`` and ``crc`` are those of the results; ``crc`` is 0 until all are there.
    """

    done: int
    micros: int
    size: int
    crc: int


def hello_request(session: int) -> bytes:
    """Open a session with a number from 1 to 255."""
    return struct.pack("<BB", VERSION, session)


def begin_request(area: Area, size: int, crc: int) -> bytes:
    """Announce ``size`` bytes."""
    return struct.pack("<BII", area, size, crc)


def data_request(offset: int, chunk: bytes) -> bytes:
    """A chunk that begins at ``offset``."""
    return struct.pack("<I", offset) + chunk


DATA_OVERHEAD = 4
"""Bytes of a DATA payload that are not the chunk's, and of a READ response's besides the status."""


def load_request(source: ModelSource, profile: int, size: int, crc: int) -> bytes:
    """Open a model of ``size`` bytes under a rounding profile's number."""
    return struct.pack("<BBII", source, profile, size, crc)


def run_request(run: int, count: int, crc: int, tensors: Sequence[int]) -> bytes:
    """Run ``count`` samples; each result holds ``tensors``, or the outputs where there are none."""
    return struct.pack(f"<HHI{len(tensors)}i", run, count, crc, *tensors)


def recordings_request(
    run: int, count: int, crc: int, frames: int, tensors: Sequence[int]
) -> bytes:
    """The same of ``count`` frames, ``frames`` a recording; of 0 they continue the run before."""
    return struct.pack(f"<HHIH{len(tensors)}i", run, count, crc, frames, *tensors)


def read_request(area: Area, run: int, offset: int, length: int) -> bytes:
    """Read ``length`` bytes of the model, or of the results of a run."""
    return struct.pack("<BHIH", area, run, offset, length)


def patch_request(offset: int, old: bytes, new: bytes) -> bytes:
    """Put ``new`` where ``old`` is, at most 255 bytes."""
    return struct.pack("<IB", offset, len(old)) + old + new


def status_of(payload: bytes) -> Status:
    """The status of a response."""
    try:
        return Status(struct.unpack_from("<b", payload)[0])
    except (struct.error, ValueError) as error:
        raise MalformedAnswerError(f"a status that is none: {payload[:1].hex()}") from error


def _fields(layout: str, payload: bytes) -> tuple[int, ...]:
    """The numbers behind the status."""
    form = struct.Struct(layout)
    if len(payload) != 1 + form.size:
        raise MalformedAnswerError(f"{len(payload)} bytes where {1 + form.size} are due")
    return form.unpack_from(payload, 1)


def read_version(payload: bytes) -> int | None:
    """The board's version in a response to HELLO; None where the response does not hold it.

    It is read before all else, which other versions may write in another way.
    """
    if len(payload) > 1 and status_of(payload) in {Status.OK, Status.OTHER_VERSION}:
        return payload[1]
    return None


def read_hello(payload: bytes) -> Hello:
    """The response to HELLO."""
    form = struct.Struct("<BBIHII")
    try:
        version, fresh, capabilities, payload_size, memory, flash = form.unpack_from(payload, 1)
        board, at = _text(payload, 1 + form.size)
        engine, end = _text(payload, at)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise MalformedAnswerError(f"a malformed HELLO response: {error}") from error
    if end != len(payload):
        raise MalformedAnswerError("a HELLO response with extra bytes")
    return Hello(
        version=version,
        fresh=bool(fresh),
        capabilities=Capability(capabilities),
        payload=payload_size,
        memory=memory,
        flash=flash,
        board=board,
        engine=engine,
    )


def _text(payload: bytes, at: int) -> tuple[str, int]:
    """A text with its length in front, and where it ends."""
    end = at + 1 + payload[at]
    if end > len(payload):
        raise IndexError("a text that is cut off")
    return payload[at + 1 : end].decode("ascii"), end


def read_frontier(payload: bytes) -> int:
    """The response to BEGIN and DATA: all bytes before it are present."""
    return _fields("<I", payload)[0]


def read_loaded(payload: bytes) -> Loaded:
    """The response to LOAD."""
    status, failed, arena, free, size_in, size_out = _fields("<biIIII", payload)
    try:
        known = Status(status)
    except ValueError as error:
        raise MalformedAnswerError(f"a status that is none: {status}") from error
    return Loaded(
        status=known,
        failed_operator=failed,
        arena=arena,
        free=free,
        input=size_in,
        output=size_out,
    )


def read_ran(payload: bytes) -> RunProgress:
    """The response to RUN."""
    done, micros, size, crc = _fields("<HIII", payload)
    return RunProgress(done=done, micros=micros, size=size, crc=crc)


def read_chunk(payload: bytes) -> tuple[int, bytes]:
    """The response to READ: offset and bytes."""
    if len(payload) < 1 + DATA_OVERHEAD:
        raise MalformedAnswerError("a chunk without an offset")
    return struct.unpack_from("<I", payload, 1)[0], payload[1 + DATA_OVERHEAD :]
