"""How neurons' problems are solved in one repair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mendlite.case.execution import Execution
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

    def pool(self, options: SolverOptions, execution: Execution) -> SolverPool:
        """The workers that solve, on the cluster of ``execution`` where it has one."""
        return SolverPool(
            backend=options.backend,
            limits=Limits(seconds=options.seconds),
            jobs=execution.jobs,
            cluster=execution.cluster,
            ledger=self.ledger,
        )
