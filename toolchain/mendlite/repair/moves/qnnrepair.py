"""The strategy ``qnnrepair``: the paper's fault localization and neuron repair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.qnnrepair import Passing, neuron_problem
from mendlite.analysis.localization import Localized, localize
from mendlite.case.case import Case
from mendlite.claims.rows import violated_rows
from mendlite.errors import ClaimError, UnsupportedModelError
from mendlite.model.graph import Layer, Model
from mendlite.model.problem import RepairProblem, Solution
from mendlite.model.report import NeuronResult
from mendlite.model.tensor import DType
from mendlite.pairing.layers import LayerPair, channel_matrix, tensor_layout
from mendlite.repair.engine.accept import Proposal
from mendlite.repair.moves.qnnrepair_rows import LayerRows
from mendlite.repair.settings import Settings, chosen_layers
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched
from mendlite.tflite.support import require_own_weights

NEURONS = 10
"""Neurons that are repaired where nobody says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What all layers share; ``failed`` bool[n] are the failing repair samples."""

    case: Case
    settings: Settings
    failed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repaired:
    """A model after one layer's neurons were solved."""

    model: Model
    results: tuple[NeuronResult, ...]


def default_layers(model: Model) -> tuple[str, ...]:
    """The paper repairs dense layers; a model without any, its last layer."""
    if any(layer.op == "FULLY_CONNECTED" for layer in model.layers):
        return ("dense",)
    return (str(model.layers[-1].position),)


def paper_pairs(case: Case, settings: Settings, model: Model) -> list[LayerPair]:
    """The chosen layers with int8 activations; raises where one cannot be repaired so."""
    positions = chosen_layers(model, settings.layers or default_layers(model))
    pairs = [pair for pair in case.pairs if pair.quantized.position in positions]
    for pair in pairs:
        layer = pair.quantized
        types = {model.tensors[layer.input].dtype, model.tensors[layer.output].dtype}
        if types != {DType.INT8} or layer.frozen is not None:
            raise UnsupportedModelError(
                f"layer {layer.position} '{layer.name}': qnnrepair needs int8 weights and int8 "
                "activations; choose others with --layers, or use --strategy least-squares"
            )
    require_own_weights(model, [pair.quantized for pair in pairs])
    return pairs


def localize_paper(case: Case, settings: Settings, model: Model) -> Localized:
    """Fault localization in the chosen layers, on the repair samples."""
    return localize(case, model, case.sets.repair, paper_pairs(case, settings, model))


def propose_qnnrepair(
    case: Case, settings: Settings, model: Model, localized: Localized | None = None
) -> Proposal:
    """Localize on the repair samples, solve the top neurons layer by layer, patch them in."""
    found = localized or localize_paper(case, settings, model)
    if not found.failed.any():
        return Proposal(model=model, notes=("no repair sample fails: nothing to localize",))
    count = settings.neurons or NEURONS
    chosen = found.suspects(settings.metric, count, case.seed)
    results: list[NeuronResult] = []
    task = _Task(case=case, settings=settings, failed=found.failed)
    for pair in found.pairs:
        neurons = sorted(n for position, n in chosen if position == pair.quantized.position)
        if neurons:
            repaired = _repair_layer(task, model, pair, neurons)
            model, results = repaired.model, [*results, *repaired.results]
    note = (
        f"qnnrepair: {int(found.failed.sum())} of {found.failed.size} repair samples fail; the "
        f"{count} most suspicious neurons by {settings.metric.value}"
    )
    return Proposal(model=model, neurons=tuple(results), notes=(note,))


def _repair_layer(task: _Task, model: Model, pair: LayerPair, neurons: Sequence[int]) -> _Repaired:
    """Solve the neurons of one layer from the already repaired prefix, and patch them in."""
    case, settings = task.case, task.settings
    problems = _problems(task, model, pair, neurons)
    if settings.solving.asked is not None:
        for problem in problems:
            settings.solving.asked(problem)
    what = f"solve {pair.quantized.name}"
    pool = settings.solving.pool(case.execution.jobs)
    answers = pool.solve(problems, lambda done: case.progress(what, done, len(problems)))
    layer = pair.quantized
    tensor = model.tensors[layer.weights]
    matrix = channel_matrix(model, layer, tensor.constant()).copy()
    for problem, answer in zip(problems, answers, strict=True):
        if answer.delta is not None:
            matrix[problem.neuron] += answer.delta.astype(np.int8)
    edit = data_edit(model, layer.weights, tensor_layout(model, layer, matrix))
    if edit is not None:
        model = patched(model, [edit])
        _check(model, layer, problems, answers)
    results = tuple(_result(p, a) for p, a in zip(problems, answers, strict=True))
    return _Repaired(model=model, results=results)


def _kept(task: _Task) -> NDArray[np.bool_]:
    """The passing tests whose statuses are rows, bool[n]: all, or as many as were asked for."""
    passing = np.flatnonzero(~task.failed)
    count = task.settings.passing_tests
    if count is not None and count < passing.size:
        generator = np.random.default_rng([task.case.seed, passing.size])
        passing = generator.choice(passing, count, replace=False)
    kept = np.zeros(task.failed.size, np.bool_)
    kept[passing] = True
    return kept


def _problems(
    task: _Task, model: Model, pair: LayerPair, neurons: Sequence[int]
) -> list[RepairProblem]:
    """The problems of the neurons that are alive."""
    case, settings = task.case, task.settings
    rows = LayerRows.of(case, model, pair, case.sets.repair)
    positions = rows.status.positions
    fails, kept = np.repeat(task.failed, positions), np.repeat(_kept(task), positions)
    dead = dead_channels(model, pair.quantized)
    found: list[RepairProblem] = []
    for neuron in neurons:
        if dead[neuron]:
            continue
        relevant = fails & (rows.reference[:, neuron] != rows.quantized[:, neuron])
        if settings.passing is not Passing.NONE:
            relevant |= kept
        data = rows.neuron(neuron, np.flatnonzero(relevant).astype(np.int64), fails)
        found.append(
            neuron_problem(
                data,
                passing=settings.passing,
                max_delta=settings.max_delta,
                max_rows=settings.max_rows,
                seed=case.seed,
            )
        )
    return found


def _check(
    model: Model, layer: Layer, problems: Sequence[RepairProblem], answers: Sequence[Solution]
) -> None:
    """Raise ClaimError unless the patched file's own weights do what each answer claims."""
    matrix = channel_matrix(model, layer, model.tensors[layer.weights].constant())
    for problem, answer in zip(problems, answers, strict=True):
        if answer.delta is None:
            continue
        stored = replace(problem, weights=matrix[problem.neuron].astype(np.int16))
        violated = int((violated_rows(stored, np.zeros_like(answer.delta)) & stored.hard).sum())
        if violated != answer.violated:
            raise ClaimError(
                f"layer {layer.position} '{layer.name}', neuron {problem.neuron}: the solver "
                f"claimed {answer.violated} violated rows, exact re-evaluation of the file "
                f"gives {violated}"
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
