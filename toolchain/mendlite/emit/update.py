"""An update that a board applies to the model in its flash (docs/SPEC.md, "The update file").

    "MLU1", page_size u32, size u32, CRC u32 of the new model, records u16
    a record for each changed page, in order:
        number u16, edits u16, CRC u32 of the page before, CRC u32 of it afterwards
        each edit: skip u16 from the end of the last one, count u8, the new bytes
    CRC u32 of all before

All numbers are little-endian; CRCs are zlib's. ``firmware_tests/app/update.c`` applies it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from mendlite.emit.changes import changes
from mendlite.errors import BadInputError

MAGIC = b"MLU1"
HEAD = struct.Struct("<4sIIIH")
RECORD = struct.Struct("<HHII")
EDIT = struct.Struct("<HB")
LONGEST = 255
"""Bytes of one edit."""

NEAR = EDIT.size
"""Two edits with at most so many equal bytes between them are shorter as one."""

MOST_PAGES = 65536
"""A page's number has 16 bits, and so has an offset in it."""


def update_file(base: bytes, data: bytes, address: int, page_size: int) -> bytes:
    """What turns ``base``, at ``address`` of a flash with such pages, into ``data``.

    Raises BadInputError where the models have not the same size, where the model does not begin a
    page, and for more than 65,536 pages or bytes of a page.
    """
    if len(base) != len(data):
        raise BadInputError(
            f"an update in place needs files of one size, not {len(base):,} and {len(data):,} bytes"
        )
    if address % page_size:
        raise BadInputError(
            f"an update in place needs a model that begins a flash page: {address:#x} is no "
            f"multiple of {page_size:,} (`address`, `page_size` of the board)"
        )
    if page_size > MOST_PAGES or len(base) > page_size * MOST_PAGES:
        raise BadInputError(
            f"an update in place has at most {MOST_PAGES:,} pages of at most {MOST_PAGES:,} bytes"
        )
    touched = changes(base, data, 0, page_size).pages
    records = [
        _record(page // page_size, base[page : page + page_size], data[page : page + page_size])
        for page in touched
    ]
    head = HEAD.pack(MAGIC, page_size, len(data), zlib.crc32(data), len(records))
    content = head + b"".join(records)
    return content + struct.pack("<I", zlib.crc32(content))


def _record(number: int, old: bytes, new: bytes) -> bytes:
    """One page's record."""
    edits, before = [], 0
    for begin, end in _runs(old, new):
        edits.append(EDIT.pack(begin - before, end - begin) + new[begin:end])
        before = end
    head = RECORD.pack(number, len(edits), zlib.crc32(old), zlib.crc32(new))
    return head + b"".join(edits)


def _runs(old: bytes, new: bytes) -> Iterator[tuple[int, int]]:
    """(begin, end) of what is written, at most LONGEST bytes each; near ones are joined."""
    begin = end = -1
    for at, size in changes(old, new, 0, max(1, len(new))).ranges:
        if begin >= 0 and at - end <= NEAR:
            end = at + size
            continue
        yield from _cut(begin, end)
        begin, end = at, at + size
    yield from _cut(begin, end)


def _cut(begin: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(begin, end, LONGEST):
        yield at, min(at + LONGEST, end)
