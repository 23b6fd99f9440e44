"""Frames: COBS(type, session, sequence, payload, CRC-32), ended by a zero byte (docs/SPEC.md)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from cobs import cobs

END = 0
"""The byte that ends a frame; COBS leaves none inside."""

_HEADER = struct.Struct("<BBH")
_CHECKSUM = struct.Struct("<I")

BARE = _HEADER.size + _CHECKSUM.size
"""Bytes of a frame with an empty payload, before COBS."""

LONGEST = 2**17
"""More bytes without an end are no frame: a board that babbles must not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame. ``type`` and ``session`` are bytes, ``sequence`` 16 bits."""

    type: int
    session: int
    sequence: int
    payload: bytes


def encode(frame: Frame) -> bytes:
    """The frame's bytes on the wire, its end included."""
    body = _HEADER.pack(frame.type, frame.session, frame.sequence) + frame.payload
    stuffed: bytes = cobs.encode(body + _CHECKSUM.pack(zlib.crc32(body)))
    return stuffed + bytes([END])


def decode(encoded: bytes) -> Frame | None:
    """The frame of the bytes before an end; None where they are damaged."""
    try:
        decoded = cobs.decode(encoded)
    except cobs.DecodeError:
        return None
    if len(decoded) < BARE:
        return None
    body, checksum = decoded[: -_CHECKSUM.size], decoded[-_CHECKSUM.size :]
    if _CHECKSUM.unpack(checksum)[0] != zlib.crc32(body):
        return None
    kind, session, sequence = _HEADER.unpack_from(body)
    return Frame(type=kind, session=session, sequence=sequence, payload=body[_HEADER.size :])


def _is_text(encoded: bytes) -> bool:
    """Whether this is a line of the text protocol: a response's type is not printable."""
    return all(32 <= byte < 127 or byte in b"\r\n" for byte in encoded)


def encoded_size(payload: int) -> int:
    """Most bytes on the wire of a frame with so many bytes of payload."""
    body = payload + BARE
    return body + body // 254 + 2


class Splitter:
    """Cuts received bytes into frames; None stands for what was damaged."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._waiting = bytearray()

    def clear(self) -> None:
        """Forget the beginning of a frame."""
        self._waiting.clear()

    def take(self, data: bytes) -> Iterator[Frame | None]:
        """Every frame that these bytes complete."""
        *ended, rest = data.split(bytes([END]))
        for piece in ended:
            encoded, self._waiting = bytes(self._waiting + piece), bytearray()
            if encoded and not _is_text(encoded):
                yield decode(encoded)
        self._waiting += rest
        if len(self._waiting) > LONGEST:
            self._waiting.clear()
            yield None
