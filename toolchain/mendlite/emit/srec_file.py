"""Motorola S-records, edited record by record.

A record is ``S``, its type, and in hexadecimal digits: the number of bytes that follow, an address,
data, and the complement of the sum of all these bytes (Motorola, "S-Record Format").
"""

from __future__ import annotations

from mendlite.emit.addressed import AddressedBytes
from mendlite.emit.record_file import RecordFile, in_letters_of
from mendlite.errors import BadInputError

ADDRESS_BYTES = {0: 2, 1: 2, 2: 3, 3: 4, 5: 2, 6: 3, 7: 4, 8: 3, 9: 2}
"""Bytes of the address (of S5 and S6: of the number of records) by the type; there is no S4."""

DATA = (1, 2, 3)
COUNTS = (5, 6)
ENDS = (7, 8, 9)


def read_srec(text: bytes) -> RecordFile:
    """S-records; raises BadInputError, with the line, for a damaged or unknown record.

    The last record is the end's, or the number of the data records.
    """
    lines = tuple(text.splitlines(keepends=True))
    pieces: list[AddressedBytes] = []
    numbers: list[int] = []
    count, ended = 0, False
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        kind, raw = _record(line, number + 1)
        at = 1 + ADDRESS_BYTES[kind]
        value, data = int.from_bytes(raw[1:at], "big"), raw[at:-1]
        if kind in DATA:
            count, ended = count + 1, False
            if data:
                pieces.append(AddressedBytes(address=value, data=data))
                numbers.append(number)
        elif kind in COUNTS and value != count:
            raise BadInputError(
                f"the firmware, S-records, has {count} records of data, line {number + 1} counts "
                f"{value}: some are missing"
            )
        elif kind in COUNTS or kind in ENDS:
            ended = True
        if kind in ENDS:
            break
    if not ended:
        raise BadInputError("the firmware, S-records, has no record that ends it: it is cut off")
    return RecordFile(
        lines=lines,
        pieces=tuple(pieces),
        numbers=tuple(numbers),
        suffix=".srec",
        edited=_edited,
    )


def _record(line: bytes, number: int) -> tuple[int, bytes]:
    """The type, and the bytes from their number to the checksum."""
    text = line.strip()
    try:
        kind, raw = int(text[1:2]), bytes.fromhex(text[2:].decode("ascii"))
    except ValueError:
        kind, raw = -1, b""
    good = text.startswith(b"S") and kind in ADDRESS_BYTES and raw and len(raw) == raw[0] + 1
    if not good or len(raw) < ADDRESS_BYTES[kind] + 2 or sum(raw) % 256 != 0xFF:
        raise BadInputError(f"the firmware, S-records, is damaged in line {number}")
    return kind, raw


def _edited(line: bytes, data: bytes) -> bytes:
    """A record with other data, its checksum computed again, in the line's own letters."""
    text = line.strip()
    before = bytes.fromhex(text[2:].decode("ascii"))
    raw = before[: 1 + ADDRESS_BYTES[int(text[1:2])]] + data
    return in_letters_of(line, text, text[:2], raw + bytes([0xFF - sum(raw) % 256]))
