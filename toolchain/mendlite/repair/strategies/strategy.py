"""A strategy: a row of the registry, or a caller's own sequence of moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendlite.errors import BadInputError
from mendlite.model.repair_options import RepairOptions
from mendlite.repair.layers.layer_move import LayerMove
from mendlite.repair.move import Move
from mendlite.repair.strategies.plan import InOrder, PlanNode, Step, moves_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """What a name stands for; ``summary`` is one line for help and documentation.

    ``within_budget`` are the moves that a budget of bytes or values is spent on, and
    ``on_neurons`` the move that the option ``neurons`` keeps to the most suspicious ones; empty
    and None where the strategy has no such form.
    """

    name: str
    summary: str
    plan: Step
    within_budget: tuple[Move, ...] = ()
    on_neurons: LayerMove | None = None

    @property
    def moves(self) -> tuple[Move, ...]:
        """All moves that it may attempt, each once."""
        on_neurons = () if self.on_neurons is None else (self.on_neurons,)
        return tuple(dict.fromkeys((*moves_of(self.plan), *self.within_budget, *on_neurons)))

    @property
    def reads(self) -> frozenset[str]:
        """The options that its moves read, of those that only some moves read."""
        return frozenset[str]().union(*(move.reads for move in self.moves))

    @property
    def curve_moves(self) -> tuple[LayerMove, ...]:
        """The moves whose smaller patches the curve shows."""
        return tuple(move for move in self.within_budget if isinstance(move, LayerMove))

    def backend(self, options: RepairOptions) -> str:
        """What solves the problems of its moves."""
        backends = dict.fromkeys(move.backend(options) for move in self.moves)
        return next((name for name in backends if name != "numpy"), "numpy")


def sequence(steps: Sequence[Step]) -> Strategy:
    """A caller's own moves, one after the other.

    Within a budget those that keep one are attempted for the most loss saved a byte. Raises
    BadInputError for an empty sequence and for what is no move, or none that can be compared
    (a move is a frozen dataclass).
    """
    if not steps:
        raise BadInputError("strategy is an empty sequence: pass at least one move")
    for step in steps:
        if not isinstance(step, Move | PlanNode):
            raise BadInputError(f"strategy: {step!r} is no move (mendlite.moves.Move)")
        try:
            hash(step)
        except TypeError as error:
            raise BadInputError(
                f"strategy: {type(step).__name__} must be hashable: make it a frozen dataclass"
            ) from error
    plan = InOrder(tuple(steps))
    moves = tuple(plan.moves())
    return Strategy(
        name=", ".join(dict.fromkeys(move.step for move in moves)),
        summary="a sequence of moves",
        plan=plan,
        within_budget=moves if all(move.keeps_budget for move in moves) else (),
    )
