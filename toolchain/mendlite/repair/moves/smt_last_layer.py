"""The strategy ``smt``: Z3 finds the fewest weights whose change makes int8 equivalent to float.

The specification is float's class (and, if asked, |int8 - float| <= epsilon) on the repair images.
Images enter it when a candidate violates them (counter-example guided synthesis), those of the
selection set last. Where it is unsatisfiable, the core names the images that contradict each
other; a failing one of them is given up, and the search goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.claims.equivalence import levels, violated_images, within_bounds
from mendlite.errors import BadInputError, ClaimError, UnsupportedModelError
from mendlite.model.equivalence import EquivalenceAnswer, EquivalenceProblem
from mendlite.model.graph import Layer, Model
from mendlite.repair.engine.accept import Proposal
from mendlite.repair.moves.activation_range import Range, with_range
from mendlite.repair.moves.last_layer_margins import last_layer
from mendlite.repair.moves.smt_problem import equivalence_problem, joined
from mendlite.repair.settings import Settings, chosen_layers
from mendlite.solvers.base import Limits
from mendlite.solvers.process import SolverProcess
from mendlite.solvers.registry import require_backend
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched
from mendlite.tflite.scale_groups import scale_groups

COMPLETE = 200
"""Weights of a layer up to which all of them are free over their whole range."""

FREE, REACH = 160, 16
"""In a larger layer, how many of the most influential weights are free, and how far."""

NEURONS = 10
AT_ONCE = 8
"""Counter-examples that enter at a time."""

NO_LAYER = "the judged values come from no int8 dense layer"

ASK = 10.0
"""Most seconds of one question: an image that Z3 cannot decide in them is given up."""

SECONDS = 120.0
"""The whole search, where no --time-limit says otherwise."""

STRETCHES = (1.0, 0.9, 1.1, 0.8, 1.25)
"""Factors of the output's range that are tried where ranges may change."""


@dataclass(slots=True)
class _Search:
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
            raise ClaimError("Z3's answer does not hold in exact integers")
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
        """Give up what the answer could not satisfy or decide; False where nothing is left to."""
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
class _Ended:
    """A search's best delta, how many images it leaves, and whether its size is proved least."""

    delta: NDArray[np.int16]
    left: int
    least: bool
    why: str


def _run(search: _Search) -> _Ended:
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
            return _end(search, best, least=False, why="fewer changes could not be decided")
        elif not search.without(answer):
            return _end(search, best, least=False, why="only passing images are left in the core")
        else:
            refuted = -1  # what was refuted for more images may hold for fewer
        changed = int(np.count_nonzero(best))
        if satisfied and changed <= refuted + 1:
            return _end(search, best, least=True, why="")
        if satisfied:
            allowed = (refuted + changed) // 2
        elif allowed == refuted:
            allowed = min(max(2 * allowed, 1), search.most)
    return _end(search, best, least=False, why="the time is up")


def _better(
    search: _Search, best: NDArray[np.int16], found: NDArray[np.int16], *, satisfied: bool
) -> tuple[NDArray[np.int16], bool]:
    """The better of two deltas, and whether it satisfies all; what ``found`` violates enters."""
    fresh = search.counter_examples(found)
    search.inside += fresh
    if not fresh:
        return found, True
    if not satisfied and search.left(found) <= search.left(best):
        return found, False
    return best, satisfied


def _end(search: _Search, best: NDArray[np.int16] | None, *, least: bool, why: str) -> _Ended:
    delta = np.zeros(search.problem.weights.shape, np.int16) if best is None else best
    return _Ended(delta=delta, left=search.left(delta), least=least, why=why)


def require_smt(case: Case, settings: Settings) -> None:
    """Raise BadInputError where the settings leave the search nothing to look for."""
    require_backend("z3")
    if case.task.kind != "classification" and settings.epsilon is None:
        raise BadInputError(
            f"strategy smt needs --epsilon for {case.task.kind}: how near to float's each output "
            "must be, in its own unit"
        )
    layer = last_layer(case, case.quantized)
    if layer is not None and layer.position not in chosen_layers(
        case.quantized, settings.layers or ("all",)
    ):
        raise BadInputError(
            f"strategy smt edits the last dense layer, {layer.position}: --layers leaves it out"
        )


def propose_smt(case: Case, settings: Settings, model: Model) -> Proposal:
    """Search the last dense layer, and with ``settings.ranges`` some ranges of its output."""
    require_smt(case, settings)
    layer = last_layer(case, model)
    if layer is None:
        return Proposal(model=model, notes=(f"smt: {NO_LAYER}",))
    end = monotonic() + (settings.time_limit or SECONDS)
    found: list[tuple[_Ended, Model, tuple[str, ...]]] = []
    for candidate in _candidates(model, layer, ranges=settings.ranges):
        found.append(_solve(case, settings, candidate, end))
        if monotonic() > end:
            break
    ended, base, notes = min(
        found, key=lambda one: (one[0].left, int(np.count_nonzero(one[0].delta)))
    )
    weights = base.tensors[layer.weights].constant().astype(np.int16) + ended.delta
    edit = data_edit(base, layer.weights, weights.astype(np.int8))
    return Proposal(model=patched(base, [edit] if edit is not None else []), notes=notes)


