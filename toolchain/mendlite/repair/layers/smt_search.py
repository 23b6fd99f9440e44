"""Counter-example guided search for the fewest changed weights that satisfy a specification.

Images enter the specification when a candidate violates them, those of the selection set last.
Where it is unsatisfiable, the core names the images that contradict each other; a failing one of
them is given up, and the search goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from mendlite.claims.equivalence import violated_images, within_bounds
from mendlite.errors import ClaimError, UnsupportedModelError
from mendlite.model.equivalence import EquivalenceAnswer, EquivalenceProblem
from mendlite.solvers.base import Limits
from mendlite.solvers.process import SolverProcess

AT_ONCE = 8
"""Counter-examples that enter at a time."""

ASK = 10.0
"""Most seconds of one question: an image that Z3 cannot decide in them is given up."""


@dataclass(slots=True)
class SmtSearch:
    """One search: images ``inside`` the specification, those ``given_up``, and the clock."""

    problem: EquivalenceProblem
    failing: NDArray[np.bool_]
    lack: NDArray[np.int64]
    repair: int
    end: float
    seconds: float
    process: SolverProcess
    inside: list[int] = field(default_factory=list)
    given_up: set[int] = field(default_factory=set)
    cores: list[tuple[int, ...]] = field(default_factory=list)
    undecided: int = 0
    asked: int = 0

    def ask(self, changes: int) -> EquivalenceAnswer:
        """Z3 on the images inside, with at most so many changes; checked in exact integers."""
        problem = replace(self.problem.images(np.array(self.inside, np.int64)), changes=changes)
        left = min(self.seconds, ASK, self.end - monotonic())
        if left <= 0:
            return EquivalenceAnswer(status="unknown", message="the time is up")
        self.asked += 1
        answer = self.process.equivalence(problem, Limits(seconds=left))
        if answer.status == "error":
            raise UnsupportedModelError(f"strategy smt: {answer.message}")
        if answer.delta is not None and (
            violated_images(problem, answer.delta).any() or not within_bounds(problem, answer.delta)
        ):
            raise ClaimError("Z3's solution does not hold in exact integers")
        return answer

    def counter_examples(self, delta: NDArray[np.int16]) -> list[int]:
        """Images outside that ``delta`` violates: the repair set's first, then the selection's.

        Those that passed enter together; of those that fail, the one that lacks least.
        """
        wrong = violated_images(self.problem, delta)
        wrong[[*self.given_up, *self.inside]] = False
        if wrong[: self.repair].any():
            wrong[self.repair :] = False
        passed = np.flatnonzero(wrong & ~self.failing)
        if passed.size:
            return [int(n) for n in passed[:AT_ONCE]]
        return sorted(map(int, np.flatnonzero(wrong)), key=lambda n: (self.lack[n], n))[:1]

    @property
    def most(self) -> int:
        """How many weights may change at all."""
        return int(self.problem.free.sum())

    def left(self, delta: NDArray[np.int16]) -> int:
        """Repair images that ``delta`` violates, those given up included."""
        return int(violated_images(self.problem, delta)[: self.repair].sum())

    def without(self, answer: EquivalenceAnswer) -> bool:
        """Drop what the solution could not satisfy or decide; False where nothing is left."""
        if answer.status == "unknown":
            self.undecided += 1
            return self.give_up(self.inside)
        images = [self.inside[n] for n in answer.core]
        self.cores.append(tuple(images))
        return self.give_up(images)

    def give_up(self, images: Sequence[int]) -> bool:
        """Leave the last failing one of ``images`` out; False where there is none."""
        failing = [n for n in images if self.failing[n]]
        if not failing:
            return False
        self.given_up.add(failing[-1])
        self.inside.remove(failing[-1])
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEnd:
    """A search's best delta, how many images it leaves, and whether its size is proved least."""

    delta: NDArray[np.int16]
    left: int
    least: bool
    why: str


def run(search: SmtSearch) -> SearchEnd:
    """Fewest changes that satisfy all images but those given up.

    The number of changes doubles until it suffices, then the last interval is bisected; images
    that a candidate violates enter on the way, which only makes what failed fail again.
    """
    best = np.zeros(search.problem.weights.shape, np.int16)
    allowed, refuted, satisfied = 0, -1, False
    search.inside = search.counter_examples(best)
    while monotonic() < search.end:
        answer = search.ask(allowed)
        if answer.delta is not None:
            best, satisfied = _better(search, best, answer.delta, satisfied=satisfied)
        elif answer.status == "unsat" and answer.bounded and allowed < search.most:
            refuted = allowed
        elif satisfied:
            return ended_with(search, best, least=False, why="fewer changes could not be decided")
        elif not search.without(answer):
            return ended_with(
                search, best, least=False, why="only passing images are left in the core"
            )
        else:
            refuted = -1  # what was refuted for more images may hold for fewer
        changed = int(np.count_nonzero(best))
        if satisfied and changed <= refuted + 1:
            return ended_with(search, best, least=True, why="")
        if satisfied:
            allowed = (refuted + changed) // 2
        elif allowed == refuted:
            allowed = min(max(2 * allowed, 1), search.most)
    return ended_with(search, best, least=False, why="the time is up")


def _better(
    search: SmtSearch, best: NDArray[np.int16], candidate: NDArray[np.int16], *, satisfied: bool
) -> tuple[NDArray[np.int16], bool]:
    """The better of two deltas, and whether it satisfies all; what the new one violates enters."""
    fresh = search.counter_examples(candidate)
    search.inside += fresh
    if not fresh:
        return candidate, True
    if not satisfied and search.left(candidate) <= search.left(best):
        return candidate, False
    return best, satisfied


def ended_with(
    search: SmtSearch, best: NDArray[np.int16] | None, *, least: bool, why: str
) -> SearchEnd:
    """The end with ``best`` (None: no change); ``why`` the search stopped, empty where done."""
    delta = np.zeros(search.problem.weights.shape, np.int16) if best is None else best
    return SearchEnd(delta=delta, left=search.left(delta), least=least, why=why)
