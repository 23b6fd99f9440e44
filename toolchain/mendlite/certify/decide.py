"""Decide a property for every input of a box: reachability, search, then a solver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from mendlite.certify.bounds.bounds import Bounds
from mendlite.certify.bounds.branching import branch
from mendlite.certify.bounds.encode import Encoding, encode
from mendlite.certify.bounds.network import InputBox, products
from mendlite.certify.bounds.property import Property, questions
from mendlite.certify.bounds.query import SMALL, Query, gap, gaps
from mendlite.certify.bounds.reach import form_range, reach
from mendlite.certify.counterexample_search import search
from mendlite.certify.input_splitting import split
from mendlite.certify.model_pair import Ints, ModelPair
from mendlite.model.integer_program import IntegerProgram, ProgramSolution
from mendlite.model.problem import SolveStatus
from mendlite.model.progress import Progress, no_progress
from mendlite.model.verification import (
    CounterExample,
    Method,
    OutputBound,
    ProofVerdict,
    Verification,
)

Solver = Callable[[IntegerProgram, float, Callable[[float, float], bool] | None], ProgramSolution]
"""A program, seconds, and who watches the bound and the best value; True ends the search."""

ROOM = 1e-5
"""Steps below its threshold at which a goal is still asked of the solver: its tolerances."""

QUICK = 4.0
"""Seconds of a question's first turn at the solver."""

SPLITTING = 0.5
"""Share of the time for splitting the inputs, where they are few."""

