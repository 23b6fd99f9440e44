"""One repair case: the target's two models, its samples, and how they are replayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mendlite.case.replay_cache import RecordedRunner, Recordings
from mendlite.case.tasks import evaluated_tensors, read_outputs, taught_outputs
from mendlite.errors import BadInputError, MalformedModelError, UnsupportedModelError
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.progress import Progress
from mendlite.model.rounding import Profile
from mendlite.model.samples import Samples
from mendlite.pairing.layers import LayerPair
from mendlite.pairing.verdict import Pairing
from mendlite.replay.collect import joined
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.runner import DeviceRunner
from mendlite.replay.reference.execute import runs
from mendlite.replay.registry import make_runner
from mendlite.replay.runner import Runner, Values
from mendlite.targets.preprocess import float_inputs, quantized_inputs
from mendlite.targets.samples import SampleSets
from mendlite.targets.schema import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A loaded target.

    ``runner`` names the kernels that judge (``reference``, ``interpreter``, ``tflm``); the
    repair itself computes on the reference kernels with the same rounding ``profile``. Where there
    are ``boards``, they judge instead, and spectra and the layers' inputs come from them.
    ``float_model`` and ``pairing`` are None where it is lost and labels or recorded outputs teach.
    """

    target: Target
    task: Task
    float_model: Model | None
    quantized: Model
    pairs: tuple[LayerPair, ...]
    pairing: Pairing | None
    sets: SampleSets
    runner: str
    profile: Profile
    seed: int
    jobs: int
    progress: Progress
    boards: tuple[ConnectedBoard, ...] = ()
    recordings: Recordings = field(default_factory=Recordings)

    @property
    def reference(self) -> Model:
        """The float model; raises BadInputError where there is none."""
        if self.float_model is None:
            raise BadInputError(
                f"target {self.target.name} has no float model: this needs [models.float]"
            )
        return self.float_model

    def evaluation_runner(self, model: Model) -> Runner:
        """The kernels that judge a quantized model: the boards', or the runner's."""
        if self.boards:
            return self.replay_runner(model)
        return make_runner(self.runner, model, self.profile)

    def replay_runner(self, model: Model) -> Runner:
        """The kernels that a quantized model's tensors are taken from."""
        if not self.boards:
            return make_runner("reference", model, self.profile)
        device = DeviceRunner(model=model, profile=self.profile, boards=self.boards)
        return RecordedRunner(runner=device, model=model, recordings=self.recordings)

    def float_inputs(self, samples: Samples) -> tuple[NDArray[np.generic], ...]:
        """Inputs of the float model."""
        return tuple(float_inputs(self.target, samples, self.reference))

    def quantized_inputs(self, samples: Samples) -> tuple[NDArray[np.generic], ...]:
        """Inputs of the quantized model, in its own input type."""
        return tuple(quantized_inputs(self.target, samples, self.quantized))

    def teacher_outputs(self, samples: Samples) -> Outputs:
        """The teacher's answers: the float model's, the labels, or recorded outputs."""
        if self.target.teacher != "float":
            return taught_outputs(self.target, self.task, self.quantized, samples)
        runner = self.teacher_runner()
        return self._replayed(self.reference, self.float_inputs(samples), runner, samples)

    def teacher_runner(self) -> Runner:
        """The kernels that run the float model: ours.

        Where another runner judges and ours lack an operator of the float model, the judging one.
        """
        if self.runner != "reference" and not runs(self.reference, self.profile):
            return make_runner(self.runner, self.reference, self.profile)
        return make_runner("reference", self.reference, self.profile)

    def outputs(self, model: Model, samples: Samples) -> Outputs:
        """The answers of a quantized model (the case's own, or a repaired one)."""
        return self._replayed(
            model, self.quantized_inputs(samples), self.evaluation_runner(model), samples
        )

    def on_reference(self, model: Model, samples: Samples) -> Outputs:
        """The answers of a quantized model on the reference kernels, whatever judges."""
        runner = make_runner("reference", model, self.profile)
        return self._replayed(model, self.quantized_inputs(samples), runner, samples)

    def _replayed(
        self, model: Model, inputs: Sequence[NDArray[np.generic]], runner: Runner, samples: Samples
    ) -> Outputs:
        tensors = list(evaluated_tensors(self.task, model))
        total, done = len(inputs[0]), 0
        slices: list[Values] = []
        with self._naming(model):
            for values in runner.run(inputs, tensors):
                slices.append(values)
                done += len(values[tensors[0]])
                self.progress(f"replay {samples.name}", done, total)
        return read_outputs(self.task, model, joined(slices, tensors), self.task_inputs(samples))

    @contextmanager
    def _naming(self, model: Model) -> Iterator[None]:
        """What is refused within says which of the files it is."""
        try:
            yield
        except (MalformedModelError, UnsupportedModelError) as error:
            names = ((self.float_model, "float"), (self.quantized, "int8"))
            name = next((name for each, name in names if each is model), "repaired")
            raise type(error)(f"the {name} model: {error}") from error

    def task_inputs(self, samples: Samples) -> tuple[NDArray[np.generic], ...]:
        """The real inputs, where the task compares them with the outputs."""
        return self.float_inputs(samples) if self.task.with_inputs else ()
