"""WAV files as samples: the stored values, of one rate, one length and one type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.packages import load
from mendlite.reading.limited import Kind, opened, shown
from mendlite.sources.bounds import SAMPLES, form, require_loadable
from mendlite.sources.folder import FileSet
from mendlite.sources.front_end import features
from mendlite.sources.source import Arrays, Labels, Rows
from mendlite.sources.spec import DataSpec

WAVE = Kind(what="WAV file", largest=2**32)
PURPOSE = "reading WAV files"

TYPES: Mapping[str, str] = {
    "PCM_S8": "int16", "PCM_U8": "int16", "PCM_16": "int16", "PCM_24": "int32", "PCM_32": "int32",
    "FLOAT": "float32", "DOUBLE": "float64", "ULAW": "int16", "ALAW": "int16",
}  # fmt: skip
"""What values of each kind are read as: whole ones fill the range of their type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveHead:
    """What a WAV file holds: values a channel, channels, rate in Hz, kind of its values."""

    path: Path
    frames: int
    channels: int
    rate: int
    kind: str

    @property
    def words(self) -> str:
        """The same for an error."""
        return f"{self.rate} Hz, {self.channels} channels, {self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFiles:
    """WAV files, one sample each, or cut into windows, as (n, values) or (n, values, channels).

    ``starts`` i64[count] are the first values of the windows and ``owners`` their files, where
    ``stride`` is set.
    """

    file_set: FileSet
    spec: DataSpec
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.owners)

    @property
    def names(self) -> tuple[str, ...]:
        """One input without a name."""
        return ("",)

    def spread(self, labels: Labels) -> Labels:
        """Labels of the files as labels of their windows."""
        return replace(labels, count=self.count, read=lambda rows: labels.read(self.owners[rows]))

    @property
    def files(self) -> tuple[Path, ...]:
        """The recordings."""
        return self.file_set.files

    def read(self, rows: Rows) -> tuple[Arrays, str]:
        """The values of the recordings, or windows, at ``rows``."""
        heads = {int(owner): wave_head(self.files[owner]) for owner in np.unique(self.owners[rows])}
        first = next(iter(heads.values()))
        for head in heads.values():
            require_same(first, head, self.spec)
        length = self.spec.window or first.frames
        shape = (length,) if first.channels == 1 else (length, first.channels)
        dtype = np.dtype(TYPES[first.kind])
        require_loadable(shown(self.file_set.folder), len(rows), shape, dtype.itemsize)
        values = np.zeros((len(rows), *shape), dtype)
        for place, row in enumerate(rows):
            path, start = self.files[int(self.owners[row])], int(self.starts[row])
            piece = read_values(path, start, length, dtype)
            values[place, : len(piece)] = piece
        phrase = _phrase(list(heads.values()), len(rows), length, self.spec)
        if self.spec.front_end is None:
            return (values,), phrase
        found = features(first.path, values, first.rate)
        return (found,), f"{phrase}, as {found.shape[1]} x {found.shape[2]} features"


