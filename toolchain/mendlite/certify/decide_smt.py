"""Decide a property of a small dense network by Z3 alone, without tolerances."""

from __future__ import annotations

from mendlite.certify.bounds.reach import reach
from mendlite.certify.exact_network import exact_network
from mendlite.certify.proof_task import ProofTask
from mendlite.model.clock import TimeLimit
from mendlite.model.progress import Progress, no_progress
from mendlite.model.verification import Method, Verification
from mendlite.packages import require
from mendlite.solvers.certify_smt import ask


def certify_smt(
    task: ProofTask, limit: TimeLimit, *, progress: Progress = no_progress
) -> Verification:
    """The verdict on the task's property by exact integers and rationals.

    The outputs' bounds are those of reachability, as far as there is time behind the questions.
    A refutation is replayed on the kernels, as everywhere; one that differs there (float32 rounds)
    leaves the question open.
    """
    require("z3", "solver z3")
    models, queries = task.models, task.queries()
    begun = limit.clock.elapsed()
    networks = (
        exact_network(models.first, models.profile),
        exact_network(models.second, models.profile),
    )
    still, broken = [], None
    for number, query in enumerate(queries):
        progress(f"question {number + 1} of {len(queries)}, {query.name}", number, len(queries))
        answer = ask(query, networks, task.box, limit.part(1 / (len(queries) - number)))
        if answer.holds is None:
            still.append(query)
        elif answer.input is not None:
            if task.breaks(answer.input):
                broken = answer.input
                break
            still.append(query)
    bounds = reach(models.networks, task.box, over=limit.over)
    return task.verification(
        bounds, questions=len(queries), still=still, broken=broken, method=Method.SMT,
        seconds=lambda: limit.clock.elapsed() - begun, over=limit.over,
    )  # fmt: skip
