"""The time limit, on a clock that the tests move."""

from dataclasses import dataclass, field, replace

import msgspec
import pytest

from digits_case import OPTIONS, PATHS
from mendlite.jobs.repair import repair
from mendlite.jobs.result_files import DETAILS, PAGE, result_files
from mendlite.model.clock import Clock
from mendlite.model.interruption import TimeIsUpError
from mendlite.model.report import Ending
from mendlite.moves import (
    ActivationRanges,
    BiasCorrection,
    BiasSearch,
    Calibrate,
    Edit,
    Equalize,
    LastLayerMargins,
    LeastSquares,
    Move,
    Proposal,
    WeightScales,
)
from mendlite.repair.engine.stopping import LEAST, LONGER, Stopping
from mendlite.repair.run import propose
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case


@dataclass
class Time:
    """Seconds that pass when a test says so."""

    now: float = 100.0

    def __call__(self):
        return self.now


@dataclass(frozen=True)
class Slow(Move):
    """A move of ``parts`` of a second each; between them it looks at the clock, as moves do."""

    time: Time = field(hash=False, compare=False)
    parts: int = 1000
    by_progress: bool = False

    name = "slow"
    edits = frozenset({Edit.WEIGHTS})

    def propose(self, context, budget):  # noqa: ARG002 - the interface's
        for part in range(self.parts):
            self.time.now += 1.0
            if self.by_progress:
                context.case.progress("slow", part, self.parts)
            else:
                context.case.checkpoint()
        return Proposal(model=context.model)


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def limited(case, time, moves, limit=20.0):
    settings = replace(Settings.of(moves, time_limit=limit), clock=Clock(read=time))
    return repair(case, settings, PATHS)


@pytest.mark.parametrize("by_progress", [True, False])
def test_the_step_at_work_ends_and_what_was_accepted_is_kept(digits, by_progress):
    time = Time()
    slow = Slow(time=time, by_progress=by_progress)
    found = limited(digits, time, [BiasCorrection(), slow, LastLayerMargins()])
    report = found.report
    assert 120.0 < time.now <= 100.0 + 1.2 * 20.0
    assert [(s.name, s.accepted) for s in report.steps] == [("bias", True), ("slow", False)]
    assert report.steps[1].why == "the time limit of 20 s ended it"
    assert report.stopped == "stopped by the time limit of 20 s after step 1 of at most 3"
    assert report.ending is Ending.REPAIRED
    assert not report.interrupted
    assert report.curve == ()
    assert found.data == repair(digits, Settings.of("bias"), PATHS).data
    files = result_files(found, None)
    details = msgspec.json.decode(files[DETAILS])
    assert "the time limit left no time" in details["unmeasured"]
    assert details["unmeasured"] in files[PAGE].decode()


def test_auto_begins_with_what_is_cheap_where_time_is_limited(digits):
    def first(**options):
        settings = Settings.of("auto", **options)
        return repair(digits, settings, PATHS).report.steps[0].name

    assert first(time_limit=1e9) == "bias"
    assert first() != "bias"


def test_a_limit_that_is_not_reached_changes_nothing(digits):
    time = Time()
    moves = [BiasCorrection(), Slow(time=time, parts=5)]
    found, free = limited(digits, time, moves), repair(digits, Settings.of(moves), PATHS)
    assert found.report.stopped == ""
    assert found.report.curve == free.report.curve
    assert found.data == free.data


def test_steps_leave_time_for_what_follows():
    time = Time()
    stopping = Stopping(clock=Clock(read=time), limit=100.0)
    stopping.reserve(16.0)
    stopping.reserve(8.0)
    assert stopping.end == 100.0 - 24.0 * LONGER
    time.now += stopping.end
    assert not stopping.after()
    time.now += 1.0
    assert stopping.after()
    assert stopping.by == "the time limit of 100 s"
    stopping.reserve(1000.0)
    assert stopping.end == 100.0 * LEAST


def test_nothing_is_ended_outside_a_step():
    time = Time()
    stopping = Stopping(clock=Clock(read=time), limit=1.0)
    time.now += 5.0
    stopping.check()
    assert stopping.unless_stopped(stopping.check) is None
    assert stopping.by == "the time limit of 1 s"
    stopping.check()
    free = Stopping(clock=Clock(read=time))
    time.now += 1e9
    assert free.unless_stopped(lambda: free.check() or "done") == "done"
    assert (free.share(), free.end) == (0.0, None)


LONG = [
    Calibrate(rule="min-max"), ActivationRanges(), LeastSquares(), BiasCorrection(), BiasSearch(),
    WeightScales(fine=True), Equalize(),
]  # fmt: skip


@pytest.mark.parametrize("move", LONG, ids=lambda move: move.name)
def test_every_long_move_looks_at_the_clock(digits, move):
    """At the first look past the limit it ends."""

    def ended(*_):
        raise TimeIsUpError

    execution = replace(digits.execution, checkpoint=ended, progress=ended)
    with pytest.raises(TimeIsUpError):
        propose(replace(digits, execution=execution), move)


@pytest.mark.parametrize("move", [ActivationRanges(), BiasSearch()], ids=lambda move: move.name)
def test_a_search_looks_at_the_clock_for_every_candidate(digits, move):
    looks = []
    execution = replace(digits.execution, checkpoint=lambda: looks.append(1))
    propose(replace(digits, execution=execution), move)
    assert len(looks) > 20
