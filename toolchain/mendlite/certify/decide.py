"""Decide a property for every input of a box: reachability, search, then a solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mendlite.certify.bounds.encode import encode
from mendlite.certify.bounds.network import products
from mendlite.certify.bounds.query import SMALL, Query, gaps
from mendlite.certify.bounds.reach import reach
from mendlite.certify.counterexample_search import search
from mendlite.certify.input_splitting import split
from mendlite.certify.model_pair import Ints
from mendlite.certify.open_question import ProofRun, Solver
from mendlite.certify.proof_task import ProofTask
from mendlite.certify.spread_questions import OpenQuestions, results
from mendlite.model.clock import Clock, TimeLimit
from mendlite.model.progress import Progress, no_progress
from mendlite.model.verification import Method, Verification
from mendlite.workers.workers import Workers

REACHING, SEARCHING, SPLITTING = 0.5, 0.5, 0.5
"""Shares of the time that is left: for reachability, for the search of a counterexample, and for
splitting the inputs, where they are few."""

ENDED = "the time limit ended reachability: some of its bounds are plain intervals"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofEffort:
    """What may be spent: ``seconds`` in all, and which methods are used.

    They count from when ``clock`` began; without one, from the proof's begin. Parts of the region
    and open questions go to ``workers`` where there are any.
    """

    seconds: float
    solver: Solver | None
    attack: bool = True
    seed: int = 0
    workers: Workers | None = None
    clock: Clock | None = None


def certify(
    task: ProofTask, effort: ProofEffort, *, progress: Progress = no_progress
) -> Verification:
    """The verdict on the task's property over its box.

    A proof by reachability is sound in float64; one by a solver holds within the solver's own
    tolerances, which the rows leave room for. A refutation is an input that was replayed.
    """
    limit = TimeLimit(seconds=effort.seconds, clock=effort.clock or Clock())
    begun = limit.clock.elapsed()
    queries = task.queries()
    run = _reached(task, limit, progress)
    known = gaps(queries, run.bounds, limit.part(REACHING).over)
    still = tuple(q for q, (out, _) in zip(queries, known, strict=True) if not out)
    run.tops = {q.name: top for q, (_, top) in zip(queries, known, strict=True)}
    reach_seconds = limit.clock.elapsed() - begun
    broken: Ints | None = None
    if still and effort.attack and not limit.over():
        broken = _search(run, still, effort)
    if still and broken is None and not limit.over():
        still, broken = _split(run, still, effort.workers)
    if still and broken is None and not limit.over():
        still, broken = _solve(run, still, effort)
    return task.verification(
        run.bounds, questions=len(queries), still=still, broken=broken, method=run.method,
        seconds=lambda: limit.clock.elapsed() - begun,
        reach_seconds=reach_seconds, notes=run.notes, over=limit.over,
    )  # fmt: skip


def _reached(task: ProofTask, limit: TimeLimit, progress: Progress) -> ProofRun:
    """A run with its bounds; a note where reachability ended for want of time."""
    share, ended = limit.part(REACHING), list[bool]()

    def over() -> bool:
        if share.over():
            ended.append(True)
        return bool(ended)

    bounds = reach(
        task.models.networks, task.box,
        progress=lambda done, total: progress("bounds", done, total), over=over,
    )  # fmt: skip
    notes = [ENDED] if ended else []
    return ProofRun(task=task, bounds=bounds, progress=progress, limit=limit, notes=notes)


def _search(run: ProofRun, queries: tuple[Query, ...], effort: ProofEffort) -> Ints | None:
    """An input that breaks the property, searched for a part of the time."""
    task, share = run.task, run.limit.part(SEARCHING)
    broken = search(task.models, task.box, task.wanted, queries, seed=effort.seed, over=share.over)
    if broken is not None:
        run.method = Method.SEARCH
    return broken


def _split(
    run: ProofRun, queries: tuple[Query, ...], workers: Workers | None
) -> tuple[tuple[Query, ...], Ints | None]:
    """Split the inputs, where they are few, for a part of the time."""
    share = run.limit.part(SPLITTING)
    seconds = share.left()

    def watch(decided: int, waiting: int) -> bool:
        left = share.left()
        what = f"parts of the region: {decided} decided, {waiting} open"
        run.progress(what, min(int(seconds - left), int(seconds)), max(int(seconds), 1))
        return left <= 0

    task = run.task
    outcome = split(
        task.models, task.box, task.wanted, queries, watch, limit=share, workers=workers
    )
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
        encoding = encode(run.bounds, run.task.box, run.limit)
    elif solver is not None:
        run.notes.append("the network is too large for a solver: reachability and branching alone")
    tops = [run.tops[query.name] for query in queries]
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
