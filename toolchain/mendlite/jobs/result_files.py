"""The files of a repair: what each holds, and which of them a result has."""

from __future__ import annotations

from typing import Any

from mendlite.checker.form import dumps
from mendlite.jobs.repair import Repaired
from mendlite.report.curve import CURVE, curve_lacks, curve_png
from mendlite.report.json_report import to_json
from mendlite.tflite.delta_file import dumps_json

REPAIRED, DELTA, REPORT = "repaired.tflite", "delta.json", "report.json"
CERTIFICATE = "certificate.json"
FORMS = {
    REPAIRED: "model",
    DELTA: "delta",
    REPORT: "report",
    CERTIFICATE: "certificate",
    CURVE: "picture",
}
"""The files of a repair, by their forms."""


def result_files(repaired: Repaired, certificate: dict[str, Any] | None) -> dict[str, bytes]:
    """What is written, by file name: the report alone where the repaired file is not kept.

    No picture of the curve where ``curve_lacks`` has a reason.
    """
    report = repaired.report
    if certificate is None:
        return {REPORT: to_json(report)}
    files = {
        REPAIRED: repaired.data,
        DELTA: dumps_json(repaired.delta),
        REPORT: to_json(report),
        CERTIFICATE: dumps(certificate),
    }
    if report.curve and not curve_lacks():
        files[CURVE] = curve_png(report.target, report.curve)
    return files
