"""One way of feeding, tried: what the reference model gives, and how well it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.frames import as_frames
from mendlite.case.preprocess import quantized_inputs, real_input, reordered
from mendlite.case.recipe import Preprocessing
from mendlite.case.tasks import evaluated_tensors, read_outputs
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.measure.outputs import Outputs
from mendlite.measure.positions import PositionClassification
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.rows import sample_shape
from mendlite.model.samples import Samples
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.understanding.goodness import Goodness, goodness
from mendlite.understanding.graph import holds_indices
from mendlite.understanding.input_range import InputRange
from mendlite.understanding.rules import Origin

Reals = tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeding:
    """A way to feed all inputs: a rule for each, and which array of the data each takes.

    ``words`` has one phrase an input, ``origin`` is the least usual of the rules'.
    ``arrays`` lists the arrays in words, where there is a choice.
    """

    rules: tuple[Preprocessing, ...]
    words: tuple[str, ...]
    order: tuple[int, ...]
    origin: Origin = Origin.USUAL
    arrays: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """What every way of feeding is tried on.

    ``model`` is the reference: the float model, or the int8 model where that is lost. ``arrays``
    and ``labels`` are those of the samples that are tried, ``rows`` their places among the
    samples that were loaded; ``ranges`` are the inputs' ranges, ``names`` those of
    the classes.
    """

    model: Model
    quantized: Model
    task: Task
    arrays: tuple[NDArray[Any], ...]
    labels: NDArray[Any] | None
    rows: NDArray[np.int64]
    ranges: tuple[InputRange | None, ...]
    names: tuple[str, ...] = ()

    @cached_property
    def count(self) -> int:
        """Number of samples."""
        return len(self.rows)

    @cached_property
    def of_indices(self) -> bool:
        """Whether all inputs are whole numbers that are fed as they are stored."""
        return all(holds_indices(self.model, tensor) for tensor in self.model.inputs)

    @cached_property
    def test_labels(self) -> NDArray[Any] | None:
        """The labels, one a test: of each row where a sample has several."""
        if self.labels is None or not isinstance(self.task, PositionClassification):
            return self.labels
        return self.task.labels(self.labels)

    @cached_property
    def alone(self) -> bool:
        """Whether there is no float model to compare with."""
        return self.model is self.quantized

    @cached_property
    def frames(self) -> tuple[NDArray[Any], ...]:
        """The arrays with a row for each frame of a recording; as they are without recordings."""
        return as_frames(self.model, self.arrays)

    @property
    def witnessed(self) -> bool:
        """Whether something is known of the right outputs: labels, or an autoencoder's inputs."""
        return self.labels is not None or self.task.with_inputs

    def first(self, count: int) -> Bench:
        """The same with fewer samples, spread over all."""
        if self.count <= count:
            return self
        chosen = np.random.default_rng(1).permutation(self.count)[:count]
        return replace(
            self,
            arrays=tuple(a[chosen] for a in self.arrays),
            labels=None if self.labels is None else self.labels[chosen],
            rows=self.rows[chosen],
        )

    def outputs(self, model: Model, feeding: Feeding) -> Outputs:
        """The evaluated values of a model; raises BadInputError where the samples do not fit."""
        samples, tensors = self._samples(feeding.order), list(evaluated_tensors(self.task, model))
        inputs = quantized_inputs(feeding.rules, samples, model)
        values = collect(make_runner("reference", model, Profile.TFLM), inputs, tensors)
        real = self.real(feeding) if self.task.with_inputs else ()
        return read_outputs(self.task, model, values, real)

    def _samples(self, order: Sequence[int]) -> Samples:
        return Samples(
            name="tried",
            source="samples",
            rows=self.rows,
            raw=tuple(self.arrays[i] for i in order),
            labels=self.labels,
        )

    def real(self, feeding: Feeding) -> Reals:
        """The real inputs, by model input."""
        tensors = [self.model.tensors[t] for t in self.model.inputs]
        real = []
        for rule, i, tensor in zip(feeding.rules, feeding.order, tensors, strict=True):
            moved = reordered(rule, self.frames[i], tensor)
            real.append(real_input(rule, moved).reshape(-1, *sample_shape(tensor)))
        return tuple(real)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How real inputs lie in the inputs' ranges: of the worst input, None where none has one.

    ``used`` is the share of the range between the least and the largest value, ``clipped`` the
    share of values outside, both in [0, 1]; ``away`` the distance of both ends from those of the
    range, as a share of it.
    """

    used: float | None = None
    clipped: float | None = None
    away: float = 0.0


def fit_of(bench: Bench, real: Reals) -> Fit:
    """How real inputs lie in the ranges."""
    pairs = [(r, x) for r, x in zip(bench.ranges, real, strict=True) if r is not None]
    return Fit(
        used=min((r.used(x) for r, x in pairs), default=None),
        clipped=max((r.clipped(x) for r, x in pairs), default=None),
        away=max((r.away(x) for r, x in pairs), default=0.0),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """A feeding with what came of it."""

    feeding: Feeding
    outputs: Outputs
    good: Goodness
    fit: Fit

    @property
    def words(self) -> str:
        """The rules of all inputs, each once, and the arrays where there is a choice."""
        rules = "; ".join(dict.fromkeys(self.feeding.words))
        return f"{rules}, from {self.feeding.arrays}" if self.feeding.arrays else rules


def fitted(bench: Bench, feeding: Feeding) -> Fit | None:
    """How the samples lie in the ranges; None where they do not fit the model by this feeding."""
    try:
        return fit_of(bench, bench.real(feeding))
    except BadInputError:
        return None


def attempt(bench: Bench, feeding: Feeding) -> Trial | None:
    """The trial of a feeding; None where the samples do not fit the model by it.

    Raises UnsupportedModelError where the kernels do not run the model.
    """
    try:
        outputs = bench.outputs(bench.model, feeding)
        fit = fit_of(bench, bench.real(feeding))
    except UnsupportedModelError:
        raise
    except BadInputError:
        return None
    good = goodness(bench.task, outputs, bench.test_labels)
    return Trial(feeding=feeding, outputs=outputs, good=good, fit=fit)
