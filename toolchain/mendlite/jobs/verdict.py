"""The verdict: one sentence that the command prints first and the report calls its headline."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.measure.task import Task
from mendlite.model.report import Ending, RepairSummary, Unreachable
from mendlite.model.scores import FloatScore, Intervals, QuantizedScore, RepairedScore, Validation

TEACHERS = {"float": "float", "labels": "the labels", "outputs": "the recorded outputs"}
"""What the tests are compared with, by the teacher's name in a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the sentence is made of; ``size`` are the bytes of the file.

    ``stopped`` is the report's: by what the steps ended early, else empty.
    """

    ending: Ending
    task: Task
    validation: Validation
    intervals: Intervals
    patch: RepairSummary
    size: int
    stopped: str
    unreachable: Unreachable | None

    def sentence(self) -> str:
        """The sentence; options stand in it as `parameters`."""
        said = {
            Ending.REPAIRED: f"repaired{self._early}: {self._figures()}; {self._patch()}",
            Ending.UNCHANGED: f"nothing was changed{self._early}: no step made the selection "
            f"samples better; {self._figures()}; repaired.tflite equals the base file",
            Ending.BASE_KEPT: f"NOT repaired{self._early}: what the steps reached is worse on "
            f"held-out samples: {self._figures()}; the base file is kept and no repaired.tflite "
            "was written; `keep_worse` writes it anyway",
            Ending.WORSE: f"WORSE than the base file{self._early}: {self._figures()}; "
            f"{self._patch()}; written because of `keep_worse`",
        }[self.ending]
        if self.unreachable is None:
            return said
        return f"{said}; {self.unreachable.sentence(self.validation.loss_name)}"

    @property
    def _early(self) -> str:
        return f", {self.stopped}" if self.stopped else ""

    def _figures(self) -> str:
        """Failing tests with their interval, and the task's own figure."""
        validation, intervals = self.validation, self.intervals
        before, after = validation.int8, validation.repaired
        changed = self.ending is not Ending.UNCHANGED and after is not None
        interval = intervals.repaired_failing if changed else intervals.int8_failing
        counts = f"{before.failing:,}"
        inside = ""
        if changed and after is not None:
            counts += f" → {after.failing:,}"
            inside = f"{after.fixed:,} fixed, {after.regressed:,} broken; "
        if validation.distinct < validation.samples:
            inside += f"{validation.distinct:,} tests distinct; "
        if interval is not None:
            ends = [round(end * validation.samples) for end in (interval.low, interval.high)]
            inside += f"95 % interval {ends[0]:,}…{ends[1]:,}"
        figures = _qualities(validation, after if changed else None)
        return (
            f"{counts} of {validation.samples:,} tests {differ(self.task, validation.teacher)} "
            f"({inside}), {', '.join(figures)}"
        )

    def _patch(self) -> str:
        patch = self.patch
        pages = "page" if patch.flash_pages == 1 else "pages"
        return (
            f"{patch.bytes_changed:,} of {self.size:,} bytes, {patch.flash_pages:,} flash {pages}"
        )


def differ(task: Task, teacher: str) -> str:
    """What a failing test does, in words."""
    name = TEACHERS[teacher]
    tolerance: float | None = getattr(task, "tolerance", None)
    if task.kind == "regression":
        return f"differ from {name} by more than {tolerance:.3g}"
    if task.kind == "autoencoder":
        return f"differ from {name} by more than {tolerance:.3g} of the anomaly score"
    if task.kind == "recording":
        return f"have other detections than {name}"
    return f"differ from {name}"


def _qualities(validation: Validation, after: RepairedScore | None) -> list[str]:
    """The figures that the task has against labels; the distance from the teacher without any.

    The loss, too, where no fewer tests fail: it is what became better then.
    """
    before, teacher = validation.int8, validation.float
    figures = [
        *_figure("accuracy", before, after, teacher, percent=True),
        *_figure("auc", before, after, teacher),
    ]
    if validation.task == "regression":
        figures += _figure("error", before, after, teacher)
        figures.append(_moved("RMS", before.rms, None if after is None else after.rms))
    unclear = after is not None and after.failing >= before.failing
    if not figures or unclear:
        loss = None if after is None else after.loss
        figures.append(_moved(validation.loss_name, before.loss, loss))
    return figures


def _figure(
    name: str,
    before: QuantizedScore,
    after: RepairedScore | None,
    teacher: FloatScore,
    *,
    percent: bool = False,
) -> list[str]:
    """A figure of all models by its field's name; nothing where the samples have no labels."""
    values = [getattr(score, name) for score in (before, after, teacher) if score is not None]
    if any(value is None for value in values):
        return []
    shown = [f"{100 * value:.1f}" if percent else f"{value:.3g}" for value in values]
    label = {"auc": "AUC"}.get(name, name)
    return [f"{label} {' → '.join(shown[:-1])}{' %' if percent else ''} (float {shown[-1]})"]


def _moved(name: str, before: float, after: float | None) -> str:
    return f"{name} {before:.3g}" + ("" if after is None else f" → {after:.3g}")
