"""Figures from the models themselves: each answer computed again by the checker's evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.evaluate import evaluate, multiplications, require_runnable
from mendlite.checker.form import PRINT, sample_digests
from mendlite.checker.graph import LAYERS, Graph
from mendlite.checker.inputs import SampleSet, make_inputs
from mendlite.checker.tasks import Bools, Heads, Task, judged_tensors, real_heads
from mendlite.errors import ClaimError, UnsupportedModelError

BUDGET = 6 * 10**9
"""Multiplications of one model on one set that are done unasked: seconds in int64."""

FEWEST = 32
"""Samples that are computed again unasked, however large the model."""

NEAR, NEAR_HYBRID = 1e-4, 1e-2
"""Room around a tie, as a share of the values' spread: float32 sums in another order differ by
some 1e-6 of it; one activation that a hybrid layer rounds to its other side by some 1e-3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The three graphs; ``teacher`` is None where labels or recorded outputs teach."""

    base: Graph
    patched: Graph
    teacher: Graph | None
    profile: str
    rules: tuple[Mapping[str, Any], ...]
    taught_by: str

    def require_runnable(self, kind: str) -> None:
        """Raise UnsupportedModelError where the checker cannot run one of them."""
        for graph in (self.base, self.teacher):
            if graph is not None:
                require_runnable(graph, self.profile, judged_tensors(graph, kind))
        if self.taught_by == "float" and self.teacher is None:
            raise UnsupportedModelError("the float model is not here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some samples of a set: ``rows`` are their positions, ``entry`` the set's entry."""

    name: str
    entry: Mapping[str, Any]
    models: Models
    task: Task
    samples: SampleSet
    rows: tuple[int, ...]

    def stored(self, model: str) -> list[Any]:
        """The certificate's answers of a model."""
        return [self.entry["answers"][model][row] for row in self.rows]

    def require(self, what: str, holds: Bools) -> None:
        """Raise ClaimError, naming the first sample, where something does not hold."""
        if not holds.all():
            wrong = np.flatnonzero(~holds)
            raise ClaimError(
                f"{self.name}: what the certificate says of {what} at sample "
                f"{self.rows[int(wrong[0])]} is not what the model gives ({wrong.size} of "
                f"{len(self.rows)} differ)"
            )


def chosen(count: int, models: Models, limit: int | None, seed: str) -> tuple[int, ...]:
    """Positions of the samples to compute again: all where that is cheap, else a draw.

    The draw follows from the certificate's digest, which is known only after the certificate.
    """
    allowed = limit or max(FEWEST, BUDGET // max(multiplications(models.base), 1))
    if allowed >= count:
        return tuple(range(count))
    return tuple(sorted(Random(seed).sample(range(count), allowed)))  # noqa: S311 - no secret


def check_figures(part: Part) -> int:
    """Raise ClaimError unless the models give the stored answers.

    Returns how many verdicts rest on a teacher's answer too near a tie to be told.
    """
    teacher, near = _teacher(part)
    doubtful = np.zeros(len(part.rows), bool)
    if part.task.discrete:
        stored = part.stored("teacher")
        part.require("the teacher", part.task.accepted(teacher, stored, near))
        doubtful |= [a != b for a, b in zip(part.task.answers(teacher), stored, strict=True)]
    for model, graph in (("base", part.models.base), ("patched", part.models.patched)):
        heads, own = _quantized(part, model, graph)
        if part.task.discrete:
            part.require(model, part.task.accepted(heads, part.stored(model), own))
        else:
            doubtful |= _check_verdicts(part, model, (teacher, heads), near + own)
    return int(np.count_nonzero(doubtful))


def _check_verdicts(part: Part, model: str, heads: tuple[Heads, Heads], near: float) -> Bools:
    """Check the listed failing tests of a task without listed answers; returns doubtful ones."""
    fails, unsure = part.task.verdicts(*heads, _real_inputs(part), near)
    listed = set(part.entry["failing"]["before" if model == "base" else "after"])
    claimed = np.array([row in listed for row in part.rows], bool)
    part.require(model, (fails == claimed) | unsure)
    differs: Bools = fails != claimed
    return differs


def _real_inputs(part: Part) -> Heads:
    """The real inputs, where the task compares them with the outputs."""
    if part.task.kind != "autoencoder":
        return []
    if part.models.teacher is None:
        raise UnsupportedModelError("an autoencoder's real inputs need the float model")
    made = make_inputs(part.models.teacher, part.models.rules, part.samples)
    return [x.astype(np.float64) for x in made]


def _quantized(part: Part, model: str, graph: Graph) -> tuple[Heads, float]:
    """The judged real values and their uncertainty, 0 where all is integer.

    Integer outputs must have the certificate's digest, byte by byte.
    """
    tensors = judged_tensors(graph, part.task.kind)
    inputs = make_inputs(graph, part.models.rules, part.samples)
    values = evaluate(graph, part.models.profile, inputs, tensors)
    heads, digests = real_heads(graph, tensors, values), part.entry["outputs"][model]
    if _inexact(graph, tensors):
        if digests is not None:
            raise ClaimError(f"{part.name}: {model} computes in float and has no exact digests")
        return heads, _spread(heads) * NEAR_HYBRID
    if digests is None:
        raise ClaimError(f"{part.name}: there are no digests of the outputs of {model}")
    found = sample_digests([values[t] for t in tensors])
    same = [
        found[PRINT * i : PRINT * (i + 1)] == digests[PRINT * row : PRINT * (row + 1)]
        for i, row in enumerate(part.rows)
    ]
    part.require(f"the output bytes of {model}", np.array(same, bool))
    return heads, 0.0


def _inexact(graph: Graph, tensors: Sequence[int]) -> bool:
    """Whether a layer computes in float, or the judged values are float."""
    layers = [op.outputs[0] for op in graph.ops if op.name in LAYERS]
    return any(str(graph.tensors[t].dtype) == "float32" for t in (*layers, *tensors))


def _spread(heads: Heads) -> float:
    return max((float(np.ptp(h)) for h in heads if h.size), default=0.0)


def _teacher(part: Part) -> tuple[Heads, float]:
    """The teacher's real values and how far they may lie from those it gave elsewhere."""
    models, samples = part.models, part.samples
    if models.taught_by != "float" or models.teacher is None:
        return _taught(part), 0.0
    graph = models.teacher
    tensors = judged_tensors(graph, part.task.kind)
    values = evaluate(graph, models.profile, make_inputs(graph, models.rules, samples), tensors)
    heads = real_heads(graph, tensors, values)
    hybrid = any(str(t.dtype) == "int8" for t in graph.tensors)
    return heads, _spread(heads) * (NEAR_HYBRID if hybrid else NEAR)


def _taught(part: Part) -> Heads:
    """Recorded outputs, or labels as values: a class stands out, a regression's are the values."""
    base, samples = part.models.base, part.samples
    tensors = judged_tensors(base, part.task.kind)
    shapes = [(samples.count, *base.tensors[t].shape[1:]) for t in tensors]
    if part.models.taught_by == "outputs":
        recorded = zip(samples.outputs, shapes, strict=True)
        return [np.asarray(v, np.float64).reshape(s) for v, s in recorded]
    if samples.labels is None:
        raise ClaimError("labels teach, but the data has none")
    if part.task.kind != "classification":
        return [np.asarray(samples.labels, np.float64).reshape(shapes[0])]
    found: NDArray[np.float64] = np.zeros((samples.count, int(np.prod(shapes[0][1:]))))
    found[np.arange(samples.count), samples.labels.astype(np.int64)] = 1.0
    return [found]
