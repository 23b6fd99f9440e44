"""Gradient descent on the loss at the network's output, forward in the device's integers.

Each step rounds the real values to the integers that a file would hold, replays a batch on the
reference kernels, and takes the slopes back straight through every rounding (Bengio et al. 2013).
Slices of a batch run side by side; their slopes are added in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mendlite.arith.ordered_sums import mean_of
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Task
from mendlite.model.rows import side_by_side
from mendlite.repair.learning.adam import Adam
from mendlite.repair.learning.lessons import Lessons
from mendlite.repair.learning.loss import loss_slopes
from mendlite.repair.learning.network import TrialNetwork
from mendlite.repair.learning.parameters import Floats, Parameter
from mendlite.replay.reference.runner import WORKERS
from mendlite.replay.reference.slices import slice_size
from mendlite.tflite.logits import real_values

Sliced = tuple[dict[int, NDArray[Any]], NDArray[np.float64]]
"""Slopes by the constants, and each sample's loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How long and how fast: ``steps`` of ``batch`` samples, from ``rate`` units a step down to 0.

    ``seed`` draws the batches. ``done`` is the share of the time that has passed, 0 without a
    limit; at 1 the course ends early. ``progress`` is called with steps done and of how many.
    """

    steps: int
    batch: int
    rate: float
    seed: int = 0
    done: Callable[[], float] = lambda: 0.0
    progress: Callable[[int, int], None] = lambda _done, _of: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """``constants`` by tensor as the file is to hold them; ``losses`` f64[steps] of the batches."""

    constants: dict[int, NDArray[Any]]
    losses: NDArray[np.float64]


@dataclass(slots=True)
class _Values:
    """The real values by tensor, and what moves them."""

    parameters: Mapping[int, Parameter]
    values: dict[int, Floats]
    adam: Adam = field(default_factory=Adam)

    def stored(self) -> dict[int, NDArray[Any]]:
        return {t: one.stored(self.values[t]) for t, one in self.parameters.items()}

    def move(self, slopes: Mapping[int, NDArray[Any]], rate: float) -> None:
        scaled = {t: slopes[t] * self.parameters[t].unit for t in slopes}
        for tensor, by in self.adam.step(scaled, rate).items():
            self.values[tensor] = self.parameters[tensor].moved(self.values[tensor], by)


def learn(
    network: TrialNetwork,
    parameters: Sequence[Parameter],
    lessons: Lessons,
    task: Task,
    course: Course,
) -> Learned:
    """The constants after the course."""
    here = _Values(
        parameters={one.tensor: one for one in parameters},
        values={one.tensor: one.start.copy() for one in parameters},
    )
    losses: list[float] = []
    batches = _batches(lessons.count, course)
    with threadpool_limits(1), ThreadPoolExecutor(WORKERS) as pool:
        for rate, batch in zip(rates(course), batches, strict=False):
            trial = network.with_constants(here.stored())
            parts = [lessons.take(part) for part in _slices(network, batch)]
            slices = list(pool.map(lambda part, net=trial: _one_slice(net, task, *part), parts))
            here.move(_summed(slices, len(batch)), rate)
            losses.append(mean_of(np.concatenate([loss for _, loss in slices])))
            course.progress(len(losses), course.steps)
    return Learned(constants=here.stored(), losses=np.array(losses))


def rates(course: Course) -> Iterator[float]:
    """The rate of each step; they end where the steps or the time do."""
    for number in range(course.steps):
        done = max(number / course.steps, course.done())
        if done >= 1:
            return
        yield course.rate * (1 - done)


def _batches(count: int, course: Course) -> Iterator[NDArray[np.int64]]:
    """Places of each step's samples: all once in a random order, then again in another."""
    rng = np.random.default_rng(course.seed)
    size = min(course.batch, count)
    left = np.zeros(0, np.int64)
    for _ in range(course.steps):
        if len(left) < size:
            left = np.concatenate([left, rng.permutation(count)])
        yield left[:size]
        left = left[size:]


def _slices(network: TrialNetwork, batch: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The batch in slices whose size the model alone decides."""
    size = slice_size(network.program.model)
    return [batch[begin : begin + size] for begin in range(0, len(batch), size)]


def _one_slice(
    network: TrialNetwork, task: Task, inputs: dict[int, NDArray[Any]], teacher: Outputs
) -> Sliced:
    """Slopes of the summed loss of a slice."""
    model = network.program.model
    values = network.forward({t: side_by_side(model.tensors[t], x) for t, x in inputs.items()})
    real = [real_values(model, t, values[t]) for t in network.evaluated]
    real = [part.reshape(teacher.count, -1) for part in real]
    rows = np.concatenate(real, axis=1)
    outputs = Outputs(values=rows, shapes=teacher.shapes)
    slopes = loss_slopes(task.kind, teacher, outputs).astype(np.float32)
    seeds = network.slopes_by_tensor(values, slopes)
    return network.back(values, seeds), task.loss(teacher, outputs)


def _summed(slices: Sequence[Sliced], count: int) -> dict[int, NDArray[Any]]:
    """The mean slopes of a batch, slices added in their order."""
    total = {t: slopes / count for t, slopes in slices[0][0].items()}
    for slopes, _ in slices[1:]:
        for tensor, one in slopes.items():
            total[tensor] += one / count
    return total