BRANCHING = 0.8
"""Share of what is then left that branching has before the solver comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofEffort:
    """What may be spent: ``seconds`` in all, and which methods are used."""

    seconds: float
    solver: Solver | None
    attack: bool = True
    seed: int = 0


@dataclass(slots=True)
class _Job:
    """One property on its way to a verdict."""

    models: ModelPair
    box: InputBox
    wanted: Property
    effort: ProofEffort
    progress: Progress
    begun: float
    bounds: Bounds
    method: Method = Method.REACHABILITY
    notes: list[str] = field(default_factory=list)

    def left(self) -> float:
        """Seconds that are left."""
        return self.effort.seconds - (monotonic() - self.begun)


def certify(
    models: ModelPair,
    box: InputBox,
    wanted: Property,
    effort: ProofEffort,
    *,
    region: str = "",
    names: tuple[str, str] = ("float", "int8"),
    progress: Progress = no_progress,
) -> Verification:
    """The verdict on ``wanted`` over ``box``.

    A proof by reachability is sound in float64; one by a solver holds within the solver's own
    tolerances, which the rows leave room for. A refutation is an input that was replayed.
    """
    second = models.networks.second
    queries = questions(wanted, second.outputs, second.nodes[-1].step)
    begun = monotonic()
    bounds = reach(
        models.networks, box, progress=lambda done, total: progress("bounds", done, total)
    )
    ruled_out = [out for out, _ in gaps(queries, bounds)]
    open_queries = tuple(q for q, out in zip(queries, ruled_out, strict=True) if not out)
    reach_seconds = monotonic() - begun
    job = _Job(
        models=models, box=box, wanted=wanted, effort=effort, progress=progress, begun=begun,
        bounds=bounds,
    )  # fmt: skip
    broken: Ints | None = None
    if open_queries and effort.attack:
        broken = search(models, box, wanted, open_queries, seed=effort.seed)
        job.method = Method.SEARCH if broken is not None else job.method
    if open_queries and broken is None and effort.seconds > 0:
        open_queries, broken = _split(job, open_queries)
    if open_queries and broken is None and job.left() > 0:
        open_queries, broken = _solve(job, open_queries)
    return conclude(
        models, box, wanted, bounds, still=[q.name for q in open_queries], broken=broken,
        method=job.method, region=region, names=names, questions=len(queries), begun=begun,
        reach_seconds=reach_seconds, notes=tuple(job.notes),
    )  # fmt: skip


def conclude(
    models: ModelPair,
    box: InputBox,
    wanted: Property,
    bounds: Bounds,
    *,
    still: Sequence[str],
    broken: Ints | None,
    method: Method,
    region: str,
    names: tuple[str, str],
    questions: int,
    begun: float,
    reach_seconds: float = 0.0,
    notes: tuple[str, ...] = (),
) -> Verification:
    """What became of a property: ``still`` names what is open, ``broken`` is an input against it.

    ``begun`` is when the work began, on the monotonic clock.
    """
    verdict = ProofVerdict.UNDECIDED if still else ProofVerdict.PROVED
    return Verification(
        property=wanted.text,
        first=names[0],
        second=names[1],
        kernels=f"reference ({models.profile.value})",
        region=region,
        verdict=ProofVerdict.REFUTED if broken is not None else verdict,
        means=method,
        questions=questions,
        open_questions=tuple(still),
        bounds=output_bounds(bounds),
        counter_example=None if broken is None else counter_example(models, box, wanted, broken),
        seconds=monotonic() - begun,
        reach_seconds=reach_seconds,
        notes=notes,
    )


def output_bounds(bounds: Bounds) -> tuple[OutputBound, ...]:
    """Second less first, for every output."""
    eye = np.eye(bounds.output.first.size.size)
    found = form_range(bounds, None, eye).meet(bounds.output.difference)
    return tuple(
        OutputBound(output=n, lower=float(low), upper=float(high))
        for n, (low, high) in enumerate(zip(found.lower, found.upper, strict=True))
    )


def counter_example(models: ModelPair, box: InputBox, wanted: Property, x: Ints) -> CounterExample:
    """One stored input [K] with what both networks make of it."""
    replay = models.replay(box, x[None])
    return CounterExample(
        input=tuple(int(v) for v in x),
        first=tuple(float(v) for v in replay.first[0]),
        second=tuple(float(v) for v in replay.second[0]),
        first_class=int((wanted.sign * replay.first[0]).argmax()),
        second_class=int((wanted.sign * replay.second[0]).argmax()),
    )


def _split(job: _Job, queries: tuple[Query, ...]) -> tuple[tuple[Query, ...], Ints | None]:
    """Split the inputs, where they are few, for a part of the time."""
    begun, seconds = monotonic(), SPLITTING * job.left()

    def watch(decided: int, waiting: int) -> bool:
        spent = monotonic() - begun
        what = f"parts of the region: {decided} decided, {waiting} open"
        job.progress(what, min(int(spent), int(seconds)), max(int(seconds), 1))
        return spent > seconds

    found = split(job.models, job.box, job.wanted, queries, watch)
    if found is None:
        return queries, None
    job.method = Method.SPLITTING
    return ((), None) if found is True else (queries, np.asarray(found))


def _solve(job: _Job, queries: tuple[Query, ...]) -> tuple[tuple[Query, ...], Ints | None]:
    """Ask every open question; what stays open, and what refutes.

    Each gets its share of the time that is left. After one stayed open, only a refutation can still
    decide, and the others may hold one.
    """
    encoding = None
    if job.effort.solver is not None and products(job.models.networks.first) <= SMALL:
        encoding = encode(job.bounds, job.box)
    elif job.effort.solver is not None:
        job.notes.append("the network is too large for a solver: reachability and branching alone")
    still: list[Query] = []
    for position, query in enumerate(queries):
        if job.left() <= 0:
            return (*still, *queries[position:]), None
        question = _Question(
            job=job, query=query, encoding=encoding, top=gap(query, job.bounds)[1],
            seconds=job.left() / (len(queries) - position),
            title=f"question {position + 1} of {len(queries)}, {query.name}",
        )  # fmt: skip
        found = question.decide()
        if isinstance(found, np.ndarray):
            return (*still, *queries[position:]), found
        if not found:
            still.append(query)
            job.method = Method.BRANCHING if encoding is None else Method.MILP
            job.notes.append(f"{query.name}: at most {question.top:.6g}")
    return tuple(still), None


@dataclass(slots=True)
class _Question:
    """One open query: the best bound ``top`` of its goal so far, and its share of the time."""

    job: _Job
    query: Query
    encoding: Encoding | None
    top: float
    seconds: float
    title: str

    def decide(self) -> bool | Ints:
        """True: ruled out. False: open. An input: it breaks the property.

        The solver has a short turn first, which decides small networks; then branching, then the
        solver for the rest, without and with the integers of the rounding.
        """
        begun = monotonic()
        first = self._ask(min(QUICK, self.seconds / 4), rounded=True)
        if first is not False or self.top < self.query.goal.least:
            return first
        left = self.seconds - (monotonic() - begun)
        if self._branch(left * (BRANCHING if self.encoding is not None else 1.0)):
            return True
        for share, rounded in ((0.7, False), (1.0, True)):
            left = self.seconds - (monotonic() - begun)
            found = self._ask(share * left, rounded=rounded) if left > 0 else False
            if found is not False:
                return found
        return False

    def _branch(self, seconds: float) -> bool:
        begun = monotonic()

        def watch(bound: float, closed: int, waiting: int) -> bool:
            self._show(bound, f"{closed} branches closed, {waiting} open", begun, seconds)
            return monotonic() - begun > seconds

        done, bound = branch(self.job.bounds, self.query, watch)
        self.top = min(self.top, bound)
        if done:
            self.job.method = Method.BRANCHING
        return done

    def _ask(self, seconds: float, *, rounded: bool) -> bool | Ints:
        if self.encoding is None or self.job.effort.solver is None:
            return False
        unit = max(self.encoding.units)
        floor = self.query.goal.least - ROOM * unit
        begun = monotonic()

        def watch(bound: float, best: float) -> bool:
            if np.isfinite(bound):
                self._show(max(bound, floor), "solver", begun, seconds)
            return bool(best >= floor and np.isfinite(best))

        program = self.encoding.program(self.query, floor, rounded=rounded)
        answer = self.job.effort.solver(program, seconds, watch)
        if answer.status is SolveStatus.INFEASIBLE or answer.bound < floor:
            self.job.method = Method.MILP
            return True
        if answer.point is not None:
            x = self.encoding.input_of(answer.point)
            if self.job.models.breaks(self.job.box, self.job.wanted, x):
                self.job.method = Method.MILP
                return x
        return False

    def _show(self, bound: float, what: str, begun: float, seconds: float) -> None:
        """The bound as it narrows."""
        self.top = min(self.top, bound)
        spent = min(int(monotonic() - begun), int(seconds))
        self.job.progress(
            f"{self.title}: at most {self.top:.4g} ({what})", spent, max(int(seconds), 1)
        )
