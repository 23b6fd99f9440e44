"""Run a strategy on a case."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mendlite.arith.ordered_sums import mean_of
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator, teacher_outputs
from mendlite.errors import BadInputError
from mendlite.model.progress import StepsBegin, StepsEnd
from mendlite.model.repair_options import RepairOptions
from mendlite.model.report import CurvePoint, LayerSquares
from mendlite.pairing.float32_twin import hybrid_layers, in_float32
from mendlite.repair.engine.accept import Engine
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.curve import measure_curve
from mendlite.repair.engine.layer_solutions import LayerSolutions
from mendlite.repair.engine.state import Accepted, RepairState, selection
from mendlite.repair.engine.statistics import Statistics
from mendlite.repair.engine.stopping import Stopping
from mendlite.repair.engine.timed_case import timed
from mendlite.repair.facts import Facts
from mendlite.repair.graph_start import require_graph_edit
from mendlite.repair.interface import interface_notes, require_interface
from mendlite.repair.layer_choice import editable_layers
from mendlite.repair.move import Move, Proposal
from mendlite.repair.moves.block_squares import BlockSquares, solved_layers
from mendlite.repair.needs import Need, misfit_layers
from mendlite.repair.settings import Settings
from mendlite.repair.strategies.budgeted import EachWhileItHelps
from mendlite.repair.strategies.conditions import has_blocks_alone, replay_is_large
from mendlite.repair.strategies.localized import OnSuspects
from mendlite.repair.strategies.plan import Step, most_steps, moves_of, run_step
from mendlite.repair.strategies.registry import ROWS
from mendlite.repair.strategies.strategy import Strategy
from mendlite.repair.wrapping import require_no_wrapping
from mendlite.tflite.layers import BLOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A strategy's end, the curve of failing tests against bytes, and what squares reached.

    ``stopped`` states by what and after which step the steps ended early, else it is empty;
    ``interrupted``: by Ctrl-C. There is no curve then.
    """

    state: RepairState
    curve: tuple[CurvePoint, ...]
    squares: tuple[LayerSquares, ...]
    interrupted: bool = False
    stopped: str = ""


def require_settings(case: Case, settings: Settings) -> Step:
    """The plan that ``settings`` choose: the strategy's, or its form within a budget or on neurons.

    Before anything is replayed it raises BadInputError where the settings contradict each other or
    the case, and UnsupportedModelError where an accumulator may leave int32, now and after them.
    """
    facts = _facts(case, settings)
    require_interface(facts)
    require_graph_edit(facts)
    _require_float_model(settings, facts)
    plan = _plan(settings, facts)
    moves = tuple(moves_of(plan, facts))
    for move in moves:
        move.require(facts)
    require_no_wrapping(facts, moves)
    return plan


def run(
    case: Case, settings: Settings, evaluator: Evaluator, stopping: Stopping | None = None
) -> Ran:
    """Run the strategy; ``evaluator`` scores the selection samples.

    ``stopping`` ends the steps; without it they have all the time limit. Raises as
    ``require_settings``.
    """
    stopping = stopping or settings.stopping()
    plan = require_settings(case, settings)
    choice = editable_layers(case.quantized, settings.options.scope.layers)
    twin, twin_notes = _float_twin(case)
    if twin is not case:
        evaluator = Evaluator.of(twin, evaluator.samples)
    engine = replace(
        Engine.of(
            timed(twin, stopping), settings.options, choice.layers, evaluator, settings.solving
        ),
        watch=settings.watch,
        stopping=stopping,
    )
    begun = stopping.elapsed()
    start = engine.begin()
    # The base file and the repaired one are validated.
    stopping.reserve(2 * (stopping.elapsed() - begun) * validation_share(case))
    start = start.noting(*interface_notes(_facts(case, settings)))
    if any(Need.EDITABLE_LAYERS in move.needs for move in moves_of(plan)):
        start = start.noting(*choice.notes, *twin_notes)
    if left := _blocks_left_alone(_facts(case, settings), plan):
        start = start.noting(left)
    return _ran(engine, settings, start, plan)


def _ran(engine: Engine, settings: Settings, start: RepairState, plan: Step) -> Ran:
    """The strategy's end; after Ctrl-C or in no time left nothing that only adds to the report."""
    most = most_steps(plan, engine.context(start))
    loss_name = engine.base.task.loss_name
    settings.watch(StepsBegin(most=most, best=selection(start.score), loss_name=loss_name))
    settings.interruption.arm()
    end, stopping = run_step(engine, start, plan), engine.stopping
    interrupted, stopped = settings.interruption.requested, _stopped(stopping, most)
    settings.watch(StepsEnd(interrupted=interrupted))
    squares, curve = engine.solutions.squares, None
    if not engine.stopped:
        curve = engine.unless_stopped(lambda: _curve(engine, settings, start, end))
    if curve is None:
        end = end.noting(f"the curve was left out: {stopping.by}")
    return Ran(
        state=end, curve=curve or (), squares=squares, interrupted=interrupted, stopped=stopped
    )


