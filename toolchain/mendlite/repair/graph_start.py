"""The step before all others: another graph, where the caller permits it (``edit_graph``).

A global AVERAGE_POOL_2D becomes MEAN, and a QUANTIZE frees a tensor whose range an operator of
several inputs forces (``tflite/graph_edit.py``), if it is worth it (``freed_ranges.py``). The new
ranges are chosen from the float model's values on the repair samples. The file with them is
accepted or rejected as any step's: the selection samples must get better. The steps then edit that
file in place.

Where the weights cost far more than a range, the loss of the whole network cannot show what a
finer range gains. The range is then the one with the least squared error of clipping and
rounding, and the file after all steps decides (``with_steps``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from mendlite.repair.freed_ranges import worthwhile
from mendlite.repair.layers.activation_range import Range, with_range
from mendlite.repair.layers.calibration import Calibration
from mendlite.repair.layers.candidate_search import Descent
from mendlite.repair.moves.activation_ranges import improve_range
from mendlite.repair.settings import Settings
from mendlite.tflite.global_pools import why_not_mean
from mendlite.tflite.graph_edit import EditedGraph, with_plan
from mendlite.tflite.graph_plan import every_edit
from mendlite.tflite.scale_groups import ScaleGroup

NAME = "edit-graph"
"""The name of the step in the report."""

RULE = "mean squared error"
"""The rule of calibration for a range that the loss of the network does not choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphStart:
    """The case whose int8 file the steps begin from, and what was tried to get there.

    ``undecided``: the selection samples did not improve by the edit alone; what comes out of the
    steps decides (``with_steps``).
    """

    case: Case
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    undecided: bool = False


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
    """The case with an edited graph, where the option is set and it is accepted or undecided.

    ``stopping`` ends the choice of its ranges; the graph then stays.
    """
    if not settings.options.scope.edit_graph:
        return GraphStart(case=case)
    begun, notes = perf_counter(), tuple(_kept(case.quantized))
    try:
        chosen = stopping.unless_stopped(lambda: _chosen(timed(case, stopping), settings.options))
    except UnsupportedModelError as error:
        return GraphStart(case=case, notes=(*notes, f"{NAME}: {error}"))
    if chosen is None:
        return GraphStart(case=case, notes=(*notes, f"{NAME}: {stopping.by}: the graph stays"))
    if isinstance(chosen, str):
        return GraphStart(case=case, notes=(*notes, f"{NAME}: {chosen}"))
    return _decided(case, chosen, evaluator, begun, notes)


def _chosen(case: Case, options: RepairOptions) -> _Ranged | str:
    """The file with the edits that are worth their bytes, and their ranges; why there are none.

    Raises UnsupportedModelError where the file is of a form that is not edited.
    """
    every = every_edit(case.quantized)
    if every.empty:
        return (
            "no global AVERAGE_POOL_2D of the file may become MEAN, and no operator forces a "
            "range that a QUANTIZE would free"
        )
    edited = with_plan(case.quantized, worthwhile(case, every, RULE))
    if edited is None:
        return "no tensor of a forced range would have a much finer one of its own"
    return _with_ranges(case, options, edited)


def _decided(
    case: Case, chosen: _Ranged, evaluator: Evaluator, begun: float, notes: tuple[str, ...]
) -> GraphStart:
    """The start from the edited file: accepted, undecided, or rejected."""
    admissible, step = _judged(case, chosen.model, evaluator, begun)
    start = GraphStart(
        case=with_graph(case, chosen.model), steps=(step,), notes=(*notes, chosen.note)
    )
    if step.accepted:
        return start
    if chosen.changed and admissible:
        return replace(start, undecided=True)
    return _rejected(case, start, step.why)


def with_steps(case: Case, start: GraphStart, model: Model, evaluator: Evaluator) -> GraphStart:
    """The decision on an undecided ``start``, by the file ``model`` at which its steps ended.

    Its edit is accepted where the selection samples are better with ``model`` than with the base
    file of ``case``; else the graph stays.
    """
    before = evaluator.score(evaluator.outputs(case.quantized))
    comparison = evaluator.score(evaluator.outputs(model)).against(before)
    (step,) = start.steps
    if not comparison.better:
        return _rejected(case, start, f"{step.why}; with the steps behind it {comparison.why}")
    why = f"with the steps behind it: {comparison.why} (by itself: {step.why})"
    return replace(start, steps=(replace(step, accepted=True, why=why),), undecided=False)


def with_graph(case: Case, model: Model) -> Case:
    """The case with ``model``, its file with an edited graph.

    An inserted operator moves the numbers of those behind it, so the layers of the pairs are
    ``model``'s own; layers and tensors keep their numbers.
    """
    pairs = (replace(p, quantized=model.layers[p.quantized.number]) for p in case.pairs)
    return replace(case, quantized=model, pairs=tuple(pairs))


def _rejected(case: Case, start: GraphStart, why: str) -> GraphStart:
    """The start from the base file, and in its notes why the graph stays."""
    steps = tuple(replace(step, why=why) for step in start.steps)
    return GraphStart(case=case, steps=steps, notes=(*start.notes, f"{NAME}: rejected: {why}"))


def _kept(model: Model) -> Iterator[str]:
    """Why a global pool stays, of each that does."""
    for operator in model.operators:
        if is_global_pool(model, operator) and (why := why_not_mean(model, operator)):
            yield f"{NAME}: operator {operator.index} {operator.op} stays: {why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranged:
    """The edited file with ranges of its own, and a sentence on them.

    ``changed``: at least one is another than the base file's.
    """

    model: Model
    note: str
    changed: bool


def _with_ranges(case: Case, options: RepairOptions, edited: EditedGraph) -> _Ranged:
    """The edited file with other ranges for the tensors whose ranges are their own now."""
    own = with_graph(case, edited.model)
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
    before, hidden = search.loss, []
    for group in groups:
        if group.frozen is not None or not edited.edit.written & set(group.tensors):
            continue
        if not improve_range(search, group, calibration.of(group)):
            hidden.append(group)
    note = (
        f"{NAME}: {edited.edit.summary}; with a range of its own {case.task.loss_name} on the "
        f"repair samples {before:.5g} -> {search.loss:.5g}"
    )
    model = _calibrated(search.model, hidden, calibration)
    if model is not search.model:
        note += f"; where that shows no range to be better, by the rule of {RULE}"
    return _Ranged(model=model, note=note, changed=model is not edited.model)


def _calibrated(model: Model, groups: Sequence[ScaleGroup], calibration: Calibration) -> Model:
    """The model with the rule's range for each group to which it gives finer steps."""
    own = calibration.ranges.get(RULE, {})
    for group in groups:
        chosen = own.get(group.tensors[0])
        if chosen is not None and chosen.scale < Range.of_group(model, group).scale:
            model = with_range(model, group, chosen)
    return model


def _judged(case: Case, model: Model, evaluator: Evaluator, begun: float) -> tuple[bool, Step]:
    """Whether ``model`` may be written at all, and the step: better on the selection samples?"""
    before = evaluator.score(evaluator.outputs(case.quantized))
    against = refusal(model, case.profile)
    if against is not None:
        refused = Comparison(better=False, why=against)
        return False, step_of(NAME, refused, before, None, begun)
    after = evaluator.score(evaluator.outputs(model))
    return True, step_of(NAME, after.against(before), before, after, begun)
