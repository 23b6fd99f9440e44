"""A repair's end and its progress on terminals of several widths, and off a terminal."""

import io
import sys

import pytest
from ptys import terminal, without_escapes

from digits_case import OPTIONS, PATHS
from mendlite.jobs.repair import repair
from mendlite.model.progress import StepBegins, StepEnds, StepsBegin, StepsEnd
from mendlite.model.report import SelectionScore, Step
from mendlite.repair.settings import Settings
from mendlite.report.at_work import AtWork
from mendlite.report.progress import EVERY, Display, progress
from mendlite.report.screen import PlainText, show_line
from mendlite.report.terminal import Amount, show_report
from mendlite.targets.open import load_case
from small_targets import CASES, write_target


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    write_target(folder, *CASES["multi-label"])
    return repair(load_case(str(folder), OPTIONS), Settings.of("auto"), PATHS).report


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def shown(report, columns, amount=Amount.USUAL):
    with terminal(columns) as screen:
        show_report(report, screen.stream, amount)
    return screen.raw


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_width_follows_the_terminal(report, columns):
    lines = without_escapes(shown(report, columns, Amount.STEPS)).splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[0].startswith("repaired: ")
    text = " ".join(" ".join(lines).split())
    assert report.headline in text
    for word in ("failing", "fixed", "broken", "KL", "RMS", "float", "int8"):
        assert word in text


