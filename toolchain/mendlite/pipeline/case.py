"""One repair case: the target's two models, its samples, and how they are replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.measure.classification import Outcome, Score, predictions, score
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.samples import Samples
from mendlite.repair.pairing import LayerPair
from mendlite.replay.registry import make_runner
from mendlite.targets.preprocess import float_inputs, quantized_inputs
from mendlite.targets.samples import SampleSets
from mendlite.targets.schema import Target
from mendlite.tflite.logits import logits_tensor, real_values

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done, and of how many."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A loaded target.

    ``runner`` names the kernels that judge (``reference``, ``interpreter``, ``tflm``); the
    repair itself always computes on the reference kernels with the same rounding ``profile``.
    """

    target: Target
    reference: Model
    quantized: Model
    pairs: tuple[LayerPair, ...]
    sets: SampleSets
    runner: str
    profile: Profile
    seed: int
    jobs: int
    progress: Progress

    def float_inputs(self, samples: Samples) -> tuple[NDArray[np.generic], ...]:
        """Inputs of the float model."""
        return tuple(float_inputs(self.target, samples, self.reference))

    def quantized_inputs(self, samples: Samples) -> tuple[NDArray[np.generic], ...]:
        """Inputs of the quantized model, in its own input type."""
        return tuple(quantized_inputs(self.target, samples, self.quantized))

    def float_outcome(self, samples: Samples) -> Outcome:
        """The float model's answers."""
        return self._outcome(self.reference, self.float_inputs(samples), "reference", samples.name)

    def outcome(self, model: Model, samples: Samples) -> Outcome:
        """The answers of a quantized model (the case's own, or a repaired one)."""
        return self._outcome(model, self.quantized_inputs(samples), self.runner, samples.name)

    def _outcome(
        self, model: Model, inputs: Sequence[NDArray[np.generic]], runner: str, name: str
    ) -> Outcome:
        tensor = logits_tensor(model)
        total, pieces = len(inputs[0]), []
        done = 0
        for values in make_runner(runner, model, self.profile).run(inputs, [tensor]):
            piece = real_values(model, tensor, values[tensor])
            pieces.append(piece.reshape(piece.shape[0], -1))
            done += piece.shape[0]
            self.progress(f"replay {name}", done, total)
        logits = np.concatenate(pieces) if pieces else np.zeros((0, 1))
        return Outcome(logits=logits, predicted=predictions(logits))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Scores quantized models on one set of samples against the float model's answers."""

    case: Case
    samples: Samples
    reference: Outcome

    @staticmethod
    def of(case: Case, samples: Samples) -> Judge:
        """A judge on these samples; replays the float model once."""
        return Judge(case=case, samples=samples, reference=case.float_outcome(samples))

    def outcome(self, model: Model) -> Outcome:
        """The model's answers on the judge's samples."""
        return self.case.outcome(model, self.samples)

    def score(self, outcome: Outcome) -> Score:
        """Failing tests, divergence and accuracy of these answers."""
        return score(self.reference, outcome, self.samples.labels)
