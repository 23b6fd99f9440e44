"""Samples in ``.h5`` files: datasets by name, only those that lie in the file itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.packages import load
from mendlite.reading.limited import LONG_DATA, MEGABYTE, PIECE, opened, shown
from mendlite.reading.npz import NUMBERS
from mendlite.sources.bounds import require_loadable
from mendlite.sources.choosing import Entry
from mendlite.sources.named_arrays import NamedArrays, open_named
from mendlite.sources.source import Labels, Rows
from mendlite.sources.spec import DataSpec

PURPOSE = "reading .h5 files"

CHUNK = 256 * MEGABYTE
"""Largest piece that is unpacked at a time, in bytes."""

ENTRIES = 10_000
"""Most datasets and groups of a file."""

BROKEN = (OSError, KeyError, ValueError, RuntimeError, TypeError, OverflowError)
"""What h5py raises on damaged files."""


class Hdf5File(NamedArrays):
    """Datasets of one file."""

    __slots__ = ()

    def rows_of(self, name: str, rows: Rows) -> NDArray[Any]:
        """As ``NamedArrays``."""
        where, entry = f"{shown(self.path)} ({shown(name)})", self.entries[name]
        require_loadable(where, len(rows), entry.shape[1:], max(1, entry.dtype.itemsize))
        with _opened(self.path) as file:
            dataset = file[name]
            _require_inside(where, dataset, entry)
            values = _rows(dataset.asstr() if entry.dtype.kind == "U" else dataset, entry, rows)
        if entry.dtype.kind == "U":
            return np.array([str(text) for text in values], dtype=np.str_)
        return values.astype(entry.dtype.newbyteorder("="), copy=False)


def open_hdf5(paths: Sequence[Path], spec: DataSpec) -> tuple[NamedArrays, Labels | None]:
    """Samples in an ``.h5`` file: the datasets that are named, or all that are no labels."""
    with _opened(paths[0]) as file:
        entries = _entries(file)
    return open_named(Hdf5File, paths[0], "dataset", entries, spec)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    h5py = load("h5py", PURPOSE)
    with opened(path, LONG_DATA) as file:
        try:
            with h5py.File(file, "r") as hdf5:
                yield hdf5
        except BROKEN as error:
            raise BadInputError(f"{shown(path)}: a broken .h5 file, or one cut off") from error


def _entries(file: Any) -> dict[str, Entry]:
    """Every dataset of numbers or text by its path in the file; links are not followed."""
    h5py = load("h5py", PURPOSE)
    entries: dict[str, Entry] = {}
    seen: list[str] = []

    def visit(name: str, item: Any) -> bool | None:
        seen.append(name)
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            text = h5py.check_string_dtype(item.dtype) is not None
            if text or item.dtype.kind in NUMBERS:
                entries[name] = Entry(
                    dtype=np.dtype("U1") if text else item.dtype, shape=item.shape
                )
        return True if len(seen) > ENTRIES else None

    file.visititems(visit)
    return entries


def _require_inside(where: str, dataset: Any, entry: Entry) -> None:
    """Raise BadInputError for values in other files, and for pieces that unpack to too much."""
    if dataset.external or dataset.is_virtual:
        raise BadInputError(f"{where}: its values lie in another file: store them in this one")
    if prod(dataset.chunks or (0,)) * max(1, entry.dtype.itemsize) > CHUNK:
        raise BadInputError(f"{where}: it is stored in pieces of more than {CHUNK // MEGABYTE} MB")


def _rows(dataset: Any, entry: Entry, rows: Rows) -> NDArray[Any]:
    """The rows, read in blocks of neighbours."""
    size = max(1, prod(entry.shape[1:]) * max(1, entry.dtype.itemsize))
    block = max(1, PIECE // size)
    parts: list[Any] = [None] * len(rows)
    for begin in np.unique(rows // block) * block:
        piece = dataset[int(begin) : int(begin) + block]
        for place in np.flatnonzero(rows // block == begin // block):
            parts[place] = piece[int(rows[place] - begin)]
    return np.array(parts)
