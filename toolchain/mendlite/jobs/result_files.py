"""The files of a repair: what each holds, and which of them a result has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mendlite.analysis.details.details import report_details
from mendlite.checker.form import dumps
from mendlite.jobs.repair import Repaired
from mendlite.model.report import Report
from mendlite.model.report_details import ReportOrigin
from mendlite.reading import limited
from mendlite.reading.limited import MEGABYTE
from mendlite.report.curve import CURVE, curve_lacks, curve_png
from mendlite.report.html.page import html_report
from mendlite.report.json_report import to_json, to_line
from mendlite.tflite.delta_file import dumps_json

REPAIRED, DELTA, REPORT = "repaired.tflite", "delta.json", "report.json"
CERTIFICATE, DETAILS, PAGE = "certificate.json", "details.json", "report.html"
FORMS = {
    REPAIRED: "model",
    DELTA: "delta",
    REPORT: "report",
    DETAILS: "details",
    PAGE: "page",
    CERTIFICATE: "certificate",
    CURVE: "picture",
}
"""The files of a repair, by their forms."""

READ_AGAIN = {DELTA: limited.DELTA, CERTIFICATE: limited.CERTIFICATE}
"""Files that grow with the number of edited values, and as what they are read."""


def result_files(
    repaired: Repaired, certificate: dict[str, Any] | None, origin: ReportOrigin | None = None
) -> dict[str, bytes]:
    """What is written, by file name: the report alone where the repaired file is not kept.

    ``origin`` is for whoever reads the report. No picture of the curve where
    ``curve_lacks`` has a reason.
    """
    report = repaired.report
    origin, why_not = origin or ReportOrigin(), _unmeasured(report)
    details = report_details(
        repaired.validation, repaired.delta, repaired.followed, origin, why_not
    )
    shown = {REPORT: to_json(report), DETAILS: to_line(details), PAGE: html_report(report, details)}
    if certificate is None:
        return shown
    files = {
        REPAIRED: repaired.data,
        DELTA: dumps_json(repaired.delta),
        **shown,
        CERTIFICATE: dumps(certificate),
    }
    if report.curve and not curve_lacks():
        files[CURVE] = curve_png(report.target, report.curve)
    return files


def too_large(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """A line for each file that no command would read again: it is larger than its kind may be."""
    return tuple(
        f"{name} has {len(files[name]) / MEGABYTE:.0f} MB, and at most {kind.largest // MEGABYTE} "
        f"are read of a {kind.what}: a patch of fewer values (`max_bytes`) fits"
        for name, kind in READ_AGAIN.items()
        if len(files.get(name, b"")) > kind.largest
    )


def _unmeasured(report: Report) -> str:
    """Why layers and activations are not measured for the report; empty where they are."""
    if report.interrupted or not report.stopped:
        return ""
    return "the time limit left no time to measure layers and activations"
