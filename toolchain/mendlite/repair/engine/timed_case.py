"""A case whose long work looks at the clock."""

from __future__ import annotations

from dataclasses import replace

from mendlite.case.case import Case
from mendlite.repair.engine.stopping import Stopping


def timed(case: Case, stopping: Stopping) -> Case:
    """The case whose replays and solvers end the step at work once its time has passed.

    Evaluators keep the one that does not look: a proposal that was made in time is evaluated, and
    what follows the steps is never ended.
    """
    if stopping.limit is None:
        return case
    shown = case.execution.progress

    def progress(what: str, done: int, of: int) -> None:
        stopping.check()
        shown(what, done, of)

    execution = replace(case.execution, progress=progress, checkpoint=stopping.check)
    return replace(case, execution=execution)
