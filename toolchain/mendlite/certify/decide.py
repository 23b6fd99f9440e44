"""Decide a property for every input of a box: reachability, search, then a solver."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np

from mendlite.certify.bounds.encode import encode
from mendlite.certify.bounds.network import products
from mendlite.certify.bounds.query import SMALL, Query, gap, gaps
from mendlite.certify.bounds.reach import reach
from mendlite.certify.counterexample_search import search
from mendlite.certify.input_splitting import split
from mendlite.certify.model_pair import Ints
from mendlite.certify.open_question import ProofRun, Solver
from mendlite.certify.proof_task import ProofTask
from mendlite.certify.spread_questions import OpenQuestions, results
from mendlite.model.progress import Progress, no_progress
from mendlite.model.verification import Method, Verification
from mendlite.workers.workers import Workers

SPLITTING = 0.5
"""Share of the time for splitting the inputs, where they are few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofEffort:
    """What may be spent: ``seconds`` in all, and which methods are used.

    Parts of the region and open questions go to ``workers`` where there are any.
    """

    seconds: float
    solver: Solver | None
    attack: bool = True
    seed: int = 0
    workers: Workers | None = None


def certify(
    task: ProofTask, effort: ProofEffort, *, progress: Progress = no_progress
) -> Verification:
    """The verdict on the task's property over its box.

    A proof by reachability is sound in float64; one by a solver holds within the solver's own
    tolerances, which the rows leave room for. A refutation is an input that was replayed.
    """
    begun = monotonic()
    bounds = reach(
        task.models.networks, task.box, progress=lambda done, total: progress("bounds", done, total)
    )
    queries = task.queries()
    ruled_out = [out for out, _ in gaps(queries, bounds)]
    still = tuple(q for q, out in zip(queries, ruled_out, strict=True) if not out)
    reach_seconds = monotonic() - begun
    run = ProofRun(task=task, bounds=bounds, progress=progress, seconds=effort.seconds, begun=begun)
    broken: Ints | None = None
    if still and effort.attack:
        broken = search(task.models, task.box, task.wanted, still, seed=effort.seed)
        run.method = Method.SEARCH if broken is not None else run.method
    if still and broken is None and effort.seconds > 0:
        still, broken = _split(run, still, effort.workers)
    if still and broken is None and run.left() > 0:
        still, broken = _solve(run, still, effort)
    return task.verification(
        bounds, still=still, broken=broken, method=run.method, begun=begun,
        reach_seconds=reach_seconds, notes=run.notes,
    )  # fmt: skip


def _split(
    run: ProofRun, queries: tuple[Query, ...], workers: Workers | None
) -> tuple[tuple[Query, ...], Ints | None]:
    """Split the inputs, where they are few, for a part of the time."""
    begun, seconds = monotonic(), SPLITTING * run.left()

    def watch(decided: int, waiting: int) -> bool:
        spent = monotonic() - begun
        what = f"parts of the region: {decided} decided, {waiting} open"
        run.progress(what, min(int(spent), int(seconds)), max(int(seconds), 1))
        return spent > seconds

    outcome = split(run.task.models, run.task.box, run.task.wanted, queries, watch, workers=workers)
    if outcome is None:
        return queries, None
    run.method = Method.SPLITTING
    return ((), None) if outcome is True else (queries, np.asarray(outcome))


def _solve(
    run: ProofRun, queries: tuple[Query, ...], effort: ProofEffort
) -> tuple[tuple[Query, ...], Ints | None]:
    """Decide every open question; what stays open, and what refutes.

    Each gets its share of the time that is left. After one stayed open, only a refutation can still
    decide, and the others may hold one.
    """
    encoding, solver = None, effort.solver
    if solver is not None and products(run.task.models.networks.first) <= SMALL:
        encoding = encode(run.bounds, run.task.box)
    elif solver is not None:
        run.notes.append("the network is too large for a solver: reachability and branching alone")
    tops = [gap(query, run.bounds)[1] for query in queries]
    open_ones = OpenQuestions(run=run, queries=queries, tops=tops, solver=solver, encoding=encoding)
    still: list[Query] = []
    number = 0
    for result in results(open_ones, effort.workers):
        query = queries[number]
        if result.method is not Method.REACHABILITY:
            run.method = result.method
        if isinstance(result.outcome, np.ndarray):
            return (*still, *queries[number:]), result.outcome
        if not result.outcome:
            still.append(query)
            run.method = Method.BRANCHING if encoding is None else Method.MILP
            run.notes.append(f"{query.name}: at most {result.top:.6g}")
        number += 1
    return (*still, *queries[number:]), None