def _blocks_left_alone(facts: Facts, plan: Step) -> str:
    """A note on chosen layers with a scale for each block that no move of the plan edits."""
    layers = solved_layers(facts)
    if not layers or any(isinstance(move, BlockSquares) for move in moves_of(plan)):
        return ""
    numbers = ", ".join(str(layer.number) for layer in layers)
    return f"layers {numbers} were left alone: {BLOCKS}"


def validation_share(case: Case) -> float:
    """How many validation samples there are for one of the selection set."""
    return case.sets.validation.count / max(case.sets.selection.count, 1)


def _stopped(stopping: Stopping, most: int | None) -> str:
    """By what and after which step the steps ended early; empty where all were tried."""
    if not stopping.by:
        return ""
    of = "" if most is None else f" of at most {most}"
    return f"stopped by {stopping.by} after step {stopping.tried}{of}"


def propose(case: Case, move: Move, options: RepairOptions | None = None) -> Proposal:
    """What one move proposes for the base file, neither evaluated nor checked."""
    options = options or RepairOptions()
    layers = editable_layers(case.quantized, options.scope.layers).layers
    context = RepairContext(
        case=case,
        model=case.quantized,
        layers=layers,
        options=options,
        statistics=Statistics().only(move.statistics),
        solutions=LayerSolutions.none_yet(case, layers),
    )
    return move.propose(context, options.budget)


def _facts(case: Case, settings: Settings) -> Facts:
    choice = editable_layers(case.quantized, settings.options.scope.layers)
    return Facts(case=case, model=case.quantized, layers=choice.layers, options=settings.options)


def _require_float_model(settings: Settings, facts: Facts) -> None:
    strategy = settings.strategy
    if _follows_float(strategy, facts):
        without = ", ".join(row.name for row in ROWS if not _follows_float(row, facts))
        raise BadInputError(
            f"strategy {strategy.name} needs the float model; without it there are {without}"
        )


def _follows_float(strategy: Strategy, facts: Facts) -> bool:
    """Whether there is no float model, and a move that the strategy would attempt needs it."""
    if facts.case.float_model is not None:
        return False
    return any(Need.FLOAT_MODEL in move.needs for move in moves_of(strategy.plan, facts))


def _plan(settings: Settings, facts: Facts) -> Step:
    """The strategy's plan, or its form within a budget or on the most suspicious neurons."""
    strategy, options = settings.strategy, settings.options
    if options.budget.limited:
        _require_budget(strategy, options)
        if has_blocks_alone(facts):
            raise BadInputError(
                "no move keeps a budget of bytes or values in weights with a scale for each block"
            )
        return EachWhileItHelps(strategy.within_budget)
    reads = {name for move in moves_of(strategy.plan) for name in move.reads}
    if options.scope.neurons is None or "neurons" in reads:
        return strategy.plan
    if strategy.on_neurons is None or facts.case.float_model is None:
        names = ", ".join(row.name for row in ROWS if row.on_neurons is not None)
        raise BadInputError(f"`neurons` needs a float model and {names} or qnnrepair")
    return OnSuspects(strategy.on_neurons)


def _require_budget(strategy: Strategy, options: RepairOptions) -> None:
    if not strategy.within_budget:
        names = ", ".join(row.name for row in ROWS if row.within_budget)
        raise BadInputError(
            f"strategy {strategy.name} supports no budget of bytes or values; these do: {names}"
        )
    if options.scope.neurons is not None:
        raise BadInputError("`neurons` and a budget of bytes or values cannot be combined")


def _float_twin(case: Case) -> tuple[Case, tuple[str, ...]]:
    """The case with a float model whose weights are all float32, which moves can follow."""
    if case.float_model is None or not hybrid_layers(case.reference):
        return case, ()
    twin = replace(case, float_model=in_float32(case.reference))
    samples = case.sets.repair
    loss = mean_of(case.task.loss(teacher_outputs(case, samples), teacher_outputs(twin, samples)))
    count = len(hybrid_layers(case.reference))
    note = (
        f"the float file has int8 weights in {count} layers and rounds activations at run time: "
        f"{case.task.loss_name} {loss:.3g} that no file can reproduce. Steps run without it"
    )
    return twin, (note,)


def _curve(
    engine: Engine, settings: Settings, start: RepairState, end: RepairState
) -> tuple[CurvePoint, ...]:
    """Failing tests against bytes, up to the repair; empty where layers have no float twin.

    Smaller patches are those of the layer-wise repairs of the base file that a step ran; of a large
    network none, since a point of theirs is another replay.
    """
    case, facts = engine.base, _facts(engine.base, settings)
    if case.pairing is None or misfit_layers(facts) or not engine.layers:
        return ()
    if end.model.sha256 == case.quantized.sha256:
        return ()
    moves = () if replay_is_large(facts) else settings.strategy.curve_moves
    known = {
        move.name: engine.solutions.known_of(case, case.quantized, move.solver(facts))
        for move in moves
    }
    layered = {name: one for name, one in known.items() if one is not None}
    path = (Accepted(model=start.model, score=start.score), *end.path)
    return measure_curve(case, layered, path, engine.statistics)
