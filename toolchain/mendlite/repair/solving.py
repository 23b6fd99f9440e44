"""How neurons' problems are solved in one repair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mendlite.model.problem import RepairProblem
from mendlite.model.repair_options import SolverOptions
from mendlite.solvers.base import Limits
from mendlite.solvers.ledger import Ledger
from mendlite.solvers.pool import SolverPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Solving:
    """Keeps and shows what is solved: ``ledger`` keeps answers, ``save`` is shown every problem."""

    ledger: Ledger | None = None
    save: Callable[[RepairProblem], None] | None = None

    def pool(self, options: SolverOptions, jobs: int) -> SolverPool:
        """The workers that solve, ``jobs`` of them where they are on this machine."""
        return SolverPool(
            backend=options.backend,
            limits=Limits(seconds=options.seconds),
            jobs=jobs,
            dask=options.dask,
            ledger=self.ledger,
        )
