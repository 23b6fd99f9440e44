"""Read ELF objects and archives of them: what a linker needs to choose sections.

Layouts: the System V ABI, "Object Files" (Elf32_Ehdr, Elf32_Shdr, Elf32_Sym and the 64-bit forms),
and the common archive format with GNU's long names.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ELF = b"\x7fELF"
ARCHIVE = b"!<arch>\n"
MEMBER_HEADER = 60

SYMBOLS, RELOCATIONS_ADDEND, NO_BITS, RELOCATIONS = 2, 4, 8, 9
"""Types of sections (sh_type)."""

WRITE, ALLOCATED, MERGED_STRINGS = 0x1, 0x2, 0x30
"""Flags of sections (sh_flags)."""

LOCAL = 0
FIRST_RESERVED = 0xFF00


class NotReadableError(ValueError):
    """A file is no little-endian ELF object or archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section: ``size`` in bytes; ``data`` is that of mergeable strings, else empty.

    ``symbols`` are the indices of the symbols that its relocations refer to.
    """

    name: str
    flags: int
    holds_bytes: bool
    size: int
    data: bytes
    symbols: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A symbol; ``section`` is None where another object, or none, defines it."""

    name: str
    section: int | None
    is_local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An object file or a member of an archive, ``name``."""

    name: str
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]


def read_objects(path: Path) -> list[Object]:
    """The object in a file, or those of an archive; raises NotReadableError."""
    data = path.read_bytes()
    try:
        if data.startswith(ARCHIVE):
            return [
                read_object(name, member)
                for name, member in _members(data)
                if member.startswith(ELF)
            ]
        return [read_object(path.name, data)]
    except (struct.error, IndexError, ValueError) as error:
        raise NotReadableError(f"{path}: no ELF object or archive of them: {error}") from error


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    at, long_names = len(ARCHIVE), b""
    while at + MEMBER_HEADER <= len(data):
        header = data[at : at + MEMBER_HEADER]
        name, size = header[:16].decode("ascii").rstrip(), int(header[48:58])
        content = data[at + MEMBER_HEADER : at + MEMBER_HEADER + size]
        at += MEMBER_HEADER + size + size % 2
        if name == "//":
            long_names = content
        elif name not in {"/", "/SYM64/"}:
            if name.startswith("/"):
                begin = int(name[1:])
                name = long_names[begin : long_names.index(b"\n", begin)].decode("ascii")
            yield name.rstrip("/"), content


def read_object(name: str, data: bytes) -> Object:
    """The object ``data``; raises ValueError, IndexError or struct.error where it is none."""
    if not data.startswith(ELF) or data[5] != 1:
        raise ValueError("it is not a little-endian ELF file")
    wide = data[4] == 2
    section_size, section_form = (64, "<IIQQQQIIQQ") if wide else (40, "<10I")
    at = struct.unpack_from("<Q" if wide else "<I", data, 0x28 if wide else 0x20)[0]
    count, names = struct.unpack_from("<HH", data, 0x3C if wide else 0x30)
    headers = [struct.unpack_from(section_form, data, at + i * section_size) for i in range(count)]

    def content(i: int) -> bytes:
        return b"" if headers[i][1] == NO_BITS else data[headers[i][4] : sum(headers[i][4:6])]

    referred: dict[int, set[int]] = {}
    symbols: tuple[Symbol, ...] = ()
    for i, header in enumerate(headers):
        if header[1] in {RELOCATIONS, RELOCATIONS_ADDEND}:
            referred.setdefault(header[7], set()).update(_referred(content(i), header[9], wide))
        elif header[1] == SYMBOLS:
            symbols = tuple(_symbols(content(i), content(header[6]), wide))
    labels = content(names)
    return Object(
        name=name,
        sections=tuple(
            Section(
                name=_text(labels, header[0]),
                flags=header[2],
                holds_bytes=header[1] != NO_BITS,
                size=header[5],
                data=content(i) if header[2] & MERGED_STRINGS == MERGED_STRINGS else b"",
                symbols=frozenset(referred.get(i, ())),
            )
            for i, header in enumerate(headers)
        ),
        symbols=symbols,
    )


def _referred(content: bytes, entry_size: int, wide: bool) -> Iterator[int]:
    for at in range(0, len(content), entry_size):
        if wide:
            yield struct.unpack_from("<Q", content, at + 8)[0] >> 32
        else:
            yield struct.unpack_from("<I", content, at + 4)[0] >> 8


def _symbols(content: bytes, labels: bytes, wide: bool) -> Iterator[Symbol]:
    form, size = ("<IBBHQQ", 24) if wide else ("<IIIBBH", 16)
    for at in range(0, len(content), size):
        entry = struct.unpack_from(form, content, at)
        info, section = (entry[1], entry[3]) if wide else (entry[3], entry[5])
        yield Symbol(
            name=_text(labels, entry[0]),
            section=section if 0 < section < FIRST_RESERVED else None,
            is_local=info >> 4 == LOCAL,
        )


def _text(labels: bytes, at: int) -> str:
    return labels[at : labels.index(b"\0", at)].decode("utf-8", "replace")
