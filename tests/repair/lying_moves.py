"""Moves that lie: what the engine and the checks behind it must notice."""

# ruff: noqa: ARG002 - the protocol's arguments

from dataclasses import dataclass, replace

import numpy as np

from mendlite.case.evaluate import Evaluator
from mendlite.moves import BiasCorrection, Edit, LeastSquares, Move, Proposal
from mendlite.repair.solving import Solving
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched


def with_bias(model, layer, value):
    """The model with ``value`` as the bias of a layer's first channel."""
    values = model.tensors[layer.bias].constant().copy()
    values.reshape(-1)[0] = value
    return patched(model, [data_edit(model, layer.bias, values)])


def without_weights(model, layer):
    """The model with a layer's weights all 0."""
    zeros = np.zeros_like(model.tensors[layer.weights].constant())
    return patched(model, [data_edit(model, layer.weights, zeros)])


@dataclass(frozen=True)
class ProposesWorse(Move):
    """The first layer computes nothing any more."""

    name = "worse"
    edits = frozenset({Edit.WEIGHTS})

    def propose(self, context, budget):
        return Proposal(model=without_weights(context.model, context.model.layers[0]))


@dataclass(frozen=True)
class EditsAnotherLayer(Move):
    """The last layer, whichever layers are chosen."""

    name = "stray"
    edits = frozenset({Edit.WEIGHTS})

    def propose(self, context, budget):
        return Proposal(model=without_weights(context.model, context.model.layers[-1]))


@dataclass(frozen=True)
class Overflows(Move):
    """The smallest int32 as a bias of the last layer."""

    name = "bold"
    edits = frozenset({Edit.BIASES})

    def propose(self, context, budget):
        return Proposal(model=with_bias(context.model, context.model.layers[-1], -(2**31)))


@dataclass(frozen=True)
class IgnoresBudget(BiasCorrection):
    """All biases, whatever may change."""

    name = "greedy"

    def propose(self, context, budget):
        solver = self.solver(context)
        case, statistics = context.case, context.statistics
        return Proposal(model=context.solutions.of(case, context.model, solver, statistics).model)


@dataclass(frozen=True)
class EditsWeightsToo(LeastSquares):
    """Least squares that says it edits biases alone."""

    name = "sly"
    edits = frozenset({Edit.BIASES})


@dataclass(frozen=True)
class Raises(Move):
    """It does not work."""

    name = "broken"
    edits = frozenset({Edit.WEIGHTS})

    def propose(self, context, budget):
        raise ZeroDivisionError("the move is broken")


@dataclass(frozen=True)
class ChangesNothing(Move):
    """The model as it is."""

    name = "idle"
    edits = frozenset({Edit.WEIGHTS})

    def propose(self, context, budget):
        return Proposal(model=context.model, notes=("idle: nothing to do",))


@dataclass(frozen=True)
class ReadsMore(Move):
    """It reads a statistic that it did not declare."""

    name = "nosy"
    edits = frozenset({Edit.RANGES})

    def propose(self, context, budget):
        context.statistics.calibration(context.case, context.model, context.groups)
        return Proposal(model=context.model)


@dataclass(frozen=True)
class BoastingSolver:
    """Least squares that claims one unit of squared error more than it saved."""

    honest: object
    name: str = "boast"

    def solve(self, system):
        repair = self.honest.solve(system)
        return replace(repair, after=np.maximum(repair.after - 1, 0))

    def bound(self, system):
        return None


@dataclass(frozen=True)
class Boasts(LeastSquares):
    """Least squares whose claims are false."""

    name = "boast"

    def solver(self, facts):
        return BoastingSolver(super().solver(facts))


@dataclass(frozen=True)
class LyingPool:
    """A pool whose answers after the first claim what their deltas do not do."""

    honest: object

    def solve(self, problems, progress):
        first, *others = self.honest.solve(problems, progress)
        lies = [replace(a, delta=np.zeros_like(a.delta)) if a.objective else a for a in others]
        return [first, *lies]


class LyingSolving(Solving):
    """Solving by a lying pool."""

    def pool(self, options, jobs):
        return LyingPool(super().pool(options, jobs))


class GenerousEvaluator(Evaluator):
    """An evaluator for which every model is better than the last one."""

    def score(self, outputs):
        found = super().score(outputs)
        GenerousEvaluator.calls += 1
        return replace(found, failed=found.failed & False, losses=found.losses * 0 - self.calls)

    calls = 0
