"""What a command is doing: the step at work, its number, the best so far, the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic

from mendlite.model.progress import RepairEvent, StepBegins, StepEnds, StepsBegin, StepsEnd
from mendlite.model.report import SelectionScore
from mendlite.report.steps import clock_time, standing, step_sentence

NARROW = 72
"""Columns below which a line is in few words."""

JOINT = " · "
STOPPING = (
    "stopping: the step at work is rejected, what was accepted is validated and written; "
    "Ctrl-C again ends at once and writes nothing"
)


class AtWork:
    """What is known of the work; the events of a repair and its progress change it.

    ``clock`` returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Nothing has begun."""
        self.clock, self.begun = clock, clock()
        self.stopping = False
        self._what, self._done, self._total, self._since = "", 0, 0, self.begun
        self._number, self._most, self._step = 0, None, ""
        self._best: SelectionScore | None = None
        self._loss_name = ""
        self._steps_begun, self._step_begun = self.begun, self.begun

    _most: int | None

    def progress(self, what: str, done: int, total: int) -> None:
        """Take a call of a progress callback."""
        if what != self._what or done < self._done:
            # Each work has a clock of its own, or its estimate would be another's.
            self._since = self.clock()
        self._what, self._done, self._total = what, done, total

    def take(self, event: RepairEvent) -> str:
        """Take an event of a repair; the line that it is worth, or nothing."""
        self._what = ""
        match event:
            case StepsBegin():
                self._most, self._best, self._loss_name = event.most, event.best, event.loss_name
                self._steps_begun = self.clock()
                most = "" if event.most is None else f" at most {event.most};"
                return f"steps:{most} selection samples: {standing(event.best, event.loss_name)}"
            case StepBegins():
                self._number += 1
                self._step, self._best, self._step_begun = event.name, event.best, self.clock()
                return ""
            case StepEnds():
                if event.step is not None and event.step.accepted:
                    self._best = event.step.selection_after
                return f"{self._place()}: {self._ended(event)}"
            case StepsEnd():
                self._step = ""
                self._what = "validating"
                return STOPPING if event.interrupted else ""

    def heartbeat(self) -> str:
        """A line that states what is being done."""
        parts = [part for part in (self._place(), self._step, self._work()) if part]
        return f"working: {', '.join(parts) or 'starting'}; {self._elapsed()} so far"

    def line(self, width: int) -> str:
        """The work in one line of at most ``width`` columns.

        What matters least is left out first: what is being replayed, the estimate, the time.
        """
        parts = list(self._parts(narrow=width < NARROW))
        for least in range(len(parts), 1, -1):
            text = JOINT.join(text for rank, text in parts if rank < least)
            if len(text) <= width:
                return text
        text = parts[0][1] if parts else ""
        return text if len(text) <= width else f"{text[: width - 1]}…"

    def _parts(self, *, narrow: bool) -> Iterator[tuple[int, str]]:
        """(rank, text) in the order shown; a lower rank matters more."""
        if self.stopping:
            yield 0, "stopping" if narrow else "stopping: Ctrl-C again ends at once, nothing kept"
        elif self._step:
            number = f"{self._number}/{self._most or '?'}"
            yield 0, f"{number if narrow else self._place() + ':'} {self._step}"
        else:
            yield 0, self._work() or "starting"
        if self._best is not None:
            best = f"{self._best.failing} fail" if narrow else self._best_so_far()
            yield 1, best
        yield 2, self._elapsed()
        more = self._more()
        if more is not None:
            yield 3, f"+{clock_time(more)}" if narrow else f"about {clock_time(more)} more"
        if self._step and self._what:
            yield 4, self._work()

    def _best_so_far(self) -> str:
        return "" if self._best is None else f"best {standing(self._best, self._loss_name)}"

    def _place(self) -> str:
        if not self._number:
            return ""
        most = "" if self._most is None else f" of at most {max(self._most, self._number)}"
        return f"step {self._number}{most}"

    def _ended(self, event: StepEnds) -> str:
        if event.step is None:
            return f"{event.name}: changes nothing"
        sentence = step_sentence(event.step, self._loss_name)
        return f"{sentence}; {clock_time(self.clock() - self._step_begun)}"

    def _work(self) -> str:
        if not self._what:
            return ""
        counted = f" {self._done} of {self._total}" if self._total > 1 else ""
        return f"{self._what}{counted}"

    def _elapsed(self) -> str:
        return clock_time(self.clock() - self.begun)

    def _more(self) -> float | None:
        """Seconds until the end by what has been: of this work, and of steps like those before."""
        now, left = self.clock(), None
        if self._what and 0 < self._done < self._total:
            left = (now - self._since) * (self._total - self._done) / self._done
        if self._step and self._most is not None and self._number > 1:
            mean = (self._step_begun - self._steps_begun) / (self._number - 1)
            left = (left or 0.0) + mean * max(self._most - self._number, 0)
        return left
