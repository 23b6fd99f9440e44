"""Intel HEX: written through the intelhex package, and edited record by record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from mendlite.emit.addressed import AddressedBytes
from mendlite.errors import BadInputError
from mendlite.packages import load

DATA, END, SEGMENT, LINEAR = 0, 1, 2, 4
"""Types of records (Intel's Hexadecimal Object File Format Specification, 1988)."""

HIGHEST_TYPE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class HexFile:
    """A HEX file: its lines with their ends, its pieces, and the line of each."""

    lines: tuple[bytes, ...]
    pieces: tuple[AddressedBytes, ...]
    numbers: tuple[int, ...]
    suffix: str = ".hex"

    def replaced(self, data: Sequence[bytes]) -> bytes:
        """As the protocol defines: records without a change keep their very characters."""
        lines = list(self.lines)
        for number, piece, new in zip(self.numbers, self.pieces, data, strict=True):
            if new != piece.data:
                lines[number] = _edited(lines[number], new)
        return b"".join(lines)


def intel_hex(data: bytes, address: int) -> bytes:
    """The bytes at ``address`` of the board's memory."""
    intelhex = load("intelhex", "Intel HEX")
    image = intelhex.IntelHex()
    image.frombytes(data, offset=address)
    sink = StringIO()
    image.write_hex_file(sink)
    return sink.getvalue().encode()


def read_hex(text: bytes) -> HexFile:
    """A HEX file; raises BadInputError, with the line, for a damaged or unknown record."""
    lines = tuple(text.splitlines(keepends=True))
    pieces: list[AddressedBytes] = []
    numbers: list[int] = []
    base = 0
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        kind, address, data = _record(line, number + 1)
        if kind == END:
            return HexFile(lines=lines, pieces=tuple(pieces), numbers=tuple(numbers))
        if kind == DATA and data:
            pieces.append(AddressedBytes(address=base + address, data=data))
            numbers.append(number)
        elif kind in (SEGMENT, LINEAR):
            base = int.from_bytes(data, "big") << (4 if kind == SEGMENT else 16)
    raise BadInputError("the firmware, Intel HEX, has no record that ends it: it is cut off")


def _record(line: bytes, number: int) -> tuple[int, int, bytes]:
    """(type, address, data) of a record."""
    try:
        raw = bytes.fromhex(line.strip()[1:].decode("ascii"))
    except ValueError:
        raw = b""
    good = line.startswith(b":") and len(raw) >= 5 and len(raw) == raw[0] + 5
    if not good or sum(raw) % 256 or raw[3] > HIGHEST_TYPE:
        raise BadInputError(f"the firmware, Intel HEX, is damaged in line {number}")
    if raw[3] in (SEGMENT, LINEAR) and raw[0] != 2:
        raise BadInputError(f"the firmware, Intel HEX, is damaged in line {number}")
    return raw[3], int.from_bytes(raw[1:3], "big"), raw[4:-1]


def _edited(line: bytes, data: bytes) -> bytes:
    """A record with other data, its checksum computed again, in the line's own letters."""
    text = line.strip()
    raw = bytes.fromhex(text[1:9].decode("ascii")) + data
    digits = (raw + bytes([-sum(raw) % 256])).hex().encode()
    upper = text == text.upper()
    return line.replace(text, b":" + (digits.upper() if upper else digits))
