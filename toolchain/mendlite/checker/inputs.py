"""Stored samples to model inputs, by the recipe's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mendlite.checker.frames import frames_of, in_rows
from mendlite.checker.graph import Graph, keeps_state
from mendlite.checker.others import quantized
from mendlite.checker.step import Array
from mendlite.checker.tensor import TensorView
from mendlite.errors import ClaimError


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSet:
    """n samples as stored: ``raw`` one array (n, ...) per input, ``labels`` [n, ...] or None.

    ``outputs`` (n, ...) are a teacher's recorded ones.
    """

    raw: tuple[Array, ...]
    labels: Array | None = None
    outputs: tuple[Array, ...] = ()

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.raw[0])

    def take(self, rows: Sequence[int]) -> SampleSet:
        """Some of the samples."""
        chosen = np.asarray(rows, np.int64)
        return SampleSet(
            raw=tuple(values[chosen] for values in self.raw),
            labels=None if self.labels is None else self.labels[chosen],
            outputs=tuple(values[chosen] for values in self.outputs),
        )


IDS = ("int32", "int64")
"""Types of inputs that are fed as they are stored."""


def make_inputs(
    graph: Graph, rules: Sequence[Mapping[str, Any]], samples: SampleSet
) -> list[Array]:
    """Inputs (n, *sample_shape) in the graph's own types; raises ClaimError where they do not fit.

    Of a graph that keeps state recordings (n, frames, ...).
    """
    if not len(graph.inputs) == len(rules) == len(samples.raw):
        raise ClaimError(
            f"the model has {len(graph.inputs)} inputs, the certificate feeds {len(rules)} and the "
            f"data has {len(samples.raw)}"
        )
    inputs, frames = [], frames_of(graph, samples.raw)
    for tensor, rule, raw in zip(graph.inputs, rules, samples.raw, strict=True):
        view = graph.tensors[tensor]
        rows = in_rows(view, raw, frames) if keeps_state(graph) else raw
        values = _fed(view, rule, _reordered(view, rule, rows))
        if values[:1].size != np.prod(view.shape):
            raise ClaimError(f"a sample does not fit the input '{view.name}'")
        lead = (samples.count, frames) if keeps_state(graph) else (samples.count,)
        inputs.append(values.reshape(*lead, *view.sample_shape))
    return inputs


def _reordered(view: TensorView, rule: Mapping[str, Any], raw: Array) -> Array:
    """The samples' axes in the input's order; raises ClaimError where there is no such order."""
    order = rule.get("transpose")
    if not order:
        return raw
    shape = view.sample_shape
    whole = isinstance(order, list) and all(type(axis) is int for axis in order)
    if not whole or sorted(order) != list(range(len(shape))):
        raise ClaimError(f"the axes of the input '{view.name}' have no such order")
    stored = [0] * len(shape)
    for place, axis in enumerate(order):
        stored[axis] = shape[place]
    if raw[:1].size != np.prod(stored):
        raise ClaimError(f"a sample does not fit the input '{view.name}'")
    moved: Array = np.moveaxis(
        raw.reshape(len(raw), *stored), [axis + 1 for axis in order], range(1, len(shape) + 1)
    )
    return moved


def _fed(view: TensorView, rule: Mapping[str, Any], raw: Array) -> Array:
    if str(view.dtype) in IDS:
        return _ids(view, raw)
    subtract, multiply = np.asarray(rule["subtract"]), np.asarray(rule["multiply"])
    real: Array = ((raw.astype(np.float64) - subtract) * multiply).astype(np.float32)
    if str(view.dtype) == "float32":
        return real
    limits = np.iinfo(np.dtype(str(view.dtype)))
    if rule["int8"] == "quantize":
        return quantized(real, view.scale, view.zero, limits)
    moved = raw.astype(np.int64) - int(rule["raw_offset"])
    if moved.min(initial=0) < limits.min or moved.max(initial=0) > limits.max:
        raise ClaimError(f"raw samples do not fit the input '{view.name}'")
    stored: Array = moved.astype(limits.dtype)
    return stored


def _ids(view: TensorView, raw: Array) -> Array:
    """Whole numbers as they are stored; raises ClaimError where the input's type holds them not."""
    limits = np.iinfo(np.dtype(str(view.dtype)))
    whole = raw.dtype.kind in "iub" or (raw.dtype.kind == "f" and bool((raw == np.rint(raw)).all()))
    if not whole or raw.min(initial=0) < limits.min or raw.max(initial=0) > limits.max:
        raise ClaimError(f"samples of the input '{view.name}' are no whole numbers of its type")
    return raw.astype(limits.dtype)
