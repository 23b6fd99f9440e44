"""A repair, a validation and a comparison with a board as lines and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum, unique
from typing import TextIO

from mendlite.measure.intervals import intervals
from mendlite.model.device_report import BoardVerdict, DeviceReport, ModelComparison
from mendlite.model.report import Ending, Report
from mendlite.model.scores import FloatScore, QuantizedScore, RepairedScore, Validation
from mendlite.report.expected import expected_lines
from mendlite.report.interface import graph_lines, interface_lines
from mendlite.report.screen import show_line
from mendlite.report.steps import step_lines
from mendlite.report.table import percent, show_table_or_turned

COLOURS = {
    Ending.REPAIRED: "bold green",
    Ending.UNCHANGED: "bold yellow",
    Ending.BASE_KEPT: "bold red",
    Ending.WORSE: "bold red",
}
"""Of the verdict, by how a repair ended."""


@unique
class Amount(IntEnum):
    """How much of a repair is printed."""

    VERDICT = 0
    """The verdict, and what breaks a limit."""
    USUAL = 1
    """The table, and what must be known before shipping."""
    STEPS = 2
    """The log of the steps and all remarks."""


def show_report(report: Report, stream: TextIO, amount: Amount = Amount.USUAL) -> None:
    """Print what the repair did: the verdict first, then the table, then lines."""
    show_line(report.headline, stream, COLOURS[report.ending])
    if amount > Amount.VERDICT:
        _validation_table(report.target, report.validation, stream)
    if amount is Amount.STEPS:
        _show_lines(expected_lines(report.validation), stream)
        _show_lines(_details(report), stream)
    if amount > Amount.VERDICT:
        _show_lines(interface_lines(report.interface), stream)
        _show_lines(graph_lines(report.graph), stream)
        _show_lines(report.interpreted, stream)
        if amount is Amount.USUAL and not report.second_opinion.confirmed:
            show_line(f"cross-check: {report.second_opinion.summary}", stream, "yellow")
    for breach in report.gate:
        show_line(f"GATE: {breach}", stream, "bold red")


def _show_lines(lines: Iterable[str], stream: TextIO) -> None:
    for line in lines:
        show_line(line, stream)


def _details(report: Report) -> Iterator[str]:
    """Patch, strategy, steps, solver, cross-check and remarks."""
    repair, kinds = report.repair, report.repair.by_kind
    yield (
        f"patch: {repair.bytes_changed} bytes in {repair.edits} values "
        f"({kinds.weight} weights, {kinds.bias} biases, {kinds.scale} scales) of "
        f"{repair.neurons} neurons in {repair.layers} layers; "
        f"{'same size, same graph' if report.graph is None else 'the graph was edited, too'}"
    )
    yield (
        f"strategy {report.strategy}, {repair.samples} repair samples, seed {report.seed}, "
        f"kernels {report.kernels}, {report.seconds:.1f} s"
    )
    yield from step_lines(report)
    if report.solver.problems:
        status = ", ".join(f"{count} {name}" for name, count in report.solver.status.items())
        yield f"solver {report.solver.backend}: {report.solver.problems} neurons: {status}"
    yield f"cross-check: {report.second_opinion.summary}"
    yield from (f"note: {note}" for note in report.notes)


def show_validation(target: str, kernels: str, validation: Validation, stream: TextIO) -> None:
    """Print the validation table, its intervals, and the kernels that computed it."""
    _validation_table(target, validation, stream)
    show_line(_interval_line(validation), stream)
    _show_lines(expected_lines(validation), stream)
    stream.write(f"kernels {kernels}\n")


def _interval_line(validation: Validation) -> str:
    """The intervals of the failing tests, as counts of so many samples."""
    both = intervals(validation)
    named = (("int8", both.int8_failing), ("repaired", both.repaired_failing))
    counts = [
        f"{name} {round(one.low * validation.samples)}…{round(one.high * validation.samples)}"
        for name, one in named
        if one is not None
    ]
    line = f"95 % interval of the failing tests: {', '.join(counts)}"
    if validation.distinct == validation.samples:
        return line
    return f"{line} (of {validation.samples} tests {validation.distinct} are distinct)"


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
            stream.write(f"  {model.place.lstrip(',; ')}\n")
        if model.profiles:
            stream.write(f"  {model.profiles}\n")
        stream.write(_confidence_line(model))


def _confidence_line(model: ModelComparison) -> str:
    """How sure a comparison is; empty where there is no interval."""
    share = model.differing_share
    if share is None or model.bytes_compared is None:
        return ""
    return (
        f"  {model.bytes_compared:,} bytes compared; 95 % interval of the share that differs among "
        f"samples like these: {100 * share.low:.3g} to {100 * share.high:.3g} %\n"
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


Scores = FloatScore | QuantizedScore | RepairedScore


def _qualities(validation: Validation, models: Sequence[Scores]) -> list[tuple[str, list[str]]]:
    """Columns of the figures that the task has: name, and a cell for each of the models."""
    columns: list[tuple[str, list[str]]] = []
    if validation.task in ("classification", "multi-label", "next-token"):
        columns.append(("accuracy", [percent(m.accuracy) for m in models]))
    if validation.float.auc is not None:
        columns.append(("AUC", [_figure(m.auc) for m in models]))
    if validation.float.error is not None:
        columns.append(("error", [_figure(m.error) for m in models]))
    if validation.float.perplexity is not None:
        columns.append(("perplexity", [_figure(m.perplexity) for m in models]))
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
            ("broken", ["", "", str(validation.repaired.regressed)]),
        ]
    names = (validation.teacher, "int8", "repaired")[: 1 + len(quantized)]
    rows = [(name, *(cells[row] for _, cells in columns)) for row, name in enumerate(names)]
    title = f"{target}: {validation.samples} held-out validation samples"
    show_table_or_turned(title, ("model", *(name for name, _ in columns)), rows, stream)
