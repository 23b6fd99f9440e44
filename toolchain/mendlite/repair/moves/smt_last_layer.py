"""The move ``smt``: Z3 finds the fewest weights whose change makes int8 equivalent to float.

The specification is float's class (and, with ``epsilon``, |int8 - float| <= epsilon) on the repair
images; ``layers/smt_search.py`` looks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.claims.equivalence import levels, violated_images
from mendlite.errors import BadInputError, ClaimError
from mendlite.measure.task import OF_CLASSES
from mendlite.measure.tests_of_samples import tests_of_a_row
from mendlite.model.equivalence import EquivalenceProblem
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import steps_from_zero, stored_weights
from mendlite.model.repair_options import PatchBudget, RepairOptions
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.layer_choice import chosen_layers
from mendlite.repair.layers.activation_range import Range, with_range
from mendlite.repair.layers.smt_problem import equivalence_problem, joined
from mendlite.repair.layers.smt_search import SearchEnd, SmtSearch, ended_with, run
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need, last_dense_layer
from mendlite.solvers.process import SolverProcess
from mendlite.solvers.registry import require_backend
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched

COMPLETE = 200
"""Weights of a layer up to which all of them are free over their whole range."""

FREE, REACH = 160, 16
"""In a larger layer, how many of the most influential weights are free, and how far."""

NEURONS = 10

SECONDS = 120.0
"""The whole search, without --time-limit."""

STRETCHES = (1.0, 0.9, 1.1, 0.8, 1.25)
"""Factors of the output's range that are tried where ranges may change."""


@dataclass(frozen=True)
class SmtLastLayer(Move):
    """Change the fewest weights of the last dense layer that make int8 equivalent to float.

    With the option ``smt_ranges`` some ranges of the layer's output are tried, too.
    """

    name = "smt"
    needs = frozenset({Need.LAST_DENSE_LAYER})
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES, Edit.RANGES, Edit.OUTPUTS})
    statistics = frozenset({Statistic.TEACHER_OUTPUTS})
    reads = frozenset(
        {"epsilon", "smt_ranges", "edit_outputs", "solver_seconds", "neurons", "max_delta"}
    )

    def backend(self, options: RepairOptions) -> str:  # noqa: ARG002 - the only one
        """Z3."""
        return "z3"

    def require(self, facts: Facts) -> None:
        """Raise BadInputError where the options leave the search nothing to look for."""
        require_backend("z3")
        kind, options = facts.case.task.kind, facts.options
        if kind not in OF_CLASSES and options.smt.epsilon is None:
            raise BadInputError(
                f"strategy smt needs `epsilon` for {kind}: how near to float's each output must "
                "be, in its own unit"
            )
        layer = last_dense_layer(facts)
        chosen = chosen_layers(facts.model, options.scope.layers)
        if layer is not None and layer.number not in chosen:
            raise BadInputError(
                f"strategy smt edits the last dense layer, {layer.number}: `layers` leaves it out"
            )

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """The candidate that leaves fewest images violated, with fewest changes."""
        layer = last_dense_layer(context)
        if layer is None:
            raise ClaimError("smt: there is no last dense layer")
        end = monotonic() + (context.options.time_limit or SECONDS)
        ends: list[tuple[SearchEnd, Model, tuple[str, ...]]] = []
        for candidate in _candidates(context, layer):
            ends.append(_solve(context.on(context.case, candidate), layer, end))
            if monotonic() > end:
                break
        ended, base, notes = min(
            ends, key=lambda one: (one[0].left, int(np.count_nonzero(one[0].delta)))
        )
        weights = stored_weights(base, layer, steps_from_zero(base, layer) + ended.delta)
        edit = data_edit(base, layer.weights, weights)
        return Proposal(model=patched(base, [edit]), notes=notes)


def _candidates(context: RepairContext, layer: Layer) -> list[Model]:
    """The model, and where ranges may change, the model with other ranges of the layer's output."""
    model = context.model
    group = next(g for g in context.groups if layer.output in g.tensors)
    if not context.options.smt.ranges or group.frozen is not None:
        return [model]
    now = Range.of_group(model, group)
    return [model, *(with_range(model, group, now.resized(f, f)) for f in STRETCHES[1:])]


