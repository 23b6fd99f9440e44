"""The frames of recordings, as rows one behind the other.

Models take the frames of all recordings so; ``Model.frames`` of them belong together.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.measure.positions import PositionClassification
from mendlite.measure.recordings import RecordingTask
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.rows import sample_shape
from mendlite.model.samples import Samples
from mendlite.model.tensor import Tensor
from mendlite.reading.limited import shown

MOST_FRAMES = 2**20
"""Frames of a recording up to which a replay is planned."""


def frames_of(model: Model, raw: tuple[NDArray[Any], ...]) -> int:
    """Frames of each recording in stored samples (n, frames, ...), one array an input.

    1 for a model that keeps nothing, and where each sample is one frame of a model whose operators
    keep a state of their own. An array (n, rows, ...) of a model whose frame has several
    rows, (1, 3, 40), may hold the rows of all frames one behind the other; last rows that fill no
    frame are left out. Raises BadInputError where the samples are no recordings.
    """
    if not model.keeps_frames:
        return 1
    tensors = [model.tensors[t] for t in model.inputs]
    if not model.variables and not any(map(_framed, tensors, raw)):
        return 1
    counts = {_frames(tensor, values) for tensor, values in zip(tensors, raw, strict=False)}
    if len(counts) != 1:
        raise BadInputError(f"the inputs have recordings of {sorted(counts)} frames")
    frames = counts.pop()
    if frames > MOST_FRAMES:
        raise BadInputError(f"recordings of {frames:,} frames; at most {MOST_FRAMES:,} are run")
    return frames


def _framed(tensor: Tensor, values: NDArray[Any]) -> bool:
    """Whether stored samples have an axis of frames before the shape of one."""
    sample, size = values.shape[1:], prod(sample_shape(tensor))
    return len(sample) > 1 and prod(sample[1:]) == size and prod(sample) != size


def _frames(tensor: Tensor, values: NDArray[Any]) -> int:
    frame, sample = sample_shape(tensor), values.shape[1:]
    size = prod(frame)
    if len(sample) > 1 and prod(sample[1:]) == size:
        return int(sample[0])
    rows = len(sample) == len(frame) and sample[1:] == frame[1:]
    if rows and sample[0] > frame[0]:
        return int(sample[0] // frame[0])
    raise BadInputError(
        f"a sample has shape {list(sample)}, but the model keeps values from frame to frame: its "
        f"samples are recordings of frames, and input '{shown(tensor.name)}' takes "
        f"{list(frame)} a frame: arrays (N, frames, {', '.join(map(str, frame))})"
    )


def as_frames(model: Model, raw: tuple[NDArray[Any], ...]) -> tuple[NDArray[Any], ...]:
    """Stored samples with the frames of all recordings as rows; as they are without recordings."""
    if not _of_recordings(model):
        return raw
    pairs = zip(model.inputs, raw, strict=False)
    return tuple(_in_rows(model.tensors[t], values, model.frames) for t, values in pairs)


def _of_recordings(model: Model) -> bool:
    """Whether the model's samples are recordings."""
    return bool(model.variables) or (model.keeps_frames and model.frames > 1)


def _in_rows(tensor: Tensor, values: NDArray[Any], frames: int) -> NDArray[Any]:
    """The frames of one input as rows, in their stored shape."""
    frame, sample = sample_shape(tensor), values.shape[1:]
    if prod(sample[1:]) == prod(frame) and len(sample) > 1:
        return values.reshape(len(values) * frames, *sample[1:])
    return values[:, : frames * frame[0]].reshape(len(values) * frames, *frame)


def tests_of(task: Task, model: Model, samples: Samples) -> Samples:
    """The samples as the task counts them: frames or recordings, or positions of sequences.

    A frame's row is that of its recording times the frames of each, plus its place in it. Labels
    of a recording say nothing of its frames: only labels (n, frames, ...) are kept.
    """
    if isinstance(task, PositionClassification):
        return _positions(task, samples)
    frames = model.frames
    if not _of_recordings(model) or isinstance(task, RecordingTask):
        return samples
    labels = samples.labels
    if labels is not None and labels.shape[1:2] != (frames,):
        labels = None
    rows = samples.rows[:, None] * frames + np.arange(frames)
    return replace(
        samples,
        rows=rows.reshape(-1),
        raw=as_frames(model, samples.raw),
        labels=None if labels is None else labels.reshape(-1, *labels.shape[2:]),
        outputs=tuple(x.reshape(-1, *x.shape[2:]) for x in samples.outputs),
    )


def _positions(task: PositionClassification, samples: Samples) -> Samples:
    """The compared rows or positions; an input with a value for each gives that alone."""
    count, tests = samples.count, task.tests
    if tests == 1:
        raw = samples.raw
    else:
        raw = tuple(
            x.reshape(count * tests, *x.shape[2:])
            for x in samples.raw
            if x.size == count * tests or (task.positions == 1 and x.shape[1:2] == (tests,))
        )
    rows = samples.rows[:, None] * tests + np.arange(tests)
    labels = samples.labels
    return replace(
        samples,
        rows=rows.reshape(-1),
        raw=raw,
        labels=None if labels is None or not labels.size else task.labels(labels),
        outputs=(),
    )
