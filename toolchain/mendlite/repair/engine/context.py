"""What a move is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.repair.engine.layer_solutions import LayerSolutions
from mendlite.repair.engine.statistics import Statistic, Statistics
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layerwise import Channels
from mendlite.repair.solving import Solving


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairContext(Facts):
    """The facts, the statistics of the samples, and what was solved before.

    ``channels`` are the output channels that may be edited, None where all may. ``time_used`` is
    the share of the time limit that has passed, 0 without one: a long move ends by it.
    """

    statistics: Statistics
    solutions: LayerSolutions
    solving: Solving = field(default_factory=Solving)
    channels: Channels | None = None
    time_used: Callable[[], float] = lambda: 0.0

    @property
    def seed(self) -> int:
        """The seed of every draw."""
        return self.case.seed

    def on(self, case: Case, model: Model) -> RepairContext:
        """The same for another model and the case that it follows."""
        return replace(self, case=case, model=model)

    def reading(self, declared: frozenset[Statistic]) -> RepairContext:
        """The same for a move that declared these statistics."""
        return replace(self, statistics=self.statistics.only(declared))
