"""Arrays out of ``.npz`` and ``.npy`` files, every size known before anything is unpacked.

numpy's own loader would unpack what a short file blows up to, run pickles where it is let, and
quote a file's header in its errors. The format: numpy.lib.format (versions 1.0 and 2.0), in a
ZIP archive whose members are stored or deflated.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Sequence
from io import SEEK_END
from math import prod
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import DATA, MEGABYTE, PIECE, Kind, opened, shown

Arrays = dict[str, NDArray[Any]]

NUMBERS = "biuf"
TEXT = "U"
"""Kinds of values: numpy's letters."""

MAGIC = b"\x93NUMPY"
SUFFIX = ".npy"
AXES = 16

FREE = 256 * MEGABYTE
"""An archive may always unpack to this much: it takes less than half a second."""

RATIO = 64
"""Above that, to so many times its own size: real samples do not deflate better."""

LARGEST = 4096 * MEGABYTE
"""Most that is unpacked of one file."""

DIRECTORY = 16 * MEGABYTE
"""Largest directory of an archive that is read."""

MEMBERS = 2**14
"""Most arrays of an archive: each header takes time to read."""

END, LOCATOR = 22, 20
"""Bytes of an archive's end record, and of what stands before it in one of over 2 GB."""

BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, KeyError, IndexError,
    NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip
"""What zipfile and zlib raise on damaged archives."""

DESCR = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?)([a-zA-Z?])(\d{0,4})['"]\s*[,}]""")
ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)\s*[,}]""")
SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([0-9L,\s]*)\)\s*[,}]""")


def read_npz(path: Path, names: Sequence[str] | None, *, kind: Kind = DATA,
             kinds: str = NUMBERS) -> Arrays:  # fmt: skip
    """Arrays of the ``.npz`` at ``path``: those that are named, or all (None) of ``kinds``.

    Raises BadInputError that names the file: for one that cannot be read, is no such archive,
    lacks an array, holds another kind of value, or unpacks to more than it may.
    """
    with opened(path, kind) as file:
        try:
            return read_arrays(file, names, kinds=kinds)
        except BadInputError as error:
            raise BadInputError(f"{shown(path)}: {error}") from None


def read_npy(path: Path, *, kind: Kind = DATA, kinds: str = NUMBERS) -> NDArray[Any]:
    """The array of the ``.npy`` at ``path``; raises BadInputError as ``read_npz`` does."""
    with opened(path, kind) as file:
        size = file.seek(0, SEEK_END)
        file.seek(0)
        try:
            return whole_array(file, size, "it", kinds)
        except BadInputError as error:
            raise BadInputError(f"{shown(path)}: not a readable .npy file: {error}") from None


def read_arrays(file: BinaryIO, names: Sequence[str] | None, *, kinds: str = NUMBERS) -> Arrays:
    """As ``read_npz``, of an open file; errors do not name it."""
    archive = open_archive(file)
    members = members_of(archive)
    chosen = list(members) if names is None else list(dict.fromkeys(names))
    for name in chosen:
        if name not in members:
            raise BadInputError(f"there is no array '{shown(name)}'; there are: {_list(members)}")
    size = file.seek(0, SEEK_END)
    require_bounded([members[name] for name in chosen], size)
    arrays: Arrays = {}
    for name in chosen:
        values = _member(archive, members[name], name, kinds, everything=names is None)
        if values is not None:
            arrays[name] = values
    return arrays


def _list(names: Collection[str]) -> str:
    some = [shown(name) for name in list(names)[:20]]
    return ", ".join([*some, "..."] if len(names) > len(some) else some) or "none"


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """The archive; raises BadInputError where it is none, or its directory is too large."""
    if file.read(len(MAGIC)) == MAGIC:
        raise BadInputError("not a readable .npz file: it is a single .npy array; use numpy.savez")
    file.seek(0)
    try:
        _require_directory(file)
        return zipfile.ZipFile(file)
    except BROKEN as error:
        raise BadInputError("not a readable .npz file: it is no ZIP archive, or cut off") from error


def _require_directory(file: BinaryIO) -> None:
    """Raise BadInputError where the end record promises a directory that is too large to list.

    The record is found as zipfile finds it: in the last bytes, else the last one in a comment.
    """
    size = file.seek(0, SEEK_END)
    file.seek(max(0, size - 2**16 - END))
    tail = file.read()
    file.seek(0)
    at = len(tail) - END
    if not (tail[-END:].startswith(b"PK\5\6") and tail.endswith(b"\0\0")):
        at = tail.rfind(b"PK\5\6")
    if not 0 <= at <= len(tail) - END:
        raise EOFError
    (listed,) = struct.unpack_from("<I", tail, at + 12)
    if listed > DIRECTORY or tail[max(0, at - LOCATOR) : at].startswith(b"PK\6\7"):
        raise BadInputError("not a readable .npz file: its directory is too large")


