"""A short report in Markdown, for the summary of a CI job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mendlite.model.gate_result import GateResult
from mendlite.model.report import Report
from mendlite.model.report_details import ReportDetails
from mendlite.model.scores import FloatScore, QuantizedScore, RepairedScore
from mendlite.reading.limited import printable

BEGINNING = "<!-- mendlite report -->"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")
SAMPLES = 5
"""Samples of each outcome that are listed."""

Scores = FloatScore | QuantizedScore | RepairedScore


def markdown(report: Report, details: ReportDetails, page_bytes: int) -> bytes:
    """Verdict, figures, gate, diagnosis and what changed, as UTF-8."""
    lines = [
        BEGINNING,
        f"## {plain(report.target)}",
        "",
        f"**{plain(report.headline)}**",
        "",
        *_figures(report),
        *_limits(details.limits),
        *_findings(report),
        *_changed(report, details, page_bytes),
        *_broken(details),
    ]
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def plain(text: str) -> str:
    """Text that Markdown and HTML show as it is."""
    return SPECIAL.sub(r"\\\1", printable(text))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _figures(report: Report) -> Iterator[str]:
    validation = report.validation
    models: list[tuple[str, Scores]] = [
        (validation.teacher, validation.float),
        ("int8", validation.int8),
    ]
    if validation.repaired is not None:
        models.append(("repaired", validation.repaired))
    columns = {
        "accuracy": [None if m.accuracy is None else f"{m.accuracy:.2%}" for _, m in models],
        "AUC": [_figure(m.auc) for _, m in models],
        "error": [_figure(m.error) for _, m in models],
        "failing": [_count(m) for _, m in models],
        validation.loss_name: [_loss(m) for _, m in models],
    }
    kept = {name: cells for name, cells in columns.items() if any(cells)}
    rows = [
        [plain(name), *(cells[row] or "" for cells in kept.values())]
        for row, (name, _) in enumerate(models)
    ]
    yield from _table(["model", *kept], rows)
    yield f"{validation.samples} held-out samples."
    yield ""


def _figure(value: float | None) -> str | None:
    return None if value is None else f"{value:.4g}"


def _count(scores: Scores) -> str | None:
    return None if isinstance(scores, FloatScore) else str(scores.failing)


def _loss(scores: Scores) -> str | None:
    return None if isinstance(scores, FloatScore) else f"{scores.loss:.3g}"


def _limits(limits: Sequence[GateResult]) -> Iterator[str]:
    if limits:
        rows = [
            (f"{limit.name} {limit.limit}".strip(), plain(limit.breach) if limit.breach else "met")
            for limit in limits
        ]
        yield from _table(("gate", "result"), rows)


def _findings(report: Report) -> Iterator[str]:
    if report.diagnosis:
        yield "Diagnosis:"
        yield ""
        yield from (f"- {plain(d.sentence)}" for d in report.diagnosis)
        yield ""
    for change in report.interface:
        yield f"- firmware: {plain(change.sentence)}"
    if report.graph is not None:
        yield f"- firmware: {plain(report.graph.sentence)}"


def _changed(report: Report, details: ReportDetails, page_bytes: int) -> Iterator[str]:
    pages = len(details.flash.pages(page_bytes))
    changed = report.repair
    yield (
        f"Patch: {changed.bytes_changed} of {details.flash.file_bytes} bytes, {changed.edits} "
        f"values in {changed.layers} layers, {pages} flash pages of {page_bytes} bytes."
    )
    yield ""


def _broken(details: ReportDetails) -> Iterator[str]:
    for group in details.groups:
        if group.outcome == "regressed" and group.samples:
            yield f"Tests that passed before: {group.total}."
            yield ""
            rows = [
                tuple(map(plain, (f"{s.source} {s.row}", s.float, s.before, s.after)))
                for s in group.samples[:SAMPLES]
            ]
            yield from _table(("sample", "float", "int8", "repaired"), rows)
