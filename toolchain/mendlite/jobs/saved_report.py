"""A report as a folder keeps it, read again, and its forms for people and other tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from mendlite.errors import BadInputError
from mendlite.jobs.result_files import DETAILS, PAGE, REPORT
from mendlite.model.report import Ending, Report
from mendlite.model.report_details import ReportDetails
from mendlite.reading.limited import TEXT, read_limited, shown
from mendlite.report.html.page import html_report
from mendlite.report.junit import junit_xml
from mendlite.report.markdown import markdown
from mendlite.report.model_explorer import node_data

Values = TypeVar("Values", Report, ReportDetails)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReport:
    """The values of report.json and details.json."""

    report: Report
    details: ReportDetails


def read_report(folder: Path) -> SavedReport:
    """Read both files of a folder.

    Raises BadInputError where one is missing, too large, or not of this version's form.
    """
    return SavedReport(
        report=_read(folder / REPORT, Report), details=_read(folder / DETAILS, ReportDetails)
    )


def _read(path: Path, kind: type[Values]) -> Values:
    data = read_limited(path, TEXT)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadInputError(
            f"{shown(path)}: not written by this version of mendlite ({shown(error)}); repair again"
        ) from None


def _html(saved: SavedReport, page_bytes: int) -> dict[str, bytes]:
    return {PAGE: html_report(saved.report, saved.details, page_bytes)}


def _markdown(saved: SavedReport, page_bytes: int) -> dict[str, bytes]:
    return {"report.md": markdown(saved.report, saved.details, page_bytes)}


def _junit(saved: SavedReport, _page_bytes: int) -> dict[str, bytes]:
    report = saved.report
    worse = report.headline if report.ending in (Ending.WORSE, Ending.BASE_KEPT) else ""
    return {"junit.xml": junit_xml(report.target, saved.details.limits, worse, report.seconds)}


def _explorer(saved: SavedReport, _page_bytes: int) -> dict[str, bytes]:
    return node_data(saved.details, saved.report.validation.loss_name)


FORMATS: Mapping[str, Callable[[SavedReport, int], dict[str, bytes]]] = {
    "html": _html,
    "md": _markdown,
    "junit": _junit,
    "model-explorer": _explorer,
}
"""By name: the files of a report in this form, by file name."""
