"""Parameters as flags: the library speaks of `parameters`, the command line of --flags.

Every text of the library that a command shows goes through ``with_flags``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from mendlite.model.report import Report

PARAMETER = re.compile("`([a-z0-9_]+)`")

OTHERWISE: Mapping[str, str] = {
    "everything": "--all",
    "edit_scales": "--no-scales",
    "float_model": "[models.float]",
    "folder": "--out",
    "scales": "--no-scales",
}
"""Parameters whose flag is not their own name with dashes."""

SAME_NAME = frozenset({
    "allow_other_network", "allow_outside", "backend", "board", "dask", "device", "epsilon",
    "firmware", "high", "keep_worse", "layers", "low", "max_bytes", "max_edits", "name", "neurons",
    "offset", "passing", "passing_tests", "property", "resume", "samples", "save_problems", "seed",
    "smt_ranges", "solver_seconds", "strategy", "time_limit",
})  # fmt: skip


def flag(parameter: str) -> str | None:
    """The flag, or the table of a target, that fills a parameter; None where nothing does."""
    if parameter in SAME_NAME:
        return "--" + parameter.replace("_", "-")
    return OTHERWISE.get(parameter)


def with_flags(text: str) -> str:
    """The text with each `parameter` as its flag."""
    return PARAMETER.sub(lambda found: flag(found[1]) or found[0], text)


def report_with_flags(report: Report) -> Report:
    """The report as the command writes and shows it."""
    return replace(
        report,
        headline=with_flags(report.headline),
        notes=tuple(map(with_flags, report.notes)),
        gate=tuple(map(with_flags, report.gate)),
    )
