"""Recordings: samples of a model that keeps state, frames in order, all of one length."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from mendlite.checker.form import PRINT
from mendlite.checker.graph import Graph, keeps_state
from mendlite.checker.step import Array
from mendlite.checker.tensor import TensorView
from mendlite.checker.variables import STATE
from mendlite.errors import ClaimError, NotVerifiedError


def frames_of(graph: Graph, raw: tuple[Array, ...]) -> int:
    """Frames of each stored sample; 1 where the model keeps no state.

    Of a model without variables, whose operators keep a state, a sample may be one frame.
    """
    if not keeps_state(graph):
        return 1
    views = [graph.tensors[t] for t in graph.inputs]
    if not any(op.name in STATE for op in graph.ops) and not any(map(_has_frames, views, raw)):
        return 1
    counts = {_frames(view, values) for view, values in zip(views, raw, strict=False)}
    if len(counts) != 1:
        raise ClaimError(f"the inputs have recordings of {sorted(counts)} frames")
    return counts.pop()


def _has_frames(view: TensorView, values: Array) -> bool:
    sample, size = values.shape[1:], prod(view.sample_shape)
    return len(sample) > 1 and prod(sample[1:]) == size and prod(sample) != size


def _frames(view: TensorView, values: Array) -> int:
    frame, sample = view.sample_shape, values.shape[1:]
    if len(sample) > 1 and prod(sample[1:]) == prod(frame):
        return int(sample[0])
    if len(sample) == len(frame) and sample[1:] == frame[1:] and sample[0] > frame[0]:
        return int(sample[0] // frame[0])
    raise ClaimError(f"a sample is no recording of the input '{view.name}'")


def in_rows(view: TensorView, values: Array, frames: int) -> Array:
    """The frames of one input's recordings one behind the other; rows behind the last are out."""
    frame, sample = view.sample_shape, values.shape[1:]
    if len(sample) > 1 and prod(sample[1:]) == prod(frame):
        return values.reshape(len(values) * frames, *sample[1:])
    return values[:, : frames * frame[0]].reshape(len(values) * frames, *frame)


def frames_listed(graph: Graph, entry: Mapping[str, Any], raw: tuple[Array, ...] | None) -> int:
    """Frames of each recording by a set's digests, one a frame; 1 without state.

    A model that computes in float has no digests: its recordings ``raw`` tell. Raises
    NotVerifiedError where those are missing, too.
    """
    if not keeps_state(graph):
        return 1
    digests, count = entry["outputs"]["base"], entry["samples"]
    if digests is None and raw is None:
        raise NotVerifiedError("without data it is not known how many frames a recording has")
    if digests is None:
        return frames_of(graph, raw or ())
    if not count or len(digests) % (PRINT * count) or len(digests) < PRINT * count:
        raise ClaimError("the output digests of base are not as many for every recording")
    frames: int = len(digests) // (PRINT * count)
    return frames
