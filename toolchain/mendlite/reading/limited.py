"""Read a user's file: only a regular one, of a bounded size, without ever waiting for it.

No error quotes a file's bytes: whoever reads a log need not be allowed to read the file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from mendlite.errors import BadInputError

MEGABYTE = 2**20
SHOWN = 160
"""Characters of a name that an error shows."""

PIECE = 4 * MEGABYTE
"""Bytes that are read at a time where a file is only hashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of file: what to call it, and the most bytes that one may have."""

    what: str
    largest: int


MODEL = Kind(what="model", largest=512 * MEGABYTE)
DATA = Kind(what="data file", largest=2048 * MEGABYTE - 1)
LONG_DATA = Kind(what="data file", largest=2**40)
"""A file of which only a part is ever in memory."""
TEXT = Kind(what="text file", largest=64 * MEGABYTE)
DELTA = Kind(what="delta", largest=256 * MEGABYTE)
CERTIFICATE = Kind(what="certificate", largest=256 * MEGABYTE)
C_SOURCE = Kind(what="C source", largest=256 * MEGABYTE)
FIRMWARE = Kind(what="firmware image", largest=256 * MEGABYTE)
KEY = Kind(what="key", largest=MEGABYTE // 16)
TABLE = Kind(what="TOML file", largest=MEGABYTE // 8)
MARKER = Kind(what="list of a set's files", largest=MEGABYTE // 8)

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFLNK: "a link",
}


def kind_of_file(mode: int) -> str:
    """What a file of this ``st_mode`` is, in words; "" for a regular one."""
    if stat.S_ISREG(mode):
        return ""
    return KINDS.get(stat.S_IFMT(mode), "no regular file")


def printable(text: str) -> str:
    """The text with everything a terminal might obey, and what no encoding holds, escaped."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


def shown(name: object) -> str:
    """A path or name for an error: printable, and cut where it is very long."""
    text = printable(str(name))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def words(error: BaseException) -> str:
    """What went wrong with a file, in the system's words and without its name."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "no file can have this name" if isinstance(error, ValueError) else type(error).__name__


@contextmanager
def opened(path: Path, kind: Kind) -> Iterator[BinaryIO]:
    """The file at ``path``, open for reading.

    Raises BadInputError for one that is missing, unreadable, not regular (a pipe, a device, a
    folder, a socket: refused at once) or larger than its kind may be.
    """
    handle = _handle(path, kind)
    with os.fdopen(handle, "rb") as file:
        size = os.fstat(handle).st_size
        if size > kind.largest:
            raise BadInputError(f"{shown(path)}: {too_large(size, kind)}")
        try:
            yield file
        except OSError as error:
            raise BadInputError(f"{shown(path)}: {words(error)}") from None


def _handle(path: Path, kind: Kind) -> int:
    """A descriptor of the regular file at ``path``; raises BadInputError for anything else."""
    try:
        # Opening a device may already do something: its kind is asked first, and again when open.
        _require_regular(path, os.stat(path).st_mode, kind)  # noqa: PTH116 - "a\0b" is no Path
        # What became a pipe meanwhile must not block, and a terminal must not become ours.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise BadInputError(f"{shown(path)}: {words(error)}") from None
    try:
        _require_regular(path, os.fstat(handle).st_mode, kind)
    except BadInputError:
        os.close(handle)
        raise
    return handle


def _require_regular(path: Path, mode: int, kind: Kind) -> None:
    other = kind_of_file(mode)
    if other:
        raise BadInputError(
            f"{shown(path)}: {other}, not a file: a {kind.what} is read from a regular file"
        )


def is_there(path: Path) -> bool:
    """Whether anything stands at ``path``; raises BadInputError where that is unknown."""
    try:
        # Path.exists differs between Python versions for a name that is too long.
        os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise BadInputError(f"{shown(path)}: {words(error)}") from None
    return True


def too_large(size: int, kind: Kind) -> str:
    """The error for a file of this size, in bytes, above its kind's limit."""
    return f"{size} bytes are too many for a {kind.what}: at most {kind.largest} are read"


def read_limited(path: Path, kind: Kind) -> bytes:
    """The bytes of the file at ``path``; raises BadInputError as ``opened`` does."""
    with opened(path, kind) as file:
        data = file.read(kind.largest + 1)
        if len(data) > kind.largest:
            raise BadInputError(f"{shown(path)}: {too_large(len(data), kind)}")
        return data


def digest_of(path: Path, kind: Kind) -> str:
    """The sha256 in hex of the file at ``path``; raises BadInputError as ``opened`` does."""
    digest = sha256()
    with opened(path, kind) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
