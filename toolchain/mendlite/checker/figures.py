"""Figures from the models themselves: each class computed again by the checker's evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.doubt import (
    Answered,
    Possible,
    possible_classes,
    possible_labels,
    possible_verdicts,
)
from mendlite.checker.evaluate import (
    SINGLE,
    Kernels,
    evaluate,
    evaluate_fast,
    joined,
    require_runnable,
)
from mendlite.checker.floats import UNDEFINED, behind_floats
from mendlite.checker.form import PRINT, sample_digests
from mendlite.checker.graph import LAYERS, LSTM, SVDF, Graph, keeps_state
from mendlite.checker.inputs import SampleSet, make_inputs
from mendlite.checker.nudged import NUDGED
from mendlite.checker.step import Array
from mendlite.checker.tasks import (
    Bools,
    CheckedTask,
    Heads,
    judged_tensors,
    real_heads,
)
from mendlite.errors import ClaimError, NotVerifiedError, UnsupportedModelError

NEAR, NEAR_HYBRID = 1e-4, 1e-2
"""Room around a tie, as a share of the values' spread: float32 sums in another order differ by
some 1e-6 of it; one activation that a hybrid layer rounds to its other side by some 1e-3."""

SINGLE_ROOM, SINGLE_SAMPLES = 4.0, 8
"""The room is at least this many times what float32 sums differ by from exact ones here, on so
many samples: features of a large range cancel in the first layer. So it is of hybrid layers that
list classes: this many times what last bits move (``nudged.py``), on all samples."""

CHUNK_VALUES = 2**23
"""Input values that are prepared at once: memory stays bounded."""

HEAD_VALUES = 2**23
"""Compared values of one model that are held at once: the logits of all tokens at all positions."""

CONFIRMED = 8
"""Samples found false by the fast kernels that the plain ones must find false, too."""


class SampleError(ClaimError):
    """The certificate's entries for samples differ from the models' outputs; ``at`` names them."""

    def __init__(self, message: str, at: tuple[int, ...]) -> None:
        """``at`` are indices into the part's rows."""
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedModels:
    """The three graphs; ``teacher`` is None where labels or recorded outputs teach."""

    base: Graph
    patched: Graph
    teacher: Graph | None
    profile: str
    rules: tuple[Mapping[str, Any], ...]
    taught_by: str

    def require_runnable(self, kind: str) -> None:
        """Raise UnsupportedModelError where the checker cannot run one of them."""
        for graph in (self.base, self.patched, self.teacher):
            if graph is not None:
                require_runnable(graph, self.profile, judged_tensors(graph, kind))
        if self.taught_by == "float" and self.teacher is None:
            raise UnsupportedModelError("the float model is missing")
        if self.teacher is not None and keeps_state(self.teacher) != keeps_state(self.base):
            raise UnsupportedModelError("the float model is the form without state")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSamples:
    """Some samples of a set: ``rows`` are their positions, ``entry`` the set's entry.

    ``fast`` selects the kernels that compute them.
    """

    name: str
    entry: Mapping[str, Any]
    models: CheckedModels
    task: CheckedTask
    samples: SampleSet
    rows: tuple[int, ...]
    fast: bool

    @staticmethod
    def of(whole: CheckedSamples, at: Sequence[int], *, fast: bool) -> CheckedSamples:
        """Some of the samples of another part."""
        return replace(
            whole,
            samples=whole.samples.take(at),
            rows=tuple(whole.rows[i] for i in at),
            fast=fast,
        )

    def _each(self, times: int) -> list[int]:
        return [row * times + i for row in self.rows for i in range(times)]

    @property
    def tests(self) -> list[int]:
        """The positions of the samples' tests."""
        return self._each(self.task.tests_of_sample)

    @property
    def frames(self) -> list[int]:
        """The positions of the samples' frames or rows: the samples themselves without any."""
        return self._each(self.task.digests_of_sample)

    def stored(self, model: str) -> list[Any]:
        """The certificate's classes of a model."""
        return [self.entry["answers"][model][row] for row in self.tests]

    def claimed(self) -> Bools:
        """Which tests fail by the certificate, bool[n, 2] for base and patched."""
        listed = [set(self.entry["failing"][when]) for when in ("before", "after")]
        failing: Bools = np.array([[row in fails for fails in listed] for row in self.tests], bool)
        return failing.reshape(-1, 2)

    def require(self, what: str, holds: Bools) -> None:
        """Raise SampleError, naming the first sample, where something does not hold."""
        if not holds.all():
            times = len(holds) // len(self.rows)
            wrong = tuple(dict.fromkeys(int(i) // times for i in np.flatnonzero(~holds)))
            raise SampleError(
                f"{self.name}: the certificate's entry for {what} at sample "
                f"{self.rows[wrong[0]]} is not the model's ({len(wrong)} of "
                f"{len(self.rows)} differ)",
                wrong,
            )

    def run(
        self, graph: Graph, tensors: Sequence[int], kernels: Kernels | None = None
    ) -> dict[int, Array]:
        """The tensors' stored values; raises UnsupportedModelError where that cannot be done.

        ``kernels``: those that run instead of the part's own.
        """
        try:
            with np.errstate(all="ignore"):
                pieces = [self._run(graph, tensors, part, kernels) for part in self._chunks()]
        except (ArithmeticError, LookupError, TypeError, ValueError, MemoryError) as error:
            raise UnsupportedModelError(
                f"the checker cannot run a model: {type(error).__name__} {error}"
            ) from error
        return self.by_test(graph, joined(pieces, tensors))

    def by_test(self, graph: Graph, values: Mapping[int, Array]) -> dict[int, Array]:
        """The tensors' values with a row for each test, or for each frame of one."""
        return {t: self.task.by_test(graph.tensors[t], x) for t, x in values.items()}

    def pieces(self) -> Iterator[tuple[int, CheckedSamples]]:
        """Parts of the samples, each with where it begins, whose values are held at once."""
        base = self.models.base
        values = sum(prod(base.tensors[t].shape) for t in judged_tensors(base, self.task.kind))
        size = max(1, HEAD_VALUES // (max(values, 1) * self.task.frames))
        for begin in range(0, len(self.rows), size):
            at = range(begin, min(begin + size, len(self.rows)))
            yield begin, CheckedSamples.of(self, at, fast=self.fast)

    def _chunks(self) -> Iterator[SampleSet]:
        values = sum(raw[:1].size for raw in self.samples.raw)
        size = max(1, CHUNK_VALUES // max(values, 1))
        for begin in range(0, self.samples.count, size):
            yield self.samples.take(range(begin, min(begin + size, self.samples.count)))

    def _run(
        self, graph: Graph, tensors: Sequence[int], part: SampleSet, kernels: Kernels | None
    ) -> dict[int, Array]:
        inputs = make_inputs(graph, self.models.rules, part)
        if kernels is not None:
            return evaluate_fast(graph, self.models.profile, inputs, tensors, kernels)
        evaluated = evaluate_fast if self.fast else evaluate
        return evaluated(graph, self.models.profile, inputs, tensors)


def check_figures(part: CheckedSamples) -> Possible:
    """Raise ClaimError unless the models have the stored classes; returns what remains possible.

    What the fast kernels find false, the plain ones must find false as well: raises
    NotVerifiedError where they do not.
    """
    try:
        return Possible.joined([_check_piece(begin, piece) for begin, piece in part.pieces()])
    except SampleError as error:
        if part.fast and _holds(CheckedSamples.of(part, error.at[:CONFIRMED], fast=False)):
            raise NotVerifiedError(
                f"{part.name}: the checker's two evaluators differ ({error}): please report it"
            ) from error
        raise


def _check_piece(begin: int, piece: CheckedSamples) -> Possible:
    """``_check`` of samples that stand from ``begin`` on among the part's."""
    try:
        return _check(piece)
    except SampleError as error:
        raise SampleError(str(error), tuple(begin + i for i in error.at)) from error


def _holds(part: CheckedSamples) -> bool:
    try:
        _check(part)
    except SampleError:
        return False
    return True


def _check(part: CheckedSamples) -> Possible:
    teacher = _teacher(part)
    models = {name: _quantized(part, name) for name in ("base", "patched")}
    if not part.task.discrete:
        return _check_verdicts(part, teacher, models)
    for name, (heads, near) in {"teacher": teacher, **models}.items():
        part.require(name, part.task.accepted(heads, part.stored(name), near))
    if not part.task.of_classes:
        both = models["base"], models["patched"]
        return possible_labels(part.task, teacher, *both, part.claimed())
    base, patched = (_by_last_bits(part, name, answered) for name, answered in models.items())
    return possible_classes(part.task, teacher, base, patched, part.claimed())


def _by_last_bits(part: CheckedSamples, name: str, answered: Answered) -> Answered:
    """The values with the room of what last bits of float operators move, 0 where all is exact."""
    heads, near = answered
    if near == 0:
        return answered
    graph = part.models.base if name == "base" else part.models.patched
    tensors = judged_tensors(graph, part.task.kind)
    nudged = real_heads(graph, tensors, part.run(graph, tensors, NUDGED))
    moved = max(float(np.abs(a - b).max(initial=0)) for a, b in zip(nudged, heads, strict=True))
    return heads, min(near, max(NEAR * _spread(heads), SINGLE_ROOM * moved))


def _check_verdicts(
    part: CheckedSamples, teacher: Answered, models: Mapping[str, Answered]
) -> Possible:
    """Check the listed failing tests of a task without listed classes."""
    claimed, inputs = part.claimed(), _real_inputs(part)
    computed, unsure = np.zeros_like(claimed), np.zeros_like(claimed)
    for column, (name, (heads, own)) in enumerate(models.items()):
        near = teacher[1] + own
        computed[:, column], unsure[:, column] = part.task.verdicts(teacher[0], heads, inputs, near)
        same = (computed[:, column] == claimed[:, column]) | unsure[:, column]
        part.require(name, same)
    return possible_verdicts(claimed, computed, unsure)


def _real_inputs(part: CheckedSamples) -> Heads:
    """The real inputs, where the task compares them with the outputs."""
    if part.task.kind != "autoencoder":
        return []
    if part.models.teacher is None:
        raise UnsupportedModelError("an autoencoder's real inputs need the float model")
    made = make_inputs(part.models.teacher, part.models.rules, part.samples)
    rows = len(part.frames)
    return [x.astype(np.float64).reshape(rows, -1) for x in made]


def _quantized(part: CheckedSamples, model: str) -> Answered:
    """The compared real values and their uncertainty, 0 where all is integer.

    Integer outputs must have the certificate's digest, byte by byte.
    """
    graph = part.models.base if model == "base" else part.models.patched
    tensors = judged_tensors(graph, part.task.kind)
    values = part.run(graph, tensors)
    heads, digests = _finite(part, real_heads(graph, tensors, values)), part.entry["outputs"][model]
    if _inexact(graph, tensors):
        if digests is not None:
            raise ClaimError(f"{part.name}: {model} computes in float and has no exact digests")
        return heads, _spread(heads) * NEAR_HYBRID
    if digests is None:
        raise ClaimError(f"{part.name}: there are no digests of the outputs of {model}")
    printed = sample_digests([values[t] for t in tensors])
    same = [
        printed[PRINT * i : PRINT * (i + 1)] == digests[PRINT * row : PRINT * (row + 1)]
        for i, row in enumerate(part.frames)
    ]
    if not all(same) and behind_floats(graph, tensors):
        raise NotVerifiedError(f"{part.name}: the output bytes of {model} {UNDEFINED}")
    part.require(f"the output bytes of {model}", np.array(same, bool))
    return heads, 0.0


def _finite(part: CheckedSamples, heads: Heads) -> Heads:
    """The heads; raises NotVerifiedError for infinite values, beside which all is near a tie."""
    if not all(np.isfinite(h).all() for h in heads):
        raise NotVerifiedError(f"{part.name}: a model's outputs are not finite")
    return heads


def _inexact(graph: Graph, tensors: Sequence[int]) -> bool:
    """Whether a layer computes in float, or the compared values are float."""
    layers = [op.outputs[0] for op in graph.ops if op.name in {*LAYERS, LSTM, SVDF}]
    return any(str(graph.tensors[t].dtype) == "float32" for t in (*layers, *tensors))


def _spread(heads: Heads) -> float:
    return max((float(np.ptp(h)) for h in heads if h.size), default=0.0)


def _teacher(part: CheckedSamples) -> Answered:
    """The teacher's real values and their possible distance from those computed elsewhere."""
    models = part.models
    if part.task.frames > 1 and models.taught_by == "labels":
        raise NotVerifiedError("labels teach the frames of recordings")
    if models.taught_by != "float" or models.teacher is None:
        return _finite(part, _taught(part)), 0.0
    graph = models.teacher
    tensors = judged_tensors(graph, part.task.kind)
    heads = _finite(part, real_heads(graph, tensors, part.run(graph, tensors)))
    hybrid = any(str(t.dtype) == "int8" for t in graph.tensors)
    near = _spread(heads) * (NEAR_HYBRID if hybrid else NEAR)
    return heads, max(near, SINGLE_ROOM * _single(part, graph, tensors, heads))


def _single(part: CheckedSamples, graph: Graph, tensors: Sequence[int], heads: Heads) -> float:
    """How far sums in float32 lie from ``heads`` on the first samples."""
    some = part.samples.take(range(min(SINGLE_SAMPLES, len(part.rows))))
    inputs = make_inputs(graph, part.models.rules, some)
    with np.errstate(all="ignore"):
        values = evaluate_fast(graph, part.models.profile, inputs, tensors, SINGLE)
    values = part.by_test(graph, values)
    pairs = zip(real_heads(graph, tensors, values), heads, strict=True)
    return max(float(np.abs(a - b[: len(a)]).max(initial=0)) for a, b in pairs)


def _taught(part: CheckedSamples) -> Heads:
    """Recorded outputs, or labels as values: a class stands out, a regression's are the values."""
    base, samples = part.models.base, part.samples
    tensors = judged_tensors(base, part.task.kind)
    views = [base.tensors[t] for t in tensors]
    if part.models.taught_by == "outputs":
        recorded = zip(views, samples.outputs, strict=True)
        return [part.task.by_test(view, np.asarray(v, np.float64)) for view, v in recorded]
    labels = part.task.labels_by_test(samples.labels)
    if labels is None:
        raise ClaimError("labels teach, but the data has none, or not one for each test")
    if not part.task.of_classes:
        return [part.task.by_test(views[0], np.asarray(labels, np.float64))]
    labels = labels.astype(np.int64).reshape(-1)
    classes = prod(views[0].shape) // (part.task.rows * part.task.positions)
    one_hot: NDArray[np.float64] = np.zeros((len(part.frames), classes))
    one_hot[np.arange(len(labels)), labels] = 1.0
    return [one_hot]
