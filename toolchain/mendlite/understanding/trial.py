"""One way of feeding, tried: what the reference model gives, and how well it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.preprocess import quantized_inputs, real_input, reordered
from mendlite.case.recipe import Preprocessing
from mendlite.case.tasks import evaluated_tensors, read_outputs
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.samples import Samples
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.understanding.goodness import Goodness, goodness
from mendlite.understanding.input_range import InputRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeding:
    """A way to feed all inputs: a rule for each, and which array of the data each takes.

    ``words`` has one phrase an input; ``fitted``: numbers come from these very samples.
    """

    rules: tuple[Preprocessing, ...]
    words: tuple[str, ...]
    order: tuple[int, ...]
    fitted: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """What every way of feeding is tried on.

    ``model`` is the reference: the float model, or the int8 model where that is lost. ``arrays``
    and ``labels`` are those of the samples that are tried; ``ranges`` the int8 inputs' ones.
    """

    model: Model
    quantized: Model
    task: Task
    arrays: tuple[NDArray[Any], ...]
    labels: NDArray[Any] | None
    ranges: tuple[InputRange | None, ...]

    @cached_property
    def count(self) -> int:
        """Number of samples."""
        return len(self.arrays[0])

    def samples(self, order: Sequence[int]) -> Samples:
        """The samples with their arrays in the models' order."""
        return Samples(
            name="tried",
            source="samples",
            rows=np.arange(self.count),
            raw=tuple(self.arrays[i] for i in order),
            labels=self.labels,
        )

    def outputs(self, model: Model, feeding: Feeding) -> Outputs:
        """The evaluated values of a model; raises BadInputError where the samples do not fit."""
        samples, tensors = self.samples(feeding.order), list(evaluated_tensors(self.task, model))
        inputs = quantized_inputs(feeding.rules, samples, model)
        found = collect(make_runner("reference", model, Profile.TFLM), inputs, tensors)
        real = self.real(feeding) if self.task.with_inputs else ()
        return read_outputs(self.task, model, found, real)

    def real(self, feeding: Feeding) -> tuple[NDArray[np.float32], ...]:
        """The real inputs, by model input."""
        tensors = [self.model.tensors[t] for t in self.model.inputs]
        return tuple(
            real_input(rule, reordered(rule, self.arrays[i], tensor))
            for rule, i, tensor in zip(feeding.rules, feeding.order, tensors, strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """A feeding with what came of it.

    ``used`` and ``clipped`` are shares of the int8 inputs' ranges (the least used, the most
    clipped input), None where no input has a range.
    """

    feeding: Feeding
    outputs: Outputs
    good: Goodness
    used: float | None
    clipped: float | None

    @property
    def words(self) -> str:
        """The rules of all inputs."""
        return "; ".join(dict.fromkeys(self.feeding.words))


def attempt(bench: Bench, feeding: Feeding) -> Trial | None:
    """The trial of a feeding; None where the samples do not fit the model by it.

    Raises UnsupportedModelError where the kernels do not run the model.
    """
    try:
        outputs = bench.outputs(bench.model, feeding)
        real = bench.real(feeding)
    except UnsupportedModelError:
        raise
    except BadInputError:
        return None
    pairs = [(r, x) for r, x in zip(bench.ranges, real, strict=True) if r is not None]
    return Trial(
        feeding=feeding,
        outputs=outputs,
        good=goodness(bench.task, outputs, bench.labels),
        used=min((r.used(x) for r, x in pairs), default=None),
        clipped=max((r.clipped(x) for r, x in pairs), default=None),
    )