def members_of(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The archive's members by array name.

    Raises BadInputError for more than are read, and for a name that stands twice.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    if len(archive.infolist()) > MEMBERS:
        raise BadInputError(
            f"it holds {len(archive.infolist())} arrays, of which at most {MEMBERS} are read: save "
            "the samples as the rows of one array"
        )
    for info in archive.infolist():
        name = info.filename.removesuffix(SUFFIX)
        if name in members:
            raise BadInputError(f"array '{shown(name)}' is in it twice")
        members[name] = info
    return members


def require_bounded(members: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Raise BadInputError where the members unpack to more than a file of ``size`` bytes may."""
    total = sum(member.file_size for member in members)
    if total > min(max(FREE, RATIO * size), LARGEST):
        raise BadInputError(
            f"its {size} bytes unpack to {total}: real samples do not; save fewer samples a file, "
            "or without compression"
        )


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str) -> IO[bytes]:
    """A member as a stream; raises BadInputError for one that is encrypted or packed otherwise."""
    if info.flag_bits & 0x61:
        raise BadInputError(f"{label} is encrypted or patched: save it by numpy.savez")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadInputError(f"{label} is compressed by another method than deflate")
    return archive.open(info)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, kinds: str, *,
            everything: bool) -> NDArray[Any] | None:  # fmt: skip
    """One member as an array; where all are requested, None for one of another kind."""
    label = f"array '{shown(name)}'"
    try:
        with open_member(archive, info, label) as stream:
            return whole_array(stream, info.file_size, label, kinds)
    except OtherKindError:
        if everything:
            return None
        raise
    except (*BROKEN, OSError) as error:
        raise BadInputError(f"not a readable .npz file: {label} is damaged") from error


class OtherKindError(BadInputError):
    """An array of values that were not requested."""


def whole_array(stream: Any, size: int, label: str, kinds: str) -> NDArray[Any]:
    """The array of a ``.npy`` of ``size`` bytes, in the machine's byte order."""
    dtype, order, shape, begin = array_header(stream, label, kinds)
    length = prod(shape) * dtype.itemsize
    if begin + length != size:
        raise BadInputError(f"{label} has not the {length} bytes that its shape requires")
    values = np.empty(length, np.uint8)
    done = 0
    while done < length:
        piece = stream.read(min(PIECE, length - done))
        if not piece:
            raise EOFError
        values[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    if stream.read(1):
        raise EOFError
    shaped: NDArray[Any] = values.view(dtype).reshape(shape, order=order)
    return shaped.astype(dtype.newbyteorder("="), copy=False)


def array_header(
    stream: Any, label: str, kinds: str
) -> tuple[np.dtype[Any], Any, tuple[int, ...], int]:
    """Type, order ("C" or "F"), shape and length in bytes of the header of a ``.npy``."""
    head = stream.read(8)
    if head[:6] != MAGIC or len(head) < 8 or head[6:] not in (b"\1\0", b"\2\0"):
        raise BadInputError(f"{label} is no .npy array of format 1.0 or 2.0")
    form = "<H" if head[6] == 1 else "<I"
    (length,) = struct.unpack(form, stream.read(struct.calcsize(form)))
    if length > 2**14:
        raise BadInputError(f"{label} has a header of {length} bytes")
    text = stream.read(length).decode("latin-1")
    dtype = _dtype(text, label, kinds)
    order, shape = ORDER.findall(text), SHAPE.findall(text)
    if len(order) != 1 or len(shape) != 1:
        raise BadInputError(f"{label} has a header that is no numpy's")
    axes = tuple(int(word.rstrip("L")) for word in shape[0].replace(",", " ").split())
    if len(axes) > AXES or any(axis >= 2**31 for axis in axes):
        raise BadInputError(f"{label} has a shape that no array has")
    return dtype, "F" if order[0] == "True" else "C", axes, 8 + struct.calcsize(form) + length


def _dtype(text: str, label: str, kinds: str) -> np.dtype[Any]:
    types = DESCR.findall(text)
    if len(types) != 1 or types[0][1] == "O":
        raise OtherKindError(
            f"{label} holds Python objects or records, which are never loaded: save plain numbers"
        )
    mark, letter, width = types[0]
    try:
        dtype = np.dtype(f"{mark}{letter}{width}")
    except (TypeError, ValueError):
        raise BadInputError(f"{label} has a type that numpy does not support") from None
    wide = letter in "fc" and dtype.itemsize > 8
    if dtype.kind not in kinds or wide or dtype.itemsize == 0:
        raise OtherKindError(f"{label} is {dtype.name}: these values cannot be used")
    return dtype
