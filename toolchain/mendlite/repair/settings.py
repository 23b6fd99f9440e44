"""What one repair is run with: a strategy, its options, and where solutions are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mendlite.model.clock import Clock
from mendlite.model.interruption import Interruption
from mendlite.model.option import with_values
from mendlite.model.progress import Watch, unwatched
from mendlite.model.repair_options import RepairOptions
from mendlite.repair.engine.stopping import Stopping
from mendlite.repair.solving import Solving
from mendlite.repair.strategies.plan import Step
from mendlite.repair.strategies.registry import DEFAULT, find_strategy
from mendlite.repair.strategies.strategy import Strategy, sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one repair; ``Settings.of`` makes them from plain values.

    ``watch`` is told of every step; ``interruption`` ends them early, and so does
    the time limit on ``clock``, which begins with these settings.
    """

    strategy: Strategy
    options: RepairOptions = field(default_factory=RepairOptions)
    solving: Solving = field(default_factory=Solving)
    watch: Watch = unwatched
    interruption: Interruption = field(default_factory=Interruption)
    clock: Clock = field(default_factory=Clock)

    def stopping(self) -> Stopping:
        """What ends the steps of a repair with these settings; nothing is reserved of the time."""
        limit = self.options.time_limit
        return Stopping(interruption=self.interruption, clock=self.clock, limit=limit)

    @staticmethod
    def of(
        strategy: str | Sequence[Step] | None = None,
        solving: Solving | None = None,
        **values: Any,
    ) -> Settings:
        """A strategy by name or as moves, and options by name (``model/repair_options.py``).

        Raises BadInputError for an unknown name and for a value outside its range.
        """
        row = (
            find_strategy(strategy or DEFAULT)
            if strategy is None or isinstance(strategy, str)
            else sequence(strategy)
        )
        options: RepairOptions = with_values(RepairOptions(), values)
        return Settings(strategy=row, options=options, solving=solving or Solving())
