"""The page, and the README's table, of what `make bench-recover` measured.

Every figure is the median over the seeds with its range: one seed's figure is not a result.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from marked_block import write_block
from recover_marks import MARKS, Mark, Run, Table, cut, met

README = Path("README.md")
BEGIN = "<!-- written by make bench-recover -->"
END = "<!-- end of what make bench-recover wrote -->"

PAGE = """# {title}

`{command}` writes this page. Held-out validation samples, strategy `auto` with its
defaults, kernels {kernels}; {machine}. A figure is the median over the seeds, with the smallest and
the largest value beside it. A test fails where the class differs from float's (regression: an
output is further away than a step of it; autoencoder: the anomaly score differs by over 5 %).
Expected failing tests (docs/guide/report.md) count the same samples with less noise.
CPU seconds were measured beside other work on the machine, which can double them. Seeds of one row
may be of several commits: its last column lists them.
"""

NAMES = {"failing": "failing", "rms": "RMS"}


def spread(values: Sequence[float], show: Callable[[float], str]) -> str:
    """Median and range of one figure over the seeds."""
    low, middle, high = show(min(values)), show(median(values)), show(max(values))
    return middle if low == high else f"{middle} ({low} … {high})"


def whole(value: float) -> str:
    """A count; the median of an even number of seeds may lie between two."""
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def digits(value: float) -> str:
    """A loss with three digits."""
    return f"{value:.3g}"


def percent(value: float | None) -> str:
    """A share as a percentage with one digit."""
    return "-" if value is None else f"{100 * value:.1f}"


def change(runs: list[Run], what: str) -> str:
    """What became of a figure, before and after, over the seeds."""
    show = whole if what == "failing" else digits
    before = [r[what][0] for r in runs]
    return f"{spread(before, show)} → {spread([r[what][1] for r in runs], show)}"


def losses(runs: list[Run]) -> str:
    """The loss before and after."""
    return f"{runs[0]['loss_name']} {change(runs, 'loss')}"


def expected(runs: list[Run]) -> str:
    """Expected failing tests before and after, of the runs that have them."""
    known = [r["expected"] for r in runs if r.get("expected")]
    if not known:
        return "-"
    before, after = (spread(column, lambda x: f"{x:.1f}") for column in zip(*known, strict=True))
    return f"{before} → {after}"


def cpu_seconds(runs: list[Run]) -> str:
    """CPU seconds over the seeds."""
    measured = [r["cpu_seconds"] for r in runs if "cpu_seconds" in r]
    return spread(measured, lambda s: f"{s:.0f}") if measured else "-"


def accuracies(runs: list[Run]) -> str:
    """Float's, the int8 file's and the repaired file's accuracy in percent."""
    if any(value is None for run in runs for value in run["accuracy"]):
        return "-"
    columns = zip(*(r["accuracy"] for r in runs), strict=True)
    return ", ".join(spread(column, percent) for column in columns)


def commits(runs: list[Run]) -> str:
    """The commits at which these runs were measured."""
    return ", ".join(sorted({r["commit"] for r in runs}))


def full_runs(runs: list[Run], name: str) -> list[Run]:
    """The runs of a target with all its repair samples, by seed."""
    own = [r for r in runs if r["target"] == name and r["asked"] is None]
    return sorted(own, key=lambda r: r["seed"])


def _row(name: str, mark: Mark, own: list[Run]) -> str:
    what = NAMES.get(mark.what, own[0]["loss_name"])
    shares = spread([cut(r, mark.what) for r in own], percent)
    kept = sum(met(r, mark) for r in own)
    also = f", {mark.also}" if mark.also else ""
    cells = [
        " ".join([name, *(f"`{option}`" for option in mark.options)]),
        ", ".join(str(r["seed"]) for r in own), f"{percent(mark.share)} %{also}",
        f"{what} of {own[0]['validation_samples']}", change(own, mark.what), f"{shares} %",
        expected(own), losses(own),
        spread([r["fixed"] for r in own], whole), spread([r["regressed"] for r in own], whole),
        accuracies(own), cpu_seconds(own), f"{max(r['peak_bytes'] for r in own) / 1e9:.1f}",
        f"{kept} of {len(own)}", commits(own),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


HEADER = (
    "| target | seeds | mark | what | before → after | cut | expected failing | loss | fixed | "
    "regressed | accuracy float, int8, repaired (%) | CPU seconds | GB | mark met | commit |"
)


def page(table: Table, runs: list[Run]) -> str:
    """The whole page."""
    marks = table.marks
    lines = [*_intro(table, runs), HEADER, "|---" * 15 + "|"]
    rows = {name: full_runs(runs, name) for name in marks}
    lines += [_row(name, marks[name], own) for name, own in rows.items() if own]
    lines += few_table(table, runs) if table.few else []
    missed = [n for n, own in rows.items() if any(not met(r, marks[n]) for r in own)]
    reasons = [f"- {name}: {table.reasons[name]}" for name in missed if name in table.reasons]
    if reasons:
        lines += ["", "## What misses its mark, and why", "", *reasons]
    return "\n".join(lines) + "\n"


def _intro(table: Table, runs: list[Run]) -> list[str]:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    kernels = ", ".join(sorted({run["kernels"] for run in runs}))
    filled = PAGE.format(title=table.title, command=table.command, kernels=kernels, machine=machine)
    return filled.split("\n")


def few_table(table: Table, runs: list[Run]) -> list[str]:
    """With few repair samples: no target may end worse, and 100 give most of what all give."""
    lines = [
        "",
        "## With few repair samples",
        "",
        "| target | seeds | what | all | 100 | 10 |",
        "|---|---|---|---|---|---|",
    ]
    for name, mark in table.marks.items():
        own = [r for r in runs if r["target"] == name]
        seeds = set.intersection(*({r["seed"] for r in own if r["asked"] == asked}
                                   for asked in (None, 100, 10)))  # fmt: skip
        if not seeds:
            continue
        cells = [
            change([r for r in own if r["asked"] == asked and r["seed"] in seeds], mark.what)
            for asked in (None, 100, 10)
        ]
        said = ", ".join(str(seed) for seed in sorted(seeds))
        lines.append(f"| {name} | {said} | {mark.what} | {' | '.join(cells)} |")
    return lines


README_HEADER = (
    "| target | seeds | failing, int8 → repaired | loss | accuracy: float, int8, repaired (%) | "
    "samples | commit |"
)


def readme_table(runs: list[Run]) -> str:
    """The README's table: the targets that were run with more than one seed."""
    lines = [README_HEADER, "|---" * 7 + "|"]
    for name in MARKS:
        own = full_runs(runs, name)
        if len(own) > 1:
            lines.append(
                f"| {name} | {len(own)} | {change(own, 'failing')} | {losses(own)} | "
                f"{accuracies(own)} | {own[0]['validation_samples']:,} | {commits(own)} |"
            )
    return "\n".join(lines)


def write_readme(runs: list[Run], path: Path = README) -> None:
    """Put the table between its two markers; raises ValueError where one is missing."""
    write_block(path, BEGIN, END, readme_table(runs))