def open_recordings(file_set: FileSet, spec: DataSpec) -> RecordingFiles:
    """The WAV files of a folder or of a command line; with ``stride``, all headers are read."""
    load("soundfile", PURPOSE)
    if spec.window is None or spec.stride is None:
        if spec.stride is not None:
            raise BadInputError("`stride` needs `window`, the number of values of a sample")
        count = len(file_set.files)
        zeros = np.zeros(count, np.int64)
        return RecordingFiles(file_set=file_set, spec=spec, owners=np.arange(count), starts=zeros)
    lengths = [wave_head(path).frames for path in file_set.files]
    counts = [max(0, (n - spec.window) // spec.stride + 1) for n in lengths]
    if not 0 < sum(counts) <= SAMPLES:
        raise BadInputError(
            f"{shown(file_set.folder)}: {sum(counts)} windows of {spec.window} values: "
            "`window` and `stride` fit other recordings"
        )
    starts = [np.arange(count, dtype=np.int64) * spec.stride for count in counts]
    owners = np.repeat(np.arange(len(counts)), counts)
    return RecordingFiles(
        file_set=file_set, spec=spec, owners=owners, starts=np.concatenate(starts)
    )


def require_same(first: WaveHead, other: WaveHead, spec: DataSpec) -> None:
    """Raise BadInputError for recordings of different rates, channels, kinds or lengths."""
    if spec.sample_rate not in (None, other.rate):
        raise BadInputError(
            f"{shown(other.path)} has {other.rate} Hz, not {spec.sample_rate} (`sample_rate`): "
            "resample the recordings"
        )
    if first.words != other.words:
        raise BadInputError(
            f"the recordings differ: {shown(first.path)} has {first.words}, {shown(other.path)} "
            f"{other.words}: convert them to one form"
        )
    if spec.window is None and first.frames != other.frames:
        raise BadInputError(
            f"the recordings differ in length: {shown(first.path)} has {first.frames} values, "
            f"{shown(other.path)} {other.frames}: `window` sets one length (shorter ones are "
            "filled with zeros, longer ones cut, or divided by `stride`)"
        )


def _phrase(heads: Sequence[WaveHead], count: int, length: int, spec: DataSpec) -> str:
    """``450 WAV files of 16000 values, 16000 Hz, PCM_16``, and what was done to them."""
    first = heads[0]
    channels = "" if first.channels == 1 else f" x {first.channels} channels"
    parts = [f"{count} WAV files of {form((length,))} values{channels}"]
    if spec.stride is not None:
        parts = [f"{count} windows of {length} values{channels} of {len(heads)} WAV files"]
    parts.append(f"{first.rate} Hz")
    parts.append(first.kind)
    if spec.stride is None:
        shorter = sum(head.frames < length for head in heads)
        longer = sum(head.frames > length for head in heads)
        parts += [f"{shorter} shorter ones filled with zeros"] if shorter else []
        parts += [f"{longer} longer ones cut"] if longer else []
    return ", ".join(parts)


def wave_head(path: Path) -> WaveHead:
    """What the WAV file at ``path`` holds; raises BadInputError for a broken or empty one."""
    sound = load("soundfile", PURPOSE)
    with opened(path, WAVE) as file:
        try:
            with sound.SoundFile(file) as recording:
                head = WaveHead(path=path, frames=int(recording.frames),
                                channels=recording.channels, rate=recording.samplerate,
                                kind=recording.subtype)  # fmt: skip
        except (sound.SoundFileError, OSError, ValueError, TypeError, RuntimeError) as error:
            raise BadInputError(f"{shown(path)}: a broken WAV file, or one cut off") from error
        size = file.seek(0, 2)
    if head.kind not in TYPES:
        raise BadInputError(f"{shown(path)}: values of kind {head.kind} are not read: save 16 bits")
    if not 0 < head.frames * head.channels <= size * 2:
        raise BadInputError(
            f"{shown(path)}: its header promises {head.frames} values of {head.channels} channels, "
            f"and the file has {size} bytes"
        )
    return head


def read_values(path: Path, start: int, length: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """At most ``length`` values a channel from ``start`` on, [n] or [n, channels]."""
    sound = load("soundfile", PURPOSE)
    with opened(path, WAVE) as file:
        try:
            with sound.SoundFile(file) as recording:
                held = max(0, min(length, int(recording.frames) - start))
                recording.seek(start)
                values: NDArray[Any] = recording.read(held, dtype=dtype.name)
        except (sound.SoundFileError, OSError, ValueError, TypeError, RuntimeError) as error:
            raise BadInputError(f"{shown(path)}: a broken WAV file, or one cut off") from error
    if len(values) != held:
        raise BadInputError(f"{shown(path)}: the WAV file is cut off")
    return values
