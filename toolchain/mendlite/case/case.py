"""One repair case: two models, samples, a task, and how all that is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.execution import Execution
from mendlite.case.frames import tests_of
from mendlite.case.gate import Gate
from mendlite.case.prepared_inputs import PreparedInputs
from mendlite.case.preprocess import float_inputs, quantized_inputs
from mendlite.case.recipe import Recipe
from mendlite.case.samples import SampleSets
from mendlite.errors import BadInputError
from mendlite.measure.recordings import RecordingTask
from mendlite.measure.task import Task
from mendlite.measure.tests_of_samples import tests_of_a_row
from mendlite.model.graph import Model
from mendlite.model.progress import Progress
from mendlite.model.rounding import Profile
from mendlite.model.samples import Samples
from mendlite.pairing.layers import LayerPair
from mendlite.pairing.verdict import Pairing


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a repair works on, as values.

    ``float_model`` and ``pairing`` are None where the float model is lost and labels or recorded
    outputs teach. ``task`` is what the recipe's task is for this model. ``gate`` are limits on the
    validation result. ``seed`` draws rows and the random baseline. ``class_names`` are the names
    of the classes by index, for whoever reads a result; empty where none are known. ``understood``
    are sentences on task, feeding and samples, where they were found out.
    """

    name: str
    float_model: Model | None
    quantized: Model
    pairs: tuple[LayerPair, ...]
    pairing: Pairing | None
    sets: SampleSets
    recipe: Recipe
    task: Task
    gate: Gate
    seed: int
    execution: Execution
    class_names: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()
    prepared: PreparedInputs = field(default_factory=PreparedInputs)

    @property
    def reference(self) -> Model:
        """The float model; raises BadInputError where there is none."""
        if self.float_model is None:
            raise BadInputError(f"{self.name} has no float model: this needs `float_model`")
        return self.float_model

    @property
    def profile(self) -> Profile:
        """The rounding of the reference kernels."""
        return self.execution.profile

    @property
    def progress(self) -> Progress:
        """Called with what is being done, how many of it are done, and of how many."""
        return self.execution.progress

    @property
    def checkpoint(self) -> Callable[[], None]:
        """Called between parts of long work; it raises what ends the work."""
        return self.execution.checkpoint

    def float_inputs(self, samples: Samples) -> tuple[NDArray[Any], ...]:
        """Inputs of the float model, read-only."""
        return self.prepared.of(self.recipe.inputs, samples, self.reference, float_inputs)

    def quantized_inputs(self, samples: Samples, model: Model) -> tuple[NDArray[Any], ...]:
        """Inputs of a quantized ``model`` in its own type, scale and zero-point, read-only.

        The model is the case's own or a repaired one, whose input may have other parameters.
        """
        return self.prepared.of(self.recipe.inputs, samples, model, quantized_inputs)

    def tests(self, samples: Samples) -> Samples:
        """What the task counts: the samples, frames of recordings, positions of sequences."""
        return tests_of(self.task, self.quantized, samples)

    def on_recordings(self, model: Model) -> Model:
        """A model that was read beside the case, for recordings of the case's frames."""
        return replace(model, frames=self.quantized.frames) if model.keeps_frames else model

    def rows(self, samples: Samples) -> int:
        """Rows of a replay of the samples: one each, or one for every frame of a recording."""
        return samples.count * self.quantized.frames

    def by_row(self, tests: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What is known of tests for the rows of a replay.

        A recording's is that of all its frames, a sample's whether it is so at any row or position.
        """
        if (tests_a_row := tests_of_a_row(self.task)) > 1:
            any_of: NDArray[np.bool_] = tests.reshape(-1, tests_a_row).any(axis=1)
            return any_of
        recordings = isinstance(self.task, RecordingTask)
        return np.repeat(tests, self.quantized.frames) if recordings else tests

    def task_inputs(self, samples: Samples) -> tuple[NDArray[Any], ...]:
        """The real inputs, where the task compares them with the outputs."""
        return self.float_inputs(samples) if self.task.with_inputs else ()
