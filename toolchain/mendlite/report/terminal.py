"""A repair, a validation and a comparison with a board as lines and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from mendlite.model.device_report import BoardVerdict, DeviceReport
from mendlite.model.report import Report
from mendlite.model.scores import FloatScore, QuantizedScore, RepairedScore, Validation
from mendlite.report.interface import interface_lines
from mendlite.report.table import percent, show_table


def show_report(report: Report, stream: TextIO) -> None:
    """Print what the repair did: how it ended, validation, patch, steps and remarks."""
    stream.write(f"{report.headline}\n")
    _validation_table(report.target, report.validation, stream)
    repair = report.repair
    kinds = repair.by_kind
    lines = [
        (
            f"patch: {repair.bytes_changed} bytes in {repair.edits} values "
            f"({kinds.weight} weights, {kinds.bias} biases, {kinds.scale} scales) of "
            f"{repair.neurons} neurons in {repair.layers} layers; same size, same graph"
        ),
        *interface_lines(report.interface),
        (
            f"strategy {report.strategy}, {repair.samples} repair samples, seed {report.seed}, "
            f"kernels {report.kernels}, {report.seconds:.1f} s"
        ),
    ]
    lines += [_step_line(report, index) for index in range(len(report.steps))]
    if report.solver.problems:
        status = ", ".join(f"{count} {name}" for name, count in report.solver.status.items())
        lines.append(f"solver {report.solver.backend}: {report.solver.problems} neurons: {status}")
    lines.append(f"cross-check: {report.second_opinion.summary}")
    lines += [f"note: {note}" for note in report.notes]
    lines += [f"GATE: {breach}" for breach in report.gate]
    stream.write("\n".join(lines) + "\n")


def show_validation(target: str, kernels: str, validation: Validation, stream: TextIO) -> None:
    """Print the validation table and the kernels that computed it."""
    _validation_table(target, validation, stream)
    stream.write(f"kernels {kernels}\n")


def show_device(comparison: DeviceReport, stream: TextIO) -> None:
    """Print host against board, a line for each model, and where a difference begins."""
    for model in comparison.models:
        ran = model.verdict is not BoardVerdict.REFUSED
        counted = f" ({model.differing} of {comparison.samples} samples differ)" if ran else ""
        stream.write(
            f"{model.name} on {comparison.device} against {comparison.host}: "
            f"{model.text}{counted}\n"
        )
        if model.place:
            stream.write(f"  {model.place.removeprefix(', ')}\n")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


Scores = FloatScore | QuantizedScore | RepairedScore


def _qualities(validation: Validation, models: Sequence[Scores]) -> list[tuple[str, list[str]]]:
    """Columns of the figures that the task has: name, and a cell for each of the models."""
    columns: list[tuple[str, list[str]]] = []
    if validation.task in ("classification", "multi-label"):
        columns.append(("accuracy", [percent(m.accuracy) for m in models]))
    if validation.float.auc is not None:
        columns.append(("AUC", [_figure(m.auc) for m in models]))
    if validation.float.error is not None:
        columns.append(("error", [_figure(m.error) for m in models]))
    return columns


def _validation_table(target: str, validation: Validation, stream: TextIO) -> None:
    """A row a model: the teacher, the int8 file, and the repaired one where there is one."""
    quantized = [model for model in (validation.int8, validation.repaired) if model is not None]
    columns = [
        *_qualities(validation, [validation.float, *quantized]),
        ("failing", ["", *(str(model.failing) for model in quantized)]),
        (validation.loss_name, ["", *(_figure(model.loss) for model in quantized)]),
        ("RMS", ["", *(_figure(model.rms) for model in quantized)]),
    ]
    if validation.repaired is not None:
        place = len(columns) - 2
        columns[place:place] = [
            ("fixed", ["", "", str(validation.repaired.fixed)]),
            ("regressed", ["", "", str(validation.repaired.regressed)]),
        ]
    names = (validation.teacher, "int8", "repaired")[: 1 + len(quantized)]
    rows = [(name, *(cells[row] for _, cells in columns)) for row, name in enumerate(names)]
    title = f"{target}: {validation.samples} held-out validation samples"
    show_table(title, ("model", *(name for name, _ in columns)), rows, stream)


def _step_line(report: Report, index: int) -> str:
    step = report.steps[index]
    before, after = step.selection_before, step.selection_after
    verdict = "accepted" if step.accepted else "rejected"
    return (
        f"step {index + 1} {step.name}: {verdict}; {before.samples} selection samples: failing "
        f"{before.failing} -> {after.failing}, {report.validation.loss_name} {before.loss:.5g} -> "
        f"{after.loss:.5g}; "
        f"{step.seconds:.1f} s"
    )
