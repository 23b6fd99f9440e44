"""Nodes of a plan attempt the moves that they name, in order, on an engine that follows a script."""

from dataclasses import dataclass, replace

import pytest

from mendlite.moves import Edit, Move, Proposal
from mendlite.repair.engine.state import RepairState, steps_of_all
from mendlite.repair.strategies.budgeted import EachWhileItHelps
from mendlite.repair.strategies.plan import (
    NOTHING,
    Alternatives,
    Followed,
    IfApplies,
    Where,
    in_order,
    most_steps,
    moves_of,
    run_step,
)


@dataclass(frozen=True)
class Scripted(Move):
    """A move that the scripted engine accepts or rejects."""

    name: str = "scripted"
    accepted: bool = True
    applies: bool = True

    edits = frozenset({Edit.WEIGHTS})

    def why_not(self, facts):  # noqa: ARG002 - the protocol's argument
        return None if self.applies else "not here"

    def propose(self, context, budget):  # noqa: ARG002 - the engine of these tests calls it never
        return Proposal(model=context.model)


class ScriptedEngine:
    """Counts models by number; what is accepted is the next one."""

    def __init__(self):
        self.attempts = []

    def context(self, state):
        return state

    def attempt(self, state, move, *, name=None, start=None):
        self.attempts.append((name or move.step, start))
        return replace(state, model=object()) if move.accepted else state


A, B, C = Scripted("a"), Scripted("b"), Scripted("c")
NO = Scripted("no", accepted=False)
ABSENT = Scripted("absent", applies=False)


def attempted(step):
    engine = ScriptedEngine()
    start = RepairState(case=None, model=object(), score=None)
    run_step(engine, start, step)
    return [name for name, _ in engine.attempts]


@pytest.mark.parametrize(
    ("step", "names"),
    [
        (A, ["a"]),
        (in_order(A, in_order(B), NOTHING, C), ["a", "b", "c"]),
        (Where(lambda _: True, A, otherwise=B), ["a"]),
        (Where(lambda _: False, A, otherwise=B), ["b"]),
        (Where(lambda _: False, A), []),
        (in_order(IfApplies(ABSENT), IfApplies(A)), ["a"]),
        (Followed(A, if_changed=B, if_unchanged=C), ["a", "b"]),
        (Followed(NO, if_changed=B, if_unchanged=C), ["no", "c"]),
        (Followed(in_order(NO, A), if_changed=B), ["no", "a", "b"]),
        (Alternatives((A, NO, B)), ["a", "no", "b"]),
    ],
)
def test_a_node_attempts_its_moves(step, names):
    assert attempted(step) == names


def test_alternatives_begin_from_one_model():
    engine = ScriptedEngine()
    start = RepairState(case=None, model=object(), score=None)
    Alternatives((A, B)).run(engine, start)
    assert [begun for _, begun in engine.attempts] == [start.model, start.model]


def test_the_moves_of_a_plan_are_those_that_it_would_attempt():
    plan = in_order(IfApplies(ABSENT), Where(lambda _: False, A, otherwise=B), Followed(C, NO))
    assert [move.name for move in moves_of(plan)] == ["absent", "a", "b", "c", "no"]
    facts = object()
    assert [move.name for move in moves_of(plan, facts)] == ["b", "c", "no"]


def test_the_most_steps_of_a_plan_are_counted_before_it_runs():
    facts = object()
    assert most_steps(A, facts) == 1
    assert most_steps(in_order(A, IfApplies(ABSENT), Followed(B, C, NO)), facts) == 4
    assert most_steps(EachWhileItHelps((A, B)), facts) is None


def test_only_the_best_end_keeps_its_accepted_steps():
    from mendlite.model.report import SelectionScore, Step

    score = SelectionScore(samples=1, failing=0, loss=0.0)

    def step(name):
        return Step(
            name=name,
            accepted=True,
            why="better",
            selection_before=score,
            selection_after=score,
            seconds=0.0,
        )

    start = RepairState(case=None, model=None, score=None, steps=(step("s"),))
    ends = [replace(start, steps=(*start.steps, step(name))) for name in ("a", "b")]
    kept = steps_of_all(start, ends, ends[1], "b is better")
    assert [(one.name, one.accepted, one.why) for one in kept] == [
        ("s", True, "better"), ("a", False, "b is better"), ("b", True, "better"),
    ]  # fmt: skip
