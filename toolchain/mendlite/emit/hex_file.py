"""Intel HEX: written through the intelhex package, and edited record by record."""

from __future__ import annotations

from io import StringIO

from mendlite.emit.addressed import AddressedBytes
from mendlite.emit.record_file import RecordFile, in_letters_of
from mendlite.errors import BadInputError
from mendlite.packages import load

DATA, END, SEGMENT, LINEAR = 0, 1, 2, 4
"""Types of records (Intel's Hexadecimal Object File Format Specification, 1988)."""

HIGHEST_TYPE = 5


def intel_hex(data: bytes, address: int) -> bytes:
    """The bytes at ``address`` of the board's memory."""
    intelhex = load("intelhex", "Intel HEX")
    image = intelhex.IntelHex()
    image.frombytes(data, offset=address)
    sink = StringIO()
    image.write_hex_file(sink)
    return sink.getvalue().encode()


def read_hex(text: bytes) -> RecordFile:
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
            return RecordFile(
                lines=lines,
                pieces=tuple(pieces),
                numbers=tuple(numbers),
                suffix=".hex",
                edited=_edited,
            )
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
    return in_letters_of(line, text, b":", raw + bytes([-sum(raw) % 256]))
