"""The step before all others: another graph, where the caller permits it (``edit_graph``).

A global AVERAGE_POOL_2D becomes MEAN (``tflite/graph_edit.py``) whose output range is chosen from
the float model's pooled values on the repair samples. The file with it is accepted or rejected as
any step's: the selection samples must get better. The steps then edit that file in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.measure.score import Comparison
from mendlite.model.global_means import is_global_pool
from mendlite.model.graph import Model
from mendlite.model.repair_options import RepairOptions
from mendlite.model.report import Step
from mendlite.repair.engine.admissible import refusal
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.layer_solutions import LayerSolutions
from mendlite.repair.engine.state import step_of
from mendlite.repair.engine.statistics import Statistics
from mendlite.repair.engine.stopping import Stopping
from mendlite.repair.engine.timed_case import timed
from mendlite.repair.facts import Facts
from mendlite.repair.layers.candidate_search import Descent
from mendlite.repair.moves.activation_ranges import improve_range
from mendlite.repair.settings import Settings
from mendlite.tflite.global_pools import why_not_mean
from mendlite.tflite.graph_edit import EditedGraph, with_means

NAME = "edit-graph"
"""The name of the step in the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphStart:
    """The case whose int8 file the steps begin from, and what was tried to get there."""

    case: Case
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


def require_graph_edit(facts: Facts) -> None:
    """Raise BadInputError where ``edit_graph`` contradicts another option, or the case lacks it."""
    options = facts.options
    if not options.scope.edit_graph:
        return
    if options.budget.limited:
        raise BadInputError(
            "`edit_graph` and a budget of bytes or values exclude each other: with another graph "
            "every byte of the file moves"
        )
    if not options.scope.edit_scales or options.scope.layers is not None:
        raise BadInputError(
            "`edit_graph` chooses a range, and with `edit_scales` off or `layers` given no range "
            "may change"
        )
    if options.scope.neurons is not None:
        raise BadInputError("`edit_graph` and `neurons` exclude each other: it edits no neuron")
    if facts.case.float_model is None:
        raise BadInputError("`edit_graph` chooses a range by the float model: this needs one")


def edited_start(
    case: Case, settings: Settings, evaluator: Evaluator, stopping: Stopping
) -> GraphStart:
    """The case with an edited graph, where the option is set and the selection samples improve.

    ``stopping`` ends the choice of its ranges; the graph then stays.
    """
    if not settings.options.scope.edit_graph:
        return GraphStart(case=case)
    begun, notes = perf_counter(), tuple(_kept(case.quantized))
    try:
        edited = with_means(case.quantized)
    except UnsupportedModelError as error:
        return GraphStart(case=case, notes=(*notes, f"{NAME}: {error}"))
    if edited is None:
        nothing = f"{NAME}: no global AVERAGE_POOL_2D of the file may become MEAN"
        return GraphStart(case=case, notes=(*notes, nothing))
    chosen = stopping.unless_stopped(
        lambda: _with_ranges(timed(case, stopping), settings.options, edited)
    )
    if chosen is None:
        return GraphStart(case=case, notes=(*notes, f"{NAME}: {stopping.by}: the graph stays"))
    model, note = chosen
    accepted, step = _judged(case, model, evaluator, begun)
    return GraphStart(
        case=replace(case, quantized=model) if accepted else case,
        steps=(step,),
        notes=(*notes, note) if accepted else (*notes, note, f"{NAME}: rejected: {step.why}"),
    )


def _kept(model: Model) -> Iterator[str]:
    """Why a global pool stays, of each that does."""
    for operator in model.operators:
        if is_global_pool(model, operator) and (why := why_not_mean(model, operator)):
            yield f"{NAME}: operator {operator.index} {operator.op} stays: {why}"


def _with_ranges(case: Case, options: RepairOptions, edited: EditedGraph) -> tuple[Model, str]:
    """The edited file with the ranges of the new operators' outputs, and a sentence on them."""
    own = replace(case, quantized=edited.model)
    numbers = tuple(layer.number for layer in edited.model.layers)
    context = RepairContext(
        case=own,
        model=edited.model,
        layers=numbers,
        options=options,
        statistics=Statistics(),
        solutions=LayerSolutions(layers=numbers, base=edited.model.sha256),
    )
    groups = context.groups
    calibration = context.statistics.calibration(own, edited.model, groups)
    search = Descent(context, options.budget)
    before = search.loss
    written = {t for operator in edited.edit.operators for t in operator.tensors}
    for group in groups:
        if group.frozen is None and written & set(group.tensors):
            improve_range(search, group, calibration.of(group))
    note = (
        f"{NAME}: {edited.edit.summary}; with a range of its own {case.task.loss_name} on the "
        f"repair samples {before:.5g} -> {search.loss:.5g}"
    )
    return search.model, note


def _judged(case: Case, model: Model, evaluator: Evaluator, begun: float) -> tuple[bool, Step]:
    """Whether the selection samples get better with ``model``, and the step in the report."""
    before = evaluator.score(evaluator.outputs(case.quantized))
    against, after = refusal(model, case.profile), None
    if against is not None:
        comparison = Comparison(better=False, why=against)
    else:
        after = evaluator.score(evaluator.outputs(model))
        comparison = after.against(before)
    return comparison.better, step_of(NAME, comparison, before, after, begun)
