"""What ranges cost the outputs: slopes of the quantized model, values of the float model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.slopes import Slopes
from mendlite.case.affordable import affordable
from mendlite.case.case import Case
from mendlite.case.tasks import evaluated_tensors
from mendlite.measure.expected_failing import margins_of, not_expected, small_margins, top_two
from mendlite.measure.outputs import Outputs
from mendlite.model.graph import Model
from mendlite.model.rows import fed
from mendlite.model.samples import Samples
from mendlite.pairing.tensors import pair_tensors
from mendlite.repair.facts import Facts
from mendlite.repair.layers.activation_range import Range
from mendlite.repair.layers.range_errors import RangeErrors, joined
from mendlite.repair.learning.loss import head_unit
from mendlite.repair.learning.network import TrialNetwork
from mendlite.repair.learning.route import Route, route_to
from mendlite.replay.reference.execute import PreparedModel, prepare, run_operators
from mendlite.replay.reference.frontier import in_threads
from mendlite.replay.reference.slices import slice_size
from mendlite.tflite.channel_groups import ROUNDING
from mendlite.tflite.scale_groups import PASS_THROUGH, ScaleGroup

MOVING = PASS_THROUGH - ROUNDING
"""Operators whose outputs were rounded and clipped before: both ends have one range."""

MOST = 1024
"""Repair samples that are measured, fewer of a large network; of a classifier a quarter of them,
whose margins are small."""


def fitted_groups(facts: Facts) -> tuple[ScaleGroup, ...]:
    """The free ranges between layers that the float model has, too; not the evaluated values' own.

    Their clipping decides about classes that are far from the first: slopes do not show it.
    """
    twins = pair_tensors(facts.case.reference, facts.model)
    evaluated = set(evaluated_tensors(facts.case.task, facts.model))
    return tuple(
        group
        for group in facts.groups
        if group.frozen is None
        and group.first >= 0
        and not evaluated.intersection(group.tensors)
        and any(t in twins for t in group.tensors)
    )


def route_of(case: Case, model: Model, groups: Sequence[ScaleGroup]) -> Route:
    """The route of slopes from the evaluated values to the groups' activations."""
    tensors = [t for group in groups for t in group.tensors]
    return route_to(model, tensors, evaluated_tensors(case.task, model))


def measured_errors(
    case: Case, model: Model, groups: Sequence[ScaleGroup], taught: Callable[[Samples], Outputs]
) -> dict[ScaleGroup, RangeErrors]:
    """What the range of each group costs, from the repair samples; not of groups without slopes.

    ``taught`` gives the teacher's outputs.
    """
    samples, directions = _directed(case, model, taught)
    route, evaluated = route_of(case, model, groups), evaluated_tensors(case.task, model)
    network = TrialNetwork.of(prepare(model, case.profile), route, evaluated)
    twins = pair_tensors(case.reference, model)
    measure = _Measure(
        network=network,
        exact=prepare(case.reference, case.profile),
        twins={t: twins[t] for group in groups for t in group.tensors if t in twins},
        ranges={group: Range.of_group(model, group) for group in groups},
    )
    size = slice_size(model)
    stored, real = case.quantized_inputs(samples, model), case.float_inputs(samples)
    tests = len(directions) // samples.count

    def one(begin: int) -> Mapping[ScaleGroup, RangeErrors]:
        case.checkpoint()
        part = slice(begin, begin + size)
        rows = directions[begin * tests : (begin + size) * tests]
        return measure.errors([x[part] for x in stored], [x[part] for x in real], rows)

    parts = in_threads(one, range(0, samples.count, size))
    return {group: joined([part[group] for part in parts]) for group in groups if group in parts[0]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """``network`` gives the slopes, ``exact`` the real values; ``twins`` are the float tensors."""

    network: TrialNetwork
    exact: PreparedModel
    twins: Mapping[int, int]
    ranges: Mapping[ScaleGroup, Range]

    def errors(
        self, stored: Sequence[NDArray[Any]], real: Sequence[NDArray[Any]], directions: Slopes
    ) -> dict[ScaleGroup, RangeErrors]:
        """Of one slice, whose outputs are weighted by ``directions`` [tests, M]."""
        values = self.network.forward(fed(self.network.program.model, stored))
        slopes = self.network.back(values, self.network.slopes_by_tensor(values, directions))
        exact = fed(self.exact.model, real)
        every = range(len(self.exact.model.operators))
        run_operators(self.exact, exact, every, set(self.twins.values()))

        def by_row(values: NDArray[Any]) -> NDArray[Any]:
            return values.reshape(len(stored[0]), -1)

        found: dict[ScaleGroup, RangeErrors] = {}
        for group, now in self.ranges.items():
            known = [t for t in _rounded(self.network, group) if t in slopes and t in self.twins]
            parts = [
                RangeErrors.of(now, by_row(exact[self.twins[t]]), by_row(slopes[t])) for t in known
            ]
            if parts:
                found[group] = reduce(add, parts)
        return found


def _rounded(network: TrialNetwork, group: ScaleGroup) -> list[int]:
    """The group's tensors that are rounded by their own operator, and not moved alone."""
    model = network.program.model
    producers = {t: model.producer(t) for t in group.tensors}
    return [t for t, o in producers.items() if o is not None and o.op not in MOVING]


def _directed(
    case: Case, model: Model, taught: Callable[[Samples], Outputs]
) -> tuple[Samples, Slopes]:
    """The samples that are measured, and which sum of each test's outputs counts, f32[tests, M].

    Of a classifier float's top-two logit difference where it is small; of other tasks a sum with
    random signs, whose mean square is the sum of squares.
    """
    samples = case.sets.repair.some(affordable(model, MOST))
    teacher = taught(samples)
    tests = teacher.count // samples.count
    if not_expected(case.task.kind, case.recipe.teacher) or teacher.values.shape[1] < 2:
        return samples, _random_signs(teacher, case.seed)
    signs = _top_two_signs(teacher)
    if tests > 1:
        return samples, signs
    near = small_margins(margins_of(teacher))
    return samples.take(near), signs[near]


def _random_signs(teacher: Outputs, seed: int) -> Slopes:
    """1 or -1 for each value, f32[tests, M]; of several heads in units of each head's own size."""
    drawn = np.random.default_rng(seed).integers(0, 2, teacher.values.shape, np.int8)
    signs = (2 * drawn - 1).astype(np.float32)
    if len(teacher.shapes) < 2:
        return signs
    heads = [teacher.head(index).reshape(teacher.count, -1) for index in range(len(teacher.shapes))]
    sizes = np.concatenate([np.full(one.shape[1], np.sqrt(head_unit(one))) for one in heads])
    signs /= sizes.astype(np.float32)
    return signs


def _top_two_signs(teacher: Outputs) -> Slopes:
    """1 at each test's largest logit, -1 at the second, else 0, f32[tests, C]."""
    signs = np.zeros(teacher.values.shape, np.float32)
    rows, (first, second) = np.arange(teacher.count), top_two(teacher.values)
    signs[rows, first], signs[rows, second] = 1, -1
    return signs
