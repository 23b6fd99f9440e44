"""The move ``scales``: other ranges for activations, chosen by what they do to the answers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mendlite.measure.outcome import Outcome
from mendlite.model.graph import Model
from mendlite.pipeline.case import Case
from mendlite.pipeline.frontier import Frontier, Values
from mendlite.pipeline.judging import judged_tensors, read_outcome
from mendlite.pipeline.ranges import Range
from mendlite.pipeline.settings import Room
from mendlite.pipeline.steps import Proposal
from mendlite.pipeline.summary import spent
from mendlite.replay.reference.execute import prepare, run_operators
from mendlite.replay.reference.runner import WORKERS
from mendlite.replay.reference.slices import slice_size
from mendlite.tflite.patched import patched
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import ScaleGroup, scale_groups

SLICES, FEWEST, MOST = 32, 64, 512
"""Repair samples that the search replays: slices of a model's own size, so that large models
take fewer. A range has two parameters, so few suffice."""

FACTORS = (0.9, 0.75, 0.6, 1.15, 1.4)
"""Shares of the present range that are tried, on both ends and on each alone."""

ROUNDS = 3
"""Times that the factors are tried anew around what they found."""

REFINE = (0.95, 1.05)

CLEAR = 2.0

GLANCE, HOPELESS = 4, 1.25
"""A candidate is looked at on a quarter of the samples first, and left where its divergence
there is a quarter above the best one's."""


def _candidates(now: Range, factors: tuple[float, ...]) -> Iterator[Range]:
    """Other ranges; a one-sided range has one end to move."""
    for factor in factors:
        yield now.resized(factor, factor)
        if -128 < now.zero_point < 127:
            yield now.resized(factor, 1.0)
            yield now.resized(1.0, factor)


def _range(model: Model, group: ScaleGroup) -> Range:
    quant = model.tensors[group.tensors[0]].quantization()
    return Range(scale=float(quant.scale[0]), zero_point=int(quant.zero_point[0]))


def _resized(model: Model, group: ScaleGroup, chosen: Range) -> Model:
    return patched(model, rescale_edits(model, group, chosen.scale, chosen.zero_point))


class _Search:
    """Greedy search over the groups, from the model so far."""

    def __init__(self, case: Case, model: Model, room: Room) -> None:
        count = min(max(FEWEST, SLICES * slice_size(model)), MOST)
        samples = case.sets.repair.some(count)
        self._case = case
        self._reference: Outcome = case.float_outcome(samples)
        self._judged = judged_tensors(case.task, model)
        self._inputs = case.task_inputs(samples)
        self._frontier = Frontier(model, case.quantized_inputs(samples), slice_size(model))
        self._base, self._room = model, room
        self.model = model
        self._glance = max(1, len(self._frontier.slices) // GLANCE)
        self._quick = self._replay(model, self._glance)
        self._losses = self._replay(model)

    @property
    def loss(self) -> float:
        """The mean loss of the model so far."""
        return float(self._losses.mean())

    def _replay(self, model: Model, slices: int | None = None) -> NDArray[np.float64]:
        """Losses f64[n] of ``model``, which differs from the current one only from here on.

        On the first ``slices`` alone, if they are given.
        """
        program, begin = prepare(model, self._case.profile), self._frontier.position
        last = max(o.index for o in model.operators if set(o.outputs) & set(self._judged))
        span = range(begin, last + 1)

        def rest(values: Values) -> Values:
            mine = dict(values)
            run_operators(program, mine, span, set(self._judged))
            return mine

        with threadpool_limits(1), ThreadPoolExecutor(WORKERS) as pool:
            parts = self._frontier.slices[:slices]
            found = list(pool.map(rest, parts))
        joined = {t: np.concatenate([values[t] for values in found]) for t in self._judged}
        count = len(joined[self._judged[0]])
        inputs = [x[:count] for x in self._inputs]
        outcome = read_outcome(self._case.task, model, joined, inputs)
        part = self._reference.take(slice(0, count))
        return self._case.task.loss(part, outcome)

    def improve(self, group: ScaleGroup) -> bool:
        """Take the best range of one group; whether one is better than the present."""
        self._frontier.advance(prepare(self.model, self._case.profile), group.first)
        start = _range(self.model, group)
        for factors in (*[FACTORS] * ROUNDS, REFINE):
            before = self.loss
            self._try(group, factors)
            if factors is FACTORS and self.loss == before:
                break
        return _range(self.model, group) != start

    def _try(self, group: ScaleGroup, factors: tuple[float, ...]) -> None:
        """Take the best of the candidates around the present range, if it is better."""
        now = _range(self.model, group)
        best, losses, quick = self.model, self._losses, self._quick
        for chosen in _candidates(now, factors):
            model = _resized(self.model, group, chosen)
            if chosen == now or not self._fits(model):
                continue
            glanced = self._replay(model, self._glance)
            if glanced.mean() > quick.mean() * HOPELESS:
                continue
            found = self._replay(model)
            if found.mean() < losses.mean():
                best, losses, quick = model, found, glanced
        if clearly_less(losses, self._losses):
            self.model, self._losses, self._quick = best, losses, quick

    def _fits(self, model: Model) -> bool:
        return not self._room.limited or self._room.holds(*spent(self._base, model))


def clearly_less(losses: NDArray[np.float64], than: NDArray[np.float64]) -> bool:
    """Whether losses f64[n] of the same samples are less by more than CLEAR standard errors.

    A range has many candidates: the best of them by a hair fits the samples, not the model.
    """
    saved = than - losses
    doubt = float(saved.std()) / np.sqrt(max(saved.size, 1))
    return bool(saved.mean() > CLEAR * doubt)


def propose_scales(case: Case, model: Model, room: Room | None = None) -> Proposal:
    """Search the ranges front to back, each judged by the task's loss, within ``room``."""
    groups = scale_groups(model)
    free = [group for group in groups if group.frozen is None]
    if not free:
        return Proposal(model=model, notes=("scales: no activation may be rescaled",))
    search, changed = _Search(case, model, room or Room()), 0
    before = search.loss
    for done, group in enumerate(free):
        changed += search.improve(group)
        case.progress("scales", done + 1, len(free))
    note = (
        f"scales: {changed} of {len(groups)} ranges changed, {case.task.loss_name} on the repair "
        f"samples {before:.5g} -> {search.loss:.5g}"
    )
    return Proposal(model=search.model, notes=(note,))
