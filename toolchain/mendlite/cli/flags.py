"""Parameters as flags: the library speaks of `parameters`, the command line of --flags.

Every text of the library that a command shows goes through ``with_flags``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from mendlite.jobs.front_door.options import DataOptions
from mendlite.model.option import options_of
from mendlite.model.repair_options import RepairOptions
from mendlite.model.report import Report

PARAMETER = re.compile("`([a-z0-9_]+)`")

OTHERWISE: Mapping[str, str] = {
    "everything": "--all",
    "edit_scales": "--no-scales",
    "float_model": "[models.float]",
    "folder": "--out",
    "repaired": "--model",
}
"""Parameters whose flag is not their own name with dashes."""

NAMED = frozenset({
    "allow_code", "allow_other_network", "allow_outside", "board", "data", "dense", "device",
    "firmware", "flash", "high", "low", "name", "offset", "patch", "pin", "property", "resume",
    "runner", "samples", "save_problems", "seed", "strategy",
})  # fmt: skip
"""Parameters of their flag's name that are no options of a repair."""


def flag(parameter: str) -> str:
    """The flag, or the table of a target, that fills a parameter."""
    return OTHERWISE.get(parameter) or "--" + parameter.replace("_", "-")


@cache
def parameters() -> frozenset[str]:
    """The parameters that a text may name."""
    groups = (RepairOptions, DataOptions)
    return NAMED | OTHERWISE.keys() | {o.name for group in groups for o in options_of(group)}


def with_flags(text: str) -> str:
    """The text with each `parameter` as its flag."""
    known = parameters()
    return PARAMETER.sub(lambda match: flag(match[1]) if match[1] in known else match[0], text)


def report_with_flags(report: Report) -> Report:
    """The report as the command writes and shows it."""
    return replace(
        report,
        headline=with_flags(report.headline),
        notes=tuple(map(with_flags, report.notes)),
        understood=tuple(map(with_flags, report.understood)),
        gate=tuple(map(with_flags, report.gate)),
    )
