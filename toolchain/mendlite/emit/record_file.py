"""Text files of records, one a line, that hold bytes at addresses: edited record by record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mendlite.emit.addressed import AddressedBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """A file's lines with their ends, its pieces, and the line of each.

    ``edited`` gives a line with other data, as many bytes, and a checksum that fits them.
    """

    lines: tuple[bytes, ...]
    pieces: tuple[AddressedBytes, ...]
    numbers: tuple[int, ...]
    suffix: str
    edited: Callable[[bytes, bytes], bytes]

    def replaced(self, data: Sequence[bytes]) -> bytes:
        """As AddressedFile defines: records without a change keep their very characters."""
        lines = list(self.lines)
        for number, piece, new in zip(self.numbers, self.pieces, data, strict=True):
            if new != piece.data:
                lines[number] = self.edited(lines[number], new)
        return b"".join(lines)


def in_letters_of(line: bytes, text: bytes, head: bytes, raw: bytes) -> bytes:
    """``line`` with ``text`` in it replaced by ``head`` and ``raw`` in hexadecimal digits.

    Capital letters where ``text`` has no small ones.
    """
    digits = raw.hex().encode()
    return line.replace(text, head + (digits.upper() if text == text.upper() else digits))
