"""The move: what it needs, edits and measures, and how it proposes a model.

A move proposes; the engine (``engine/accept.py``) evaluates, accepts or rejects. Everything that
strategies, the command line and the documentation know of a move they read from these values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from mendlite.case.case import Case
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.repair_options import PatchBudget, RepairOptions
from mendlite.model.report import NeuronResult
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.needs import Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A model that a move proposes, how its neurons were solved, and remarks for the report.

    ``case`` is the case that later moves follow where this one changed the float model without
    changing its function, else None.
    """

    model: Model
    case: Case | None = None
    neurons: tuple[NeuronResult, ...] = ()
    notes: tuple[str, ...] = ()


class Move(ABC):
    """One kind of edit of an int8 model.

    A subclass is a frozen dataclass (equal moves propose equal models), sets the values below as
    class attributes and writes ``propose``.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called, wherever it is named."""

    @property
    def step(self) -> str:
        """The name of its step in the report: its name, and what distinguishes it."""
        return self.name

    @property
    def needs(self) -> frozenset[Need]:
        """What it does not work without."""
        return frozenset()

    @property
    @abstractmethod
    def edits(self) -> frozenset[Edit]:
        """The kinds of values that it may edit; a model that differs in others is rejected."""

    @property
    def statistics(self) -> frozenset[Statistic]:
        """What it reads of ``context.statistics``; reading others is an error."""
        return frozenset()

    @property
    def reads(self) -> frozenset[str]:
        """The options that it reads, by name, of those that only some moves read."""
        return frozenset()

    @property
    def keeps_budget(self) -> bool:
        """Whether it can keep a limited ``PatchBudget``; the engine checks that it did."""
        return False

    def backend(self, options: RepairOptions) -> str:  # noqa: ARG002 - for those that have one
        """What solves its problems, for the report."""
        return "numpy"

    def why_not(self, facts: Facts) -> str | None:
        """Why it does nothing here, without a replay; None where it applies."""
        reasons = (need.lacking(facts) for need in Need if need in self.needs)
        return next((reason for reason in reasons if reason is not None), None)

    def require(self, facts: Facts) -> None:
        """Raise BadInputError, before any replay, where the request itself rules it out."""
        for need in Need:
            if need in self.needs and need.of_the_request:
                reason = need.lacking(facts)
                if reason is not None:
                    raise BadInputError(reason)

    @abstractmethod
    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:
        """A model made from ``context.model`` that differs from it in no more than ``budget``."""