def _solve(
    context: RepairContext, layer: Layer, end: float
) -> tuple[SearchEnd, Model, tuple[str, ...]]:
    """Search the weights of one candidate, the context's model."""
    case, model, options = context.case, context.model, context.options
    whole = model.tensors[layer.weights].constant().size <= COMPLETE
    problem = _problem(context, layer, options.weights.max_delta or (None if whole else REACH))
    failing = violated_images(problem, np.zeros(problem.weights.shape, np.int16))
    neurons = options.scope.neurons
    problem = replace(problem, free=_free(problem, failing, neurons, whole=whole))
    search = SmtSearch(
        problem=problem,
        failing=failing,
        lack=_lack(problem),
        repair=case.rows(case.sets.repair) * tests_of_a_row(case.task),
        end=end,
        seconds=options.solver.seconds,
        process=SolverProcess(),
    )
    case.progress("smt: how far it can be complete", int(problem.free.sum()), problem.free.size)
    try:
        ended = (
            run(search)
            if failing[: search.repair].any()
            else ended_with(search, None, least=True, why="no repair image fails")
        )
    finally:
        search.process.close()
    return ended, model, _notes(case, search, ended)


def _problem(context: RepairContext, layer: Layer, reach: int | None) -> EquivalenceProblem:
    """The specification on the repair images, then the selection's."""
    sets = context.case.sets
    both = [
        equivalence_problem(
            context.case,
            context.model,
            layer,
            samples,
            teacher=context.statistics.teacher_outputs(context.case, samples),
            epsilon=context.options.smt.epsilon,
            reach=reach,
        )
        for samples in (sets.repair, sets.selection)
    ]
    return joined(both[0], both[1])


def _free(
    problem: EquivalenceProblem,
    failing: NDArray[np.bool_],
    neurons: int | None,
    *,
    whole: bool,
) -> NDArray[np.bool_]:
    """Weights that may change: of the most influential neurons, the most influential ones.

    A neuron's influence is in how many failing images it is float's class or the largest instead; a
    weight's, how large its input is in those images.
    """
    if whole and neurons is None:
        return np.ones(problem.weights.shape, np.bool_)
    rows = problem.inputs[failing].astype(np.int64)
    acc = rows @ problem.weights.T.astype(np.int64) + problem.bias
    classes = len(problem.weights)
    counts = np.bincount(acc.argmax(axis=1), minlength=classes)
    winners = problem.winner[failing]
    counts += np.bincount(winners[winners >= 0], minlength=classes)
    chosen = np.argsort(-counts, kind="stable")[: neurons or NEURONS]
    influence = np.abs(rows).mean(axis=0) if len(rows) else np.zeros(problem.weights.shape[1])
    each = problem.weights.shape[1] if whole else max(FREE // len(chosen), 1)
    columns = np.argsort(-influence, kind="stable")[:each]
    free = np.zeros(problem.weights.shape, np.bool_)
    free[np.ix_(chosen, columns)] = True
    return free


def _lack(problem: EquivalenceProblem) -> NDArray[np.int64]:
    """Levels by which float's class lies behind the best other one, i64[S]; 0 without classes."""
    reached = levels(problem, np.zeros(problem.weights.shape, np.int16))
    images, winner = np.arange(len(reached)), np.maximum(problem.winner, 0)
    own = reached[images, winner]
    reached[images, winner] = -1
    return np.where(problem.winner >= 0, reached.max(axis=1) - own, 0)


def _notes(case: Case, search: SmtSearch, ended: SearchEnd) -> tuple[str, ...]:
    """What changes, what is proved, and which images contradict each other."""
    free, size = int(search.problem.free.sum()), search.problem.free.size
    changed = int(np.count_nonzero(ended.delta))
    scope = (
        f"smt: complete for the layer: all {size} weights are free"
        if free == size
        else f"smt: not complete: {free} of {size} weights are free, the most influential ones"
    )
    proof = "; fewer are proved not to do" if ended.least and changed else ""
    result = (
        f"smt: {changed} weights change{proof}; {len(search.inside)} images entered the "
        f"specification, {ended.left} of {search.repair} repair images stay violated; Z3 "
        f"ran {search.asked} times and could not decide {search.undecided} times"
        + (f"; stopped: {ended.why}" if ended.why else "")
    )
    cores = [
        "smt: these images contradict each other: "
        + ", ".join(_name(case, n, search.repair) for n in core)
        for core in search.cores[:5]
    ]
    more = [f"smt: and {len(search.cores) - 5} more such groups"] if len(search.cores) > 5 else []
    return (scope, result, *cores, *more)


def _name(case: Case, image: int, repair: int) -> str:
    """An image by its set's source and row."""
    samples = case.sets.repair if image < repair else case.sets.selection
    index = image if image < repair else image - repair
    return f"{samples.source} {int(case.tests(samples).rows[index])}"