def _candidates(model: Model, layer: Layer, *, ranges: bool) -> list[Model]:
    """The model, and where ranges may change, the model with other ranges of the layer's output."""
    group = next(g for g in scale_groups(model) if layer.output in g.tensors)
    if not ranges or group.frozen is not None:
        return [model]
    quant = model.tensors[layer.output].quantization()
    now = Range(scale=float(quant.scale[0]), zero_point=int(quant.zero_point[0]))
    return [model, *(with_range(model, group, now.resized(f, f)) for f in STRETCHES[1:])]


def _solve(
    case: Case, settings: Settings, model: Model, end: float
) -> tuple[_Ended, Model, tuple[str, ...]]:
    layer = last_layer(case, model)
    if layer is None:
        raise ClaimError("smt: the last layer is gone")
    whole = model.tensors[layer.weights].constant().size <= COMPLETE
    reach = settings.max_delta or (None if whole else REACH)
    epsilon = settings.epsilon
    both = [
        equivalence_problem(case, model, layer, samples, epsilon=epsilon, reach=reach)
        for samples in (case.sets.repair, case.sets.selection)
    ]
    problem = joined(both[0], both[1])
    zero = np.zeros(problem.weights.shape, np.int16)
    failing = violated_images(problem, zero)
    problem = replace(problem, free=_free(problem, failing, settings.neurons, whole=whole))
    search = _Search(
        problem=problem,
        failing=failing,
        lack=_lack(problem),
        repair=case.sets.repair.count,
        end=end,
        seconds=settings.solving.seconds,
        process=SolverProcess(),
    )
    case.progress("smt: how far it can be complete", int(problem.free.sum()), problem.free.size)
    try:
        ended = (
            _run(search)
            if failing[: search.repair].any()
            else _end(search, None, least=True, why="no repair image fails")
        )
    finally:
        search.process.close()
    return ended, model, _notes(case, search, ended)


def _free(
    problem: EquivalenceProblem,
    failing: NDArray[np.bool_],
    neurons: int | None,
    *,
    whole: bool,
) -> NDArray[np.bool_]:
    """Weights that may change: of the most influential neurons, the most influential ones.

    A neuron's influence is in how many failing images it is float's class or wins instead; a
    weight's, how large its input is in those images.
    """
    if whole and neurons is None:
        return np.ones(problem.weights.shape, np.bool_)
    rows = problem.inputs[failing].astype(np.int64)
    acc = rows @ problem.weights.T.astype(np.int64) + problem.bias
    classes = len(problem.weights)
    counts = np.bincount(acc.argmax(axis=1), minlength=classes)
    wanted = problem.winner[failing]
    counts += np.bincount(wanted[wanted >= 0], minlength=classes)
    chosen = np.argsort(-counts, kind="stable")[: neurons or NEURONS]
    influence = np.abs(rows).mean(axis=0) if len(rows) else np.zeros(problem.weights.shape[1])
    each = problem.weights.shape[1] if whole else max(FREE // len(chosen), 1)
    columns = np.argsort(-influence, kind="stable")[:each]
    free = np.zeros(problem.weights.shape, np.bool_)
    free[np.ix_(chosen, columns)] = True
    return free


def _lack(problem: EquivalenceProblem) -> NDArray[np.int64]:
    """Levels by which float's class lies behind the best other one, i64[S]; 0 without classes."""
    found = levels(problem, np.zeros(problem.weights.shape, np.int16))
    images, winner = np.arange(len(found)), np.maximum(problem.winner, 0)
    own = found[images, winner]
    found[images, winner] = -1
    return np.where(problem.winner >= 0, found.max(axis=1) - own, 0)


def _notes(case: Case, search: _Search, ended: _Ended) -> tuple[str, ...]:
    """What was found, what is proved, and which images contradict each other."""
    free, size = int(search.problem.free.sum()), search.problem.free.size
    changed = int(np.count_nonzero(ended.delta))
    scope = (
        f"smt: complete for the layer: all {size} weights are free"
        if free == size
        else f"smt: not complete: {free} of {size} weights are free, the most influential ones"
    )
    proof = "; fewer are proved not to do" if ended.least and changed else ""
    result = (
        f"smt: {changed} weights change{proof}; {len(search.inside)} images entered the "
        f"specification, {ended.left} of {search.repair} repair images stay violated; Z3 was "
        f"asked {search.asked} times and could not decide {search.undecided} times"
        + (f"; stopped: {ended.why}" if ended.why else "")
    )
    cores = [
        "smt: these images contradict each other: "
        + ", ".join(_name(case, n, search.repair) for n in core)
        for core in search.cores[:5]
    ]
    more = [f"smt: and {len(search.cores) - 5} more such groups"] if len(search.cores) > 5 else []
    return (scope, result, *cores, *more)


def _name(case: Case, image: int, repair: int) -> str:
    """An image by its set's source and row."""
    samples = case.sets.repair if image < repair else case.sets.selection
    index = image if image < repair else image - repair
    return f"{samples.source} {int(samples.rows[index])}"
