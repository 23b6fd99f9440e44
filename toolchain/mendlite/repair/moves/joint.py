"""Two moves in one step: the first may look worse until the second has followed it."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need


@dataclass(frozen=True)
class Joint(Move):
    """``second`` on what ``first`` proposes, evaluated together."""

    first: Move
    second: Move

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.first.name} + {self.second.name}"

    @property
    def step(self) -> str:
        """The names of both steps."""
        return f"{self.first.step} + {self.second.step}"

    @property
    def needs(self) -> frozenset[Need]:
        """What either needs."""
        return self.first.needs | self.second.needs

    @property
    def edits(self) -> frozenset[Edit]:
        """What either edits."""
        return self.first.edits | self.second.edits

    @property
    def statistics(self) -> frozenset[Statistic]:
        """What either reads."""
        return self.first.statistics | self.second.statistics

    @property
    def reads(self) -> frozenset[str]:
        """The options that either reads."""
        return self.first.reads | self.second.reads

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:
        """Both, one after the other; the second is left out where the first changes nothing."""
        first = self.first.propose(context, budget)
        if first.case is None and first.model.sha256 == context.model.sha256:
            return first
        case = first.case or context.case
        second = self.second.propose(context.on(case, first.model), budget)
        return Proposal(
            model=second.model,
            case=second.case or first.case,
            neurons=(*first.neurons, *second.neurons),
            notes=(*first.notes, *second.notes),
        )
