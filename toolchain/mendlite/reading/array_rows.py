"""Some rows of the arrays of ``.npz`` and ``.npy`` files, without the rest in memory.

What an array claims to be is known from its header; ``npz`` describes the format and its limits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import SEEK_END
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import DATA, LONG_DATA, PIECE, opened, shown
from mendlite.reading.npz import (
    BROKEN,
    NUMBERS,
    TEXT,
    OtherKindError,
    array_header,
    members_of,
    open_archive,
    open_member,
    require_bounded,
    whole_array,
)

KINDS = NUMBERS + TEXT
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayHead:
    """What the header of a stored array claims; ``begin`` is the length of the header in bytes."""

    dtype: np.dtype[Any]
    order: str
    shape: tuple[int, ...]
    begin: int

    @property
    def row(self) -> int:
        """Bytes of a row."""
        return prod(self.shape[1:]) * self.dtype.itemsize


def npy_head(path: Path) -> ArrayHead:
    """The header of the ``.npy`` at ``path``.

    Raises BadInputError for a file that is no such array, or shorter or longer than it claims.
    """
    with opened(path, LONG_DATA) as file:
        size = file.seek(0, SEEK_END)
        file.seek(0)
        return _named(path, lambda: _head(file, size, "it"), "not a readable .npy file: ")


def npy_rows(path: Path, head: ArrayHead, rows: NDArray[np.int64]) -> NDArray[Any]:
    """The rows of the ``.npy`` at ``path``, whose header is ``head``."""
    with opened(path, LONG_DATA if head.order == "C" else DATA) as file:
        return _named(path, lambda: _npy_rows(file, head, rows), "")


def npz_heads(path: Path) -> dict[str, ArrayHead]:
    """The headers of all arrays of numbers or text in the ``.npz`` at ``path``."""
    with opened(path, DATA) as file:
        return _named(path, lambda: _npz_heads(file), "")


def npz_names(path: Path) -> list[str]:
    """The names of all arrays in the ``.npz`` at ``path``, whatever they hold."""
    with opened(path, DATA) as file:
        return _named(path, lambda: list(members_of(open_archive(file))), "")


def npz_rows(path: Path, name: str, rows: NDArray[np.int64]) -> NDArray[Any]:
    """The rows of one array of the ``.npz`` at ``path``."""
    with opened(path, DATA) as file:
        return _named(path, lambda: _npz_rows(file, name, rows), "")


def _named(path: Path, work: Callable[[], Found], before: str) -> Found:
    """What ``work`` returns; its errors with the file's name in front."""
    try:
        return work()
    except BadInputError as error:
        raise BadInputError(f"{shown(path)}: {before}{error}") from None
    except BROKEN as error:
        raise BadInputError(f"{shown(path)}: the file is damaged or cut off") from error


def _head(stream: Any, size: int, label: str) -> ArrayHead:
    dtype, order, shape, begin = array_header(stream, label, KINDS)
    if begin + prod(shape) * dtype.itemsize != size:
        raise BadInputError(f"{label} has not the {prod(shape)} values that its shape requires")
    return ArrayHead(dtype=dtype, order=order, shape=shape, begin=begin)


def _npz_heads(file: BinaryIO) -> dict[str, ArrayHead]:
    archive = open_archive(file)
    heads: dict[str, ArrayHead] = {}
    for name, info in members_of(archive).items():
        label = f"array '{shown(name)}'"
        try:
            with open_member(archive, info, label) as stream:
                heads[name] = _head(stream, info.file_size, label)
        except OtherKindError:
            continue
    return heads


def _npy_rows(file: BinaryIO, head: ArrayHead, rows: NDArray[np.int64]) -> NDArray[Any]:
    if head.order != "C":
        size = file.seek(0, SEEK_END)
        file.seek(0)
        whole: NDArray[Any] = whole_array(file, size, "it", KINDS)[rows]
        return whole
    values = np.empty((len(rows), head.row), np.uint8)
    for place, row in enumerate(rows):
        file.seek(head.begin + int(row) * head.row)
        values[place] = np.frombuffer(_exactly(file, head.row), np.uint8)
    return _shaped(values, head)


def _npz_rows(file: BinaryIO, name: str, rows: NDArray[np.int64]) -> NDArray[Any]:
    archive = open_archive(file)
    info = members_of(archive)[name]
    require_bounded([info], file.seek(0, SEEK_END))
    label = f"array '{shown(name)}'"
    with open_member(archive, info, label) as stream:
        head = _head(stream, info.file_size, label)
        if head.order == "C":
            return _passed_rows(stream, head, rows)
    with open_member(archive, info, label) as stream:
        whole: NDArray[Any] = whole_array(stream, info.file_size, label, KINDS)[rows]
        return whole


def _passed_rows(stream: Any, head: ArrayHead, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Rows out of a stream that is read once, from its first row on."""
    values = np.empty((len(rows), head.row), np.uint8)
    at, block = 0, max(1, PIECE // max(1, head.row))
    places = np.argsort(rows, kind="stable")
    ordered = rows[places]
    while at <= int(rows.max()):
        count = min(block, head.shape[0] - at)
        piece = np.frombuffer(_exactly(stream, count * head.row), np.uint8).reshape(count, -1)
        begin, end = np.searchsorted(ordered, (at, at + count))
        values[places[begin:end]] = piece[ordered[begin:end] - at]
        at += count
    return _shaped(values, head)


def _shaped(values: NDArray[np.uint8], head: ArrayHead) -> NDArray[Any]:
    shaped = values.reshape(-1).view(head.dtype).reshape(len(values), *head.shape[1:])
    return shaped.astype(head.dtype.newbyteorder("="), copy=False)


def _exactly(stream: Any, length: int) -> bytes:
    parts = []
    while length:
        piece = stream.read(min(PIECE, length))
        if not piece:
            raise EOFError
        parts.append(piece)
        length -= len(piece)
    return b"".join(parts)
