"""Ctrl-C: the first one keeps what was accepted, the second one ends everything."""

from dataclasses import dataclass, field, replace

import pytest

from digits_case import OPTIONS, PATHS
from mendlite.errors import ExitCode, StoppedError
from mendlite.jobs.repair import repair
from mendlite.model.interruption import Interruption
from mendlite.model.report import Ending
from mendlite.moves import BiasCorrection, Edit, LastLayerMargins, Move
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case


@dataclass(frozen=True)
class Interrupts(Move):
    """A move during which Ctrl-C is pressed ``times`` times."""

    interruption: Interruption
    times: int = 1
    seen: list = field(default_factory=list, hash=False, compare=False)

    name = "interrupts"
    edits = frozenset({Edit.WEIGHTS})

    def propose(self, context, budget):  # noqa: ARG002 - the interface's
        try:
            self.interruption.interrupt()
        except KeyboardInterrupt:
            self.seen.append("one")
            if self.times > 1:
                self.interruption.interrupt()
            raise
        raise AssertionError("a step goes on after Ctrl-C")


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def repaired(case, make, events=None):
    interruption = Interruption()
    settings = Settings.of(make(interruption))
    watch = (lambda _event: None) if events is None else events.append
    return repair(case, replace(settings, interruption=interruption, watch=watch), PATHS)


def test_the_first_one_keeps_what_was_accepted(digits):
    events = []
    found = repaired(
        digits, lambda stop: [BiasCorrection(), Interrupts(stop), LastLayerMargins()], events
    )
    report = found.report
    assert [(step.name, step.accepted) for step in report.steps] == [
        ("bias", True), ("interrupts", False),
    ]  # fmt: skip
    assert report.steps[1].why == "Ctrl-C ended it"
    assert report.ending is Ending.REPAIRED
    assert report.interrupted
    assert report.stopped == "stopped by Ctrl-C after step 1 of at most 3"
    assert report.headline.startswith(f"repaired, {report.stopped}: ")
    assert report.curve == ()
    assert events[-1].interrupted
    alone = repair(digits, Settings.of("bias"), PATHS)
    assert found.data == alone.data
    assert not alone.report.interrupted
    assert alone.report.stopped == ""


def test_nothing_accepted_is_nothing_written(digits):
    with pytest.raises(StoppedError, match=r"after step 0 of at most 2; no step was accepted"):
        repaired(digits, lambda stop: [Interrupts(stop), BiasCorrection()])
    assert StoppedError.exit_code is ExitCode.INTERRUPTED == 130


def test_the_second_one_ends_everything(digits):
    with pytest.raises(KeyboardInterrupt):
        repaired(digits, lambda stop: [BiasCorrection(), Interrupts(stop, times=2)])


def test_one_that_nobody_counts_ends_everything(digits):
    @dataclass(frozen=True)
    class Pressed(Interrupts):
        def propose(self, context, budget):  # noqa: ARG002 - the interface's
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repaired(digits, lambda stop: [BiasCorrection(), Pressed(stop)])


def test_before_the_steps_there_is_nothing_to_keep():
    with pytest.raises(KeyboardInterrupt):
        Interruption().interrupt()


def test_between_two_steps_it_waits():
    stop = Interruption()
    stop.arm()
    stop.interrupt()
    assert stop.requested
    assert stop.keeps
    with pytest.raises(KeyboardInterrupt):
        stop.interrupt()
    assert not stop.keeps
