"""Run models on a set of samples and score them against the teacher's outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.case.tasks import evaluated_tensors, read_outputs
from mendlite.case.teacher import recorded_outputs
from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.measure.outputs import Outputs
from mendlite.measure.score import Score, score
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.replay.collect import joined
from mendlite.replay.reference.execute import runs
from mendlite.replay.registry import make_runner
from mendlite.replay.runner import Runner, Values


def evaluate(case: Case, model: Model, samples: Samples) -> Outputs:
    """The outputs of a quantized model (the case's own, or a repaired one) on its kernels."""
    runner = case.execution.evaluation_runner(model)
    return _replayed(case, model, case.quantized_inputs(samples, model), runner, samples)


def evaluate_on_host(case: Case, model: Model, samples: Samples) -> Outputs:
    """The outputs of a quantized model on the reference kernels, whatever evaluates otherwise."""
    runner = case.execution.reference_runner(model)
    return _replayed(case, model, case.quantized_inputs(samples, model), runner, samples)


def teacher_outputs(case: Case, samples: Samples) -> Outputs:
    """The outputs of the teacher: the float model's, the labels, or recorded outputs."""
    if case.recipe.teacher != "float":
        return recorded_outputs(case, samples)
    runner, inputs = teacher_runner(case), case.float_inputs(samples)
    return _replayed(case, case.reference, inputs, runner, samples)


def teacher_runner(case: Case) -> Runner:
    """The kernels that run the float model: ours.

    Where another runner evaluates and ours lack an operator of the float model, that runner.
    """
    name = case.execution.runner
    if name != "reference" and not runs(case.reference, case.profile):
        return make_runner(name, case.reference, case.profile)
    return case.execution.reference_runner(case.reference)


def _replayed(
    case: Case, model: Model, inputs: Sequence[NDArray[Any]], runner: Runner, samples: Samples
) -> Outputs:
    tensors = list(evaluated_tensors(case.task, model))
    total, done = len(inputs[0]), 0
    slices: list[Values] = []
    with _naming(case, model):
        for values in runner.run(inputs, tensors):
            slices.append(values)
            done += len(values[tensors[0]])
            case.progress(f"replay {samples.name}", done, total)
    return read_outputs(case.task, model, joined(slices, tensors), case.task_inputs(samples))


@contextmanager
def _naming(case: Case, model: Model) -> Iterator[None]:
    """Errors inside name the file that they concern."""
    try:
        yield
    except (MalformedModelError, UnsupportedModelError) as error:
        names = ((case.float_model, "float"), (case.quantized, "int8"))
        name = next((name for each, name in names if each is model), "repaired")
        raise type(error)(f"the {name} model: {error}") from error


MOST_KEPT = 2**26
"""Bytes of outputs that an evaluator keeps, the latest ones."""

EvaluatedModel = tuple[str, str | None, int]
"""A model's digest, its signature, and the frames of a recording that it is fed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """Scores quantized models on one set of samples; ``teacher`` holds the teacher's outputs.

    The certificate needs outputs of models that the steps evaluated: the latest are kept.
    """

    case: Case
    samples: Samples
    teacher: Outputs
    _kept: dict[EvaluatedModel, Outputs] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @staticmethod
    def of(case: Case, samples: Samples) -> Evaluator:
        """An evaluator on these samples; runs the teacher once."""
        return Evaluator(case=case, samples=samples, teacher=teacher_outputs(case, samples))

    def outputs(self, model: Model) -> Outputs:
        """The model's outputs on the evaluator's samples."""
        key = (model.sha256, model.signature, model.frames)
        known = self._kept.pop(key, None)
        outputs = evaluate(self.case, model, self.samples) if known is None else known
        self._kept[key] = outputs
        while sum(each.values.nbytes for each in self._kept.values()) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return outputs

    def score(self, outputs: Outputs) -> Score:
        """Failing tests, divergence and accuracy of these outputs."""
        return score(self.case.task, self.teacher, outputs, self.tests.labels)

    @property
    def tests(self) -> Samples:
        """What the task counts, as ``Case.tests``."""
        return self.case.tests(self.samples)
