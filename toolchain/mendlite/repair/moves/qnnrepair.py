"""The move ``qnnrepair``: the paper's fault localization and neuron repair (Song et al. 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.qnnrepair import neuron_problem
from mendlite.analysis.localization import Localized
from mendlite.claims.rows import violated_rows
from mendlite.errors import ClaimError, UnsupportedModelError
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import has_8_bit_ends, steps_from_zero, stored_weights
from mendlite.model.problem import RepairProblem, Solution
from mendlite.model.repair_options import Passing, PatchBudget, RepairOptions
from mendlite.model.report import NeuronResult
from mendlite.model.spectra import Metric
from mendlite.pairing.layers import LayerPair
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.layer_choice import chosen_layers
from mendlite.repair.layers.neuron_rows import LayerRows
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched
from mendlite.tflite.support import require_own_weights

NEURONS = 10
"""Neurons that are repaired by default."""


def default_layers(model: Model) -> tuple[str, ...]:
    """The paper repairs dense layers; a model without any, its last layer."""
    if any(layer.op == "FULLY_CONNECTED" for layer in model.layers):
        return ("dense",)
    return (str(model.layers[-1].number),)


@dataclass(frozen=True)
class QNNRepair(Move):
    """Solve one integer problem for each of the most suspicious neurons, layer by layer.

    ``layers``, ``metric`` and ``neurons`` as the options of these names; None: the options' values.
    """

    layers: tuple[str, ...] | None = None
    metric: Metric | None = None
    neurons: int | None = None

    name = "qnnrepair"
    needs = frozenset({Need.FLOAT_MODEL})
    edits = frozenset({Edit.WEIGHTS})
    statistics = frozenset({Statistic.SPECTRA})
    reads = frozenset(
        {"backend", "passing", "passing_tests", "max_rows", "solver_seconds", "neurons",
         "metric", "max_delta"}
    )  # fmt: skip

    def backend(self, options: RepairOptions) -> str:
        """The solver of the neurons' problems."""
        return options.solver.backend

    def pairs(self, facts: Facts) -> list[LayerPair]:
        """The chosen layers; raises UnsupportedModelError where one cannot be repaired so."""
        model = facts.model
        words = self.layers or facts.options.scope.layers or default_layers(model)
        numbers = chosen_layers(model, words)
        pairs = [pair for pair in facts.case.pairs if pair.quantized.number in numbers]
        for pair in pairs:
            layer = pair.quantized
            if not has_8_bit_ends(model, layer) or layer.frozen is not None:
                raise UnsupportedModelError(
                    f"layer {layer.number} '{layer.name}': qnnrepair needs int8 or uint8 weights "
                    "and activations; choose others with `layers`, or use `strategy` least-squares"
                )
        require_own_weights(model, [pair.quantized for pair in pairs])
        return pairs

    def require(self, facts: Facts) -> None:
        """As ``Move``; raises where a chosen layer is no int8 layer."""
        super().require(facts)
        self.pairs(facts)

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """Localize on the repair samples, solve the top neurons layer by layer, patch them in."""
        case, model = context.case, context.model
        localized = context.statistics.spectra(case, model, self.pairs(context))
        if not localized.failed.any():
            return Proposal(model=model, notes=("no repair sample fails: nothing to localize",))
        scope = context.options.scope
        count, metric = self.neurons or scope.neurons or NEURONS, self.metric or scope.metric
        chosen = localized.suspects(metric, count, case.seed)
        results: list[NeuronResult] = []
        for pair in localized.pairs:
            neurons = sorted(n for number, n in chosen if number == pair.quantized.number)
            if neurons:
                repaired = _repair_layer(context.on(case, model), localized, pair, neurons)
                model, results = repaired.model, [*results, *repaired.results]
        note = (
            f"qnnrepair: {int(localized.failed.sum())} of {localized.failed.size} repair samples "
            f"fail; the {count} most suspicious neurons by {metric.value}"
        )
        return Proposal(model=model, neurons=tuple(results), notes=(note,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repaired:
    """A model after one layer's neurons were solved."""

    model: Model
    results: tuple[NeuronResult, ...]


def _repair_layer(
    context: RepairContext, localized: Localized, pair: LayerPair, neurons: Sequence[int]
) -> _Repaired:
    """Solve the neurons of one layer of the context's model, and patch them in."""
    case, model = context.case, context.model
    problems = _problems(context, localized, pair, neurons)
    if context.solving.save is not None:
        for problem in problems:
            context.solving.save(problem)
    what = f"solve {pair.quantized.name}"
    pool = context.solving.pool(context.options.solver, case.execution)
    answers = pool.solve(problems, lambda done: case.progress(what, done, len(problems)))
    layer = pair.quantized
    matrix = steps_from_zero(model, layer)
    for problem, answer in zip(problems, answers, strict=True):
        if answer.delta is not None:
            matrix[problem.neuron] += answer.delta
    edit = data_edit(model, layer.weights, stored_weights(model, layer, matrix))
    if edit is not None:
        model = patched(model, [edit])
        _check(model, layer, problems, answers)
    results = tuple(_result(p, a) for p, a in zip(problems, answers, strict=True))
    return _Repaired(model=model, results=results)


def _kept(context: RepairContext, failed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The passing tests whose statuses are rows, bool[n]: all, or as many as the options say."""
    passing = np.flatnonzero(~failed)
    count = context.options.problems.passing_tests
    if count is not None and count < passing.size:
        generator = np.random.default_rng([context.seed, passing.size])
        passing = generator.choice(passing, count, replace=False)
    kept = np.zeros(failed.size, np.bool_)
    kept[passing] = True
    return kept


def _problems(
    context: RepairContext, localized: Localized, pair: LayerPair, neurons: Sequence[int]
) -> list[RepairProblem]:
    """The problems of the neurons that are alive."""
    case, model, options = context.case, context.model, context.options
    rows = LayerRows.of(case, model, pair, case.sets.repair)
    positions, passing = rows.status.positions, options.problems.passing
    fails = np.repeat(localized.failed, positions)
    kept = np.repeat(_kept(context, localized.failed), positions)
    dead = dead_channels(model, pair.quantized)
    problems: list[RepairProblem] = []
    for neuron in (neuron for neuron in neurons if not dead[neuron]):
        relevant = fails & (rows.reference[:, neuron] != rows.quantized[:, neuron])
        if passing is not Passing.NONE:
            relevant |= kept
        data = rows.neuron(neuron, np.flatnonzero(relevant).astype(np.int64), fails)
        problem = neuron_problem(
            data,
            passing=passing,
            max_delta=options.weights.max_delta,
            max_rows=options.problems.max_rows,
            seed=case.seed,
        )
        problems.append(problem)
    return problems


def _check(
    model: Model, layer: Layer, problems: Sequence[RepairProblem], answers: Sequence[Solution]
) -> None:
    """Raise ClaimError unless the patched file's own weights do what each solution claims."""
    matrix = steps_from_zero(model, layer)
    for problem, answer in zip(problems, answers, strict=True):
        if answer.delta is None:
            continue
        stored = replace(problem, weights=matrix[problem.neuron].astype(np.int16))
        violated = int((violated_rows(stored, np.zeros_like(answer.delta)) & stored.hard).sum())
        if violated != answer.violated:
            raise ClaimError(
                f"layer {layer.number} '{layer.name}', neuron {problem.neuron}: the solver "
                f"claimed {answer.violated} violated rows, exact re-evaluation of the file "
                f"results in {violated}"
            )


def _result(problem: RepairProblem, answer: Solution) -> NeuronResult:
    return NeuronResult(
        layer=problem.layer,
        neuron=problem.neuron,
        status=answer.status.value,
        rows=int(problem.lower.size),
        objective=None if answer.delta is None else answer.objective,
        bound=answer.bound,
        gap=None if answer.delta is None else answer.gap,
        violated=answer.violated,
        penalty=answer.penalty,
        proof=answer.proof,
        seconds=answer.seconds,
        message=answer.message,
    )