def test_columns_decides_where_it_is_set(report, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = without_escapes(shown(report, 120)).splitlines()
    assert 40 < max(map(len, lines)) <= 60


def test_the_verdict_is_coloured_on_a_terminal_alone(report, monkeypatch):
    assert "\x1b[1;32mrepaired" in shown(report, 200)
    kept = io.StringIO()
    show_report(report, kept)
    assert "\x1b" not in kept.getvalue()
    assert kept.getvalue().splitlines()[0] == report.headline
    monkeypatch.setenv("FORCE_COLOR", "1")
    forced, plain = io.StringIO(), PlainText()
    show_report(report, forced)
    show_report(report, plain)
    assert "\x1b[1;32mrepaired" in forced.getvalue()
    assert "\x1b" not in plain.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(report, 80)


def test_the_steps_are_a_matter_of_verbosity(report):
    texts = []
    for amount in Amount:
        texts.append(PlainText())
        show_report(report, texts[-1], amount)
    verdict, usual, steps = (text.getvalue() for text in texts)
    assert verdict == f"{report.headline}\n"
    assert "held-out validation samples" in usual
    assert "selection samples" not in usual
    assert (
        usual.splitlines()[: usual.count("\n") - 1] == steps.splitlines()[: usual.count("\n") - 1]
    )
    for number, step in enumerate(report.steps, 1):
        verdict = "accepted" if step.accepted else "rejected"
        assert f"{number} {step.name}: {verdict}: {step.why}; " in steps


def test_a_second_order_is_shown_as_such(report):
    orders = list(dict.fromkeys(step.order for step in report.steps if step.order))
    text = PlainText()
    show_report(report, text, Amount.STEPS)
    assert len(orders) == 2
    assert f"  first order: {orders[0]}\n" in text.getvalue()
    assert f"  second order, tried as well: {orders[1]}\n" in text.getvalue()
    assert "the other order ended better" in text.getvalue()


def test_an_encoding_without_arrows_gets_other_characters():
    stream = io.TextIOWrapper(io.BytesIO(), "ascii", newline="\n")
    show_line("10 → 3, interval 1…9", stream)
    stream.flush()
    assert stream.buffer.getvalue() == b"10 -> 3, interval 1...9\n"


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def score(failing, loss=0.5):
    return SelectionScore(samples=50, failing=failing, loss=loss)


def ended(name, *, accepted):
    step = Step(
        name=name,
        accepted=accepted,
        why="the mean loss fell" if accepted else "the mean loss did not fall",
        selection_before=score(9),
        selection_after=score(3, 0.1),
        seconds=1.0,
    )
    return StepEnds(name=name, step=step)


def at_second_step(clock):
    work = AtWork(clock)
    work.take(StepsBegin(most=5, best=score(9), loss_name="KL"))
    work.take(StepBegins(name="bias", best=score(9)))
    clock.now += 20
    work.take(ended("bias", accepted=True))
    work.take(StepBegins(name="least-squares", best=score(3, 0.1)))
    work.progress("replay selection", 0, 10)
    clock.now += 10
    work.progress("replay selection", 5, 10)
    return work


def test_the_line_has_number_best_time_and_estimate():
    work = at_second_step(Clock())
    assert work.line(200) == (
        "step 2 of at most 5: least-squares · best 3 of 50 fail, KL 0.1 · 0:30 · about 1:10 more · "
        "replay selection 5 of 10"
    )
    assert work.line(100).endswith("about 1:10 more")
    assert work.line(45) == "2/5 least-squares · 3 fail · 0:30 · +1:10"
    assert work.line(40) == "2/5 least-squares · 3 fail · 0:30"


def test_the_line_fits_any_width():
    work = at_second_step(Clock())
    for stopping in (False, True):
        work.stopping = stopping
        assert all(len(work.line(width)) <= width for width in range(1, 130))


def test_a_line_a_step_and_one_every_thirty_seconds():
    lines, clock = [], Clock()
    display = Display([lines.append], clock)
    display("replay validation", 1, 700)
    assert lines == []
    clock.now += EVERY
    display("replay validation", 2, 700)
    display("replay validation", 3, 700)
    assert lines == ["working: replay validation 2 of 700; 0:30 so far"]
    display.watch(StepsBegin(most=2, best=score(9), loss_name="KL"))
    display.watch(StepBegins(name="bias", best=score(9)))
    clock.now += EVERY - 1
    display.tick()
    assert lines[1:] == ["steps: at most 2; selection samples: 9 of 50 fail, KL 0.5"]
    clock.now += 1
    display.tick()
    assert lines[2] == "working: step 1 of at most 2, bias; 1:00 so far"
    display.watch(ended("bias", accepted=False))
    assert lines[3] == (
        "step 1 of at most 2: bias: rejected: the mean loss did not fall; 9 → 3 fail, "
        "KL 0.5 → 0.1; 0:30"
    )
    display.watch(StepBegins(name="margins", best=score(9)))
    display.watch(StepEnds(name="margins", step=None))
    assert lines[4] == "step 2 of at most 2: margins: changes nothing"
    display.watch(StepsEnd(interrupted=True))
    assert lines[5].startswith("stopping: ")


def test_on_a_terminal_the_work_is_one_line_that_goes(monkeypatch):
    with terminal(80) as screen:
        monkeypatch.setattr(sys, "stderr", screen.stream)
        with progress(shown=True) as show:
            show.watch(StepsBegin(most=5, best=score(9), loss_name="KL"))
            show.watch(StepBegins(name="bias", best=score(9)))
            show.remark("a line that stays")
    assert "step 1 of at most 5: bias · best 9 of 50 fail, KL 0.5" in screen.raw
    text = without_escapes(screen.raw)
    assert "a line that stays\n" in text
    # What was drawn last is erased: the cursor is where the next line begins.
    assert screen.raw.rstrip().endswith("\x1b[2K")


def test_elsewhere_the_work_is_plain_lines(monkeypatch):
    stream = io.StringIO()
    logged = []
    monkeypatch.setattr(sys, "stderr", stream)
    with progress(shown=True, log=logged.append) as show:
        show.watch(StepsBegin(most=None, best=score(9), loss_name="KL"))
    assert stream.getvalue() == "steps: selection samples: 9 of 50 fail, KL 0.5\n"
    with progress(shown=False, log=logged.append) as show:
        show.watch(StepsBegin(most=None, best=score(9), loss_name="KL"))
    assert stream.getvalue().count("\n") == 1
    assert logged == ["steps: selection samples: 9 of 50 fail, KL 0.5"] * 2
