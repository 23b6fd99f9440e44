"""Evaluate quantized models on one set of samples against the teacher's outputs."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.case.case import Case
from mendlite.measure.outputs import Outputs
from mendlite.measure.score import Score, score
from mendlite.model.graph import Model
from mendlite.model.samples import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """Scores quantized models on one set of samples; ``teacher`` holds the teacher's outputs."""

    case: Case
    samples: Samples
    teacher: Outputs

    @staticmethod
    def of(case: Case, samples: Samples) -> Evaluator:
        """An evaluator on these samples; runs the teacher once."""
        return Evaluator(case=case, samples=samples, teacher=case.teacher_outputs(samples))

    def outputs(self, model: Model) -> Outputs:
        """The model's outputs on the evaluator's samples."""
        return self.case.outputs(model, self.samples)

    def score(self, outputs: Outputs) -> Score:
        """Failing tests, divergence and accuracy of these outputs."""
        return score(self.case.task, self.teacher, outputs, self.samples.labels)
