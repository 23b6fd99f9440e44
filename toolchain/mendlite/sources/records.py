"""Samples in ``.tfrecord`` files of ``tf.train.Example``: features by name, without TensorFlow.

A record is its length (u64), a masked CRC-32C of that, the data and a masked CRC-32C of the data,
little-endian. Lengths are checked against the file before anything is read.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.packages import load
from mendlite.reading.limited import LONG_DATA, MEGABYTE, opened, shown
from mendlite.sources.arrays import described
from mendlite.sources.bounds import SAMPLES, require_loadable
from mendlite.sources.choosing import Entry, choose
from mendlite.sources.forms import picture_format
from mendlite.sources.images import read_pictures
from mendlite.sources.named_arrays import named_labels
from mendlite.sources.source import Arrays, Labels, Rows
from mendlite.sources.spec import DataSpec

PURPOSE = "reading .tfrecord files"
RECORD = 256 * MEGABYTE
"""Most bytes of a record."""

HEAD, FOOT = 12, 4
MASK = 0xA282EAD8
"""Added to the rotated checksum (tensorflow/tsl/lib/hash/crc32c.h)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFiles:
    """Records of one file or several; ``offsets`` i64[count] within the files ``owners``."""

    files: tuple[Path, ...]
    owners: NDArray[np.int64]
    offsets: NDArray[np.int64]
    names: tuple[str, ...]
    spec: DataSpec

    @property
    def count(self) -> int:
        """Number of records."""
        return len(self.offsets)

    def read(self, rows: Rows) -> tuple[Arrays, str]:
        """The features of the records at ``rows``: numbers [n, values], images as pixels."""
        columns: list[list[Any]] = [[] for _ in self.names]
        for row in rows:
            features = self.features(int(row))
            for name, column in zip(self.names, columns, strict=True):
                column.append(self._value(features, name, int(row)))
            if len(columns[0]) == 1:
                size = sum(np.asarray(column[0]).nbytes for column in columns)
                require_loadable(shown(self.files[0]), len(rows), (size,), 1)
        arrays = [self._stacked(n, c) for n, c in zip(self.names, columns, strict=True)]
        return tuple(arrays), described(arrays, self.names)

    def features(self, row: int) -> Mapping[str, Any]:
        """The features of one record; raises BadInputError for a damaged one."""
        path = self.files[int(self.owners[row])]
        return parsed(path, row, read_record(path, int(self.offsets[row])))

    def labels_at(self, name: str, rows: Rows) -> NDArray[Any]:
        """The feature ``name`` of the records at ``rows``, text or numbers."""
        values = [self._value(self.features(int(row)), name, int(row)) for row in rows]
        if isinstance(values[0], bytes):
            return np.array([text.decode("utf-8", "replace") for text in values], dtype=np.str_)
        stacked = self._stacked(name, values)
        return stacked[:, 0] if stacked.shape[1] == 1 else stacked

    def _value(self, features: Mapping[str, Any], name: str, row: int) -> Any:
        where = f"{shown(self.files[int(self.owners[row])])}: record {row}"
        if name not in features:
            raise BadInputError(f"{where} has no feature '{shown(name)}'")
        return value_of(features[name])

    def _stacked(self, name: str, column: list[Any]) -> NDArray[Any]:
        if isinstance(column[0], bytes) and picture_format(column[0][:32]):
            files = ((f"record image {i}", raw) for i, raw in enumerate(column))
            size, channels = self.spec.image_size, self.spec.channels
            return read_pictures(shown(self.files[0]), len(column), files, size, channels)[0]
        arrays = [np.frombuffer(v, np.uint8) if isinstance(v, bytes) else v for v in column]
        if len({(values.shape, values.dtype) for values in arrays}) > 1:
            raise BadInputError(
                f"{shown(self.files[0])}: feature '{shown(name)}' has {arrays[0].size} values in "
                "one record and not in another: all samples need one shape"
            )
        return np.stack(arrays)


def open_records(paths: Sequence[Path], spec: DataSpec) -> tuple[RecordFiles, Labels | None]:
    """Samples in ``.tfrecord`` files: the features that are named, or all that are no labels."""
    load("tfrecord", PURPOSE)
    offsets_by_file = [record_offsets(path) for path in paths]
    counts = [len(offsets) for offsets in offsets_by_file]
    if not 0 < sum(counts) <= SAMPLES:
        raise BadInputError(f"{shown(paths[0])}: {sum(counts)} records")
    owners = np.repeat(np.arange(len(paths)), counts)
    offsets = np.concatenate(offsets_by_file)
    first = parsed(paths[int(owners[0])], 0, read_record(paths[int(owners[0])], int(offsets[0])))
    entries = {name: _entry(feature, sum(counts)) for name, feature in sorted(first.items())}
    inputs, label = choose(shown(paths[0]), "feature", _samples_only(entries, spec), spec)
    reader = RecordFiles(
        files=tuple(paths), owners=owners, offsets=offsets, names=inputs, spec=spec
    )
    if label is None:
        return reader, None
    return reader, named_labels("feature", label, entries[label], reader.labels_at)


