"""A report as tables, and progress on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from mendlite.model.analysis import Analysis, Cost, LayerAnalysis
from mendlite.model.device_report import BoardVerdict, DeviceReport
from mendlite.model.report import (
    FloatScore,
    QuantizedScore,
    RepairedScore,
    Report,
    Validation,
)

Rows = Sequence[Sequence[str]]


def percent(share: float | None) -> str:
    """A share as a percentage, or a dash where there is none."""
    return "-" if share is None else f"{100 * share:.2f} %"


def show_table(
    title: str, header: Sequence[str], rows: Rows, stream: TextIO, *, words: int = 1
) -> None:
    """Print one table; the first ``words`` columns are text, the others are numbers."""
    from rich.console import Console
    from rich.table import Table

    console = Console(file=stream, width=None if stream.isatty() else 110, highlight=False)
    table = Table(title=title, title_justify="left", title_style="bold")
    for position, name in enumerate(header):
        table.add_column(name, justify="left" if position < words else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


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


def show_validation(target: str, kernels: str, found: Validation, stream: TextIO) -> None:
    """Print the validation table and the kernels that gave it."""
    _validation_table(target, found, stream)
    stream.write(f"kernels {kernels}\n")


def show_device(found: DeviceReport, stream: TextIO) -> None:
    """Print host against board, a line for each model, and where a difference begins."""
    for model in found.models:
        ran = model.verdict is not BoardVerdict.REFUSED
        counted = f" ({model.differing} of {found.samples} samples differ)" if ran else ""
        stream.write(
            f"{model.name} on {found.device} against {found.host}: {model.text}{counted}\n"
        )
        if model.place:
            stream.write(f"  {model.place.removeprefix(', ')}\n")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


Scores = FloatScore | QuantizedScore | RepairedScore


def _qualities(found: Validation, models: Sequence[Scores]) -> list[tuple[str, list[str]]]:
    """Columns of the figures that the task has: name, and a cell for each of the models."""
    columns: list[tuple[str, list[str]]] = []
    if found.task in ("classification", "multi-label"):
        columns.append(("accuracy", [percent(m.accuracy) for m in models]))
    if found.float.auc is not None:
        columns.append(("AUC", [_figure(m.auc) for m in models]))
    if found.float.error is not None:
        columns.append(("error", [_figure(m.error) for m in models]))
    return columns


def _validation_table(target: str, found: Validation, stream: TextIO) -> None:
    """A row a model: the teacher, the int8 file, and the repaired one where there is one."""
    quantized = [model for model in (found.int8, found.repaired) if model is not None]
    columns = [
        *_qualities(found, [found.float, *quantized]),
        ("failing", ["", *(str(model.failing) for model in quantized)]),
        (found.loss_name, ["", *(_figure(model.loss) for model in quantized)]),
        ("RMS", ["", *(_figure(model.rms) for model in quantized)]),
    ]
    if found.repaired is not None:
        place = len(columns) - 2
        columns[place:place] = [
            ("fixed", ["", "", str(found.repaired.fixed)]),
            ("regressed", ["", "", str(found.repaired.regressed)]),
        ]
    names = (found.teacher, "int8", "repaired")[: 1 + len(quantized)]
    rows = [(name, *(cells[row] for _, cells in columns)) for row, name in enumerate(names)]
    title = f"{target}: {found.samples} held-out validation samples"
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


def _cost(cost: Cost | None) -> tuple[str, str]:
    return ("-", "-") if cost is None else (str(cost.failing), f"{cost.loss:.5g}")


def _layer_row(layer: LayerAnalysis) -> tuple[str, ...]:
    noise = "-" if layer.sqnr_db is None else f"{layer.sqnr_db:.1f}"
    return (
        f"{layer.position} {'/'.join(layer.name.split('/')[-2:])[-24:]}",
        layer.op,
        noise,
        *_cost(layer.weights),
        *_cost(layer.activations),
    )


def show_analysis(found: Analysis, stream: TextIO) -> None:
    """Print the noise budget, layer by layer, and the rankings."""
    total = (
        ("all together", "", "", *_cost(found.weights), *_cost(found.activations)),
        ("cannot be edited", "", "", "-", "-", *_cost(found.fixed)),
    )
    show_table(
        f"{found.target}: cost in the float model, {found.samples} repair samples",
        (
            "layer",
            "op",
            "SQNR dB",
            "weights: failing",
            found.loss_name,
            "activations: failing",
            found.loss_name,
        ),
        [*(_layer_row(layer) for layer in found.layers), *total],
        stream,
        words=2,
    )
    show_table(
        "cost of rounding each activation alone",
        ("tensor", "written by", "what may change", "failing", found.loss_name),
        [
            (str(t.tensor), t.op, t.fixed or "scale and zero-point", *_cost(t.cost))
            for t in found.tensors
        ],
        stream,
        words=3,
    )
    metrics = [top.metric for top in found.layers[0].ranking] if found.layers else []
    show_table(
        "most suspicious neurons by metric",
        ("layer", *metrics),
        [
            (str(layer.position), *(" ".join(map(str, top.neurons)) for top in layer.ranking))
            for layer in found.layers
        ],
        stream,
    )
    lines = [
        (
            f"the int8 model: {found.quantized.failing} failing, "
            f"{found.loss_name} {found.quantized.loss:.5g}; "
            f"seed {found.seed}, kernels {found.kernels}, {found.seconds:.1f} s"
        )
    ]
    if found.unreachable is not None:
        lines.append(found.unreachable.sentence(found.loss_name))
    lines.append(f"pairing: {found.verdict}")
    lines += [
        f"layer {x.position}: {x.match}, {x.distance:.1%} from the float weights"
        for x in found.pairing
        if x.match not in {"rounded", "near"}
    ]
    lines += [f"layer {x.position}: {x.dead_channels} dead channels" for x in found.layers
              if x.dead_channels]  # fmt: skip
    lines += [f"layer {x.position}: {x.remark}" for x in found.layers if x.remark]
    stream.write("\n".join(lines) + "\n")


@contextmanager
def progress(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A progress callback: a bar on a terminal's stderr, nothing elsewhere."""
    if not shown or not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        shown_now = ""

        def update(what: str, done: int, total: int) -> None:
            nonlocal shown_now
            if what != shown_now:
                # Each work has a clock of its own, or its estimate would be another's.
                bars.reset(task, description=what)
                shown_now = what
            bars.update(task, completed=done, total=total)

        yield update
