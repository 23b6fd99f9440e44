"""The steps of a repair: another graph where the caller permits it, then the strategy."""

from __future__ import annotations

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.repair.engine.stopping import Stopping
from mendlite.repair.graph_start import GraphStart, edited_start, with_steps
from mendlite.repair.run import Ran, run
from mendlite.repair.settings import Settings


def run_steps(
    case: Case, settings: Settings, selection: Evaluator, stopping: Stopping
) -> tuple[GraphStart, Ran]:
    """Where the strategy began, and its end; ``selection`` scores the selection samples.

    An edited graph that is undecided at first, and by which the file after all steps is no better
    than the base file, is rejected; the strategy then runs a second time, from the base file.

    Raises as ``mendlite.repair.run.run``.
    """
    begun = edited_start(case, settings, selection, stopping)
    ran = run(begun.case, settings, selection, stopping)
    if not begun.undecided:
        return begun, ran
    begun = with_steps(case, begun, ran.state.model, selection)
    if begun.case is not case:
        return begun, ran
    return begun, run(case, settings, selection, stopping)
