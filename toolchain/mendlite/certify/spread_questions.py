"""The open questions of a proof, one after the other here, or several at a time on a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mendlite.certify.bounds.encode import Encoding
from mendlite.certify.bounds.query import Query
from mendlite.certify.model_pair import Ints
from mendlite.certify.open_question import OpenQuestion, ProofRun, Solver
from mendlite.model.clock import TimeLimit
from mendlite.model.progress import no_progress
from mendlite.model.verification import Method
from mendlite.workers.dask_cluster import unpickled
from mendlite.workers.workers import Workers, in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestions:
    """The open ``queries`` of a run, what bounds the goal of each (``tops``), and a solver."""

    run: ProofRun
    queries: Sequence[Query]
    tops: Sequence[float]
    solver: Solver | None
    encoding: Encoding | None

    def question(self, run: ProofRun, number: int, limit: TimeLimit) -> OpenQuestion:
        """One of them, with its share of the time."""
        query = self.queries[number]
        title = f"question {number + 1} of {len(self.queries)}, {query.name}"
        return OpenQuestion(
            run=run, query=query, solver=self.solver, encoding=self.encoding,
            top=self.tops[number], limit=limit, title=title,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """``outcome`` as of ``OpenQuestion.decide``; the goal is at most ``top``, by ``method``."""

    outcome: bool | Ints
    top: float
    method: Method


def results(open_ones: OpenQuestions, workers: Workers | None = None) -> Iterator[QuestionResult]:
    """The results in the order of the queries, until the time is over.

    Raises ClusterError where the cluster is lost.
    """
    run, count = open_ones.run, len(open_ones.queries)
    if workers is None:
        for number in range(count):
            if run.limit.over():
                return
            share = run.limit.part(1 / (count - number))
            yield _result(open_ones.question(run, number, share))
        return
    common = (run.task, run.bounds, open_ones.queries, open_ones.tops)
    held = workers.hold((*common, open_ones.solver, open_ones.encoding))
    # Several are sent ahead: equal shares, of so many rounds, end in time whatever they take.
    seconds = run.limit.left() / -(-count // workers.threads)
    calls = ((held, number, seconds) for number in range(count) if not run.limit.over())
    for done, result in enumerate(in_order(workers, result_there, calls)):
        run.progress("questions on the cluster", done + 1, count)
        yield result


def result_there(held: bytes, number: int, seconds: float) -> QuestionResult:
    """On a worker: the result to one question; ``held`` is pickled, what all have in common."""
    task, bounds, queries, tops, solver, encoding = unpickled(held)
    limit = TimeLimit.of(seconds)
    run = ProofRun(task=task, bounds=bounds, progress=no_progress, limit=limit)
    open_ones = OpenQuestions(run=run, queries=queries, tops=tops, solver=solver, encoding=encoding)
    return _result(open_ones.question(run, number, limit))


def _result(question: OpenQuestion) -> QuestionResult:
    outcome = question.decide()
    return QuestionResult(outcome=outcome, top=question.top, method=question.run.method)
