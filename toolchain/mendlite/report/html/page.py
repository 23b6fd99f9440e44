"""The page: values of a report and its details into one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import prod
from typing import Any

from mendlite.model.report import Report
from mendlite.model.report_details import ReportDetails
from mendlite.report.diagnosis import cost_words
from mendlite.report.expected import expected_lines
from mendlite.report.html.activation_plot import activation_plot
from mendlite.report.html.confusion_plot import confusion_plot
from mendlite.report.html.curve_plot import curve_kinds, curve_plot
from mendlite.report.html.flash_plot import flash_plot
from mendlite.report.html.layers_plot import layers_plot
from mendlite.report.html.numbers import count, figure, interval, share
from mendlite.report.html.scatter_plot import scatter_plot
from mendlite.report.html.score_plot import roc_plot, score_plot
from mendlite.report.html.steps_plot import steps_plot
from mendlite.report.html.wave_plot import wave_plot
from mendlite.report.html.words import capital, first_name, marked

BEGINNING = b"<!doctype html>\n<!-- mendlite report -->"
"""How every report.html begins."""

PAGE_BYTES = 4096
"""Bytes of a flash page by default."""


def html_report(report: Report, details: ReportDetails, page_bytes: int = PAGE_BYTES) -> bytes:
    """The page as UTF-8, without scripts and without anything that is loaded from elsewhere.

    ``page_bytes`` is the size of a flash page, a multiple of 256.
    """
    values = {"report": report, "details": details, "page_bytes": page_bytes}
    text: str = _environment().get_template("page.html.j2").render(values)
    return text.encode()


@cache
def _environment() -> Any:
    """With its templates, which are compiled once a process."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mendlite.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(PLOTS)
    environment.filters.update(FILTERS)
    return environment


PLOTS: Mapping[str, Any] = {
    "activation_plot": activation_plot,
    "confusion_plot": confusion_plot,
    "cost_words": cost_words,
    "curve_kinds": curve_kinds,
    "curve_plot": curve_plot,
    "expected_lines": expected_lines,
    "flash_plot": flash_plot,
    "layers_plot": layers_plot,
    "roc_plot": roc_plot,
    "scatter_plot": scatter_plot,
    "score_plot": score_plot,
    "steps_plot": steps_plot,
    "wave_plot": wave_plot,
}

FILTERS: Mapping[str, Any] = {
    "capital": capital,
    "count": count,
    "figure": figure,
    "first_name": first_name,
    "interval": interval,
    "marked": marked,
    "product": prod,
    "share": share,
}
