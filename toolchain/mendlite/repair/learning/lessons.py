"""What is learned from: stored inputs of the quantized model, and the teacher's outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.case.evaluate import teacher_outputs
from mendlite.case.preprocess import quantized_inputs
from mendlite.measure.outputs import Outputs
from mendlite.model.graph import Model
from mendlite.repair.engine.statistics import Statistics
from mendlite.repair.learning.augment import are_images, copied

MOST_BYTES = 2**28
"""Of all inputs that are kept: fewer copies are made of large images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """``inputs`` (n, ...) by the model's input tensors, and what the teacher gives for them."""

    inputs: dict[int, NDArray[Any]]
    teacher: Outputs

    @property
    def count(self) -> int:
        """Number of samples, copies counted."""
        return len(next(iter(self.inputs.values())))

    def take(self, chosen: NDArray[np.int64]) -> tuple[dict[int, NDArray[Any]], Outputs]:
        """The inputs and the teacher's outputs at these places."""
        tests = self.teacher.count // self.count
        every = (chosen[:, None] * tests + np.arange(tests)).reshape(-1)
        return {t: x[chosen] for t, x in self.inputs.items()}, self.teacher.take(every)


def lessons_of(case: Case, model: Model, statistics: Statistics, copies: int) -> Lessons:
    """The repair samples, and ``copies`` augmented ones of each where they are images."""
    samples = case.sets.repair
    rng = np.random.default_rng(case.seed)
    plain = statistics.teacher_outputs(case, samples)
    inputs, outputs = [case.quantized_inputs(samples, model)], [plain.values]
    # One set of copies at a time: of each, the quantized inputs alone are kept.
    for _ in range(most_copies(case, model, copies)):
        moved = copied(samples, case.recipe.inputs, model, rng)
        inputs.append(tuple(quantized_inputs(case.recipe.inputs, moved, model)))
        outputs.append(teacher_outputs(case, moved).values)
    joined = {t: np.concatenate([one[i] for one in inputs]) for i, t in enumerate(model.inputs)}
    return Lessons(
        inputs=joined, teacher=Outputs(values=np.concatenate(outputs), shapes=plain.shapes)
    )


def most_copies(case: Case, model: Model, copies: int) -> int:
    """How many copies of each sample are made: none of what is no image, or has another teacher."""
    if case.recipe.teacher != "float" or not are_images(model):
        return 0
    size = sum(model.tensors[t].elements for t in model.inputs) * case.sets.repair.count
    return min(copies, max(MOST_BYTES // max(size, 1) - 1, 0))