def _samples_only(entries: Mapping[str, Entry], spec: DataSpec) -> dict[str, Entry]:
    """The features without those that describe an image beside it: its height, its format."""
    images = [name for name, entry in entries.items() if len(entry.shape) > 2]
    longest = max(
        (entry.shape[1] for entry in entries.values() if len(entry.shape) == 2), default=1
    )
    kept = dict(entries)
    for name, entry in entries.items():
        single = entry.shape[1:] == (1,) and (images or longest > 1)
        plain = (images and name not in images) or single
        if plain and name not in spec.inputs and entry.dtype.kind != "U":
            kept[name] = Entry(dtype=entry.dtype, shape=entry.shape[:1])
    return kept


def _entry(feature: Any, count: int) -> Entry:
    """Type and shape of a feature; text is one label, and an image has pixels."""
    value = value_of(feature)
    if not isinstance(value, bytes):
        return Entry(dtype=value.dtype, shape=(count, value.size))
    if picture_format(value[:32]):
        return Entry(dtype=np.dtype(np.uint8), shape=(count, 1, 1))
    if value.decode("utf-8", "replace").isprintable() and "\ufffd" not in value.decode(
        "utf-8", "replace"
    ):
        return Entry(dtype=np.dtype("U1"), shape=(count,))
    return Entry(dtype=np.dtype(np.uint8), shape=(count, len(value)))


def value_of(feature: Any) -> Any:
    """Bytes of a feature with one byte string, f32[n] or i64[n] of another."""
    kind = feature.WhichOneof("kind")
    if kind == "bytes_list":
        values = list(feature.bytes_list.value)
        return values[0] if len(values) == 1 else np.zeros(0, np.uint8)
    if kind == "float_list":
        return np.array(feature.float_list.value, np.float32)
    return np.array(feature.int64_list.value, np.int64)


def parsed(path: Path, row: int, data: bytes) -> Mapping[str, Any]:
    """The features of an example; raises BadInputError for what is none."""
    example = load("tfrecord.example_pb2", PURPOSE).Example()
    errors = load("google.protobuf.message", PURPOSE)
    try:
        example.ParseFromString(data)
    except (errors.DecodeError, ValueError, RecursionError) as error:
        raise BadInputError(f"{shown(path)}: record {row} is no tf.train.Example") from error
    features: Mapping[str, Any] = example.features.feature
    if not features:
        raise BadInputError(f"{shown(path)}: record {row} is no tf.train.Example with features")
    return features


def record_offsets(path: Path) -> NDArray[np.int64]:
    """Where each record of the file begins, i64[n]; raises BadInputError for another file."""
    begins = []
    with opened(path, LONG_DATA) as file:
        size, at = file.seek(0, 2), 0
        while at < size:
            file.seek(at)
            length = _length(path, file.read(HEAD))
            begins.append(at)
            at += HEAD + length + FOOT
            if at > size or len(begins) > SAMPLES:
                raise BadInputError(f"{shown(path)}: cut off in record {len(begins) - 1}")
    return np.array(begins, np.int64)


def _length(path: Path, head: bytes) -> int:
    if len(head) < HEAD or head[:2] == b"\x1f\x8b":
        raise BadInputError(f"{shown(path)}: no .tfrecord file, cut off, or compressed: unpack it")
    length, check = struct.unpack("<QI", head)
    if masked(head[:8]) != check or length > RECORD:
        raise BadInputError(f"{shown(path)}: no .tfrecord file: the length of a record is damaged")
    return int(length)


def read_record(path: Path, offset: int) -> bytes:
    """The data of the record at ``offset``; raises BadInputError where its checksum is wrong."""
    with opened(path, LONG_DATA) as file:
        file.seek(offset)
        data = file.read(_length(path, file.read(HEAD)))
        foot = file.read(FOOT)
    if len(foot) < FOOT or masked(data) != struct.unpack("<I", foot)[0]:
        raise BadInputError(f"{shown(path)}: a record is damaged: its checksum is wrong")
    return data


def masked(data: bytes) -> int:
    """The checksum as the format stores it."""
    crc = int(load("crc32c", PURPOSE).crc32c(data))
    return (((crc >> 15) | (crc << 17)) + MASK) & 0xFFFFFFFF
