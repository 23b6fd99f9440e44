"""Measure what repair recovers, against the marks it was built for. Writes docs/benchmarks/.

Usage: make bench-recover (or bench-int4), also with ARGS="--targets mlperf_ic,mltk_ic --seeds 0,1".
Runs that are left out keep what docs/benchmarks/recover.json says of them. Needs the real models
(MENDLITE_DATA). Every figure is of held-out validation samples.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from int4_peers_table import read_rows, section
from recover_marks import EDITED, INT4, INT8, LONG, Run, Table, cut, met
from recover_page import change, page, percent, write_readme

OUT = Path("docs") / "benchmarks"
FEW = (10, 100)
"""Repair samples of the runs with few."""

SEEDS = "0,1,2,3,4"

KEPT = 3
"""The exit code of a repair that keeps the base, since nothing made it better; it reports, too."""


def repair(target: str, seed: int, samples: int | None, options: tuple[str, ...]) -> Run:
    """One repair through the command line, with its largest memory."""
    more = [*options, *([] if samples is None else ["--samples", str(samples)])]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as answer:
        command = [
            str(Path(sys.executable).parent / "mendlite"), "repair", target, "--seed", str(seed),
            "--out", folder, "--json", "--quiet", *more,
        ]  # fmt: skip
        start = perf_counter()
        child = subprocess.Popen(command, stdout=answer)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in (0, KEPT):
            raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
        answer.seek(0)
        report = json.load(answer)
    found = report["validation"]
    before, after = found["int8"], found["repaired"]
    return {
        "target": target,
        "seed": seed,
        "repair_samples": report["repair"]["samples"],
        "asked": samples,
        "kernels": report["kernels"],
        "validation_samples": found["samples"],
        "failing": [before["failing"], after["failing"]],
        "expected": expected(found),
        "fixed": after["fixed"],
        "regressed": after["regressed"],
        "loss_name": found["loss_name"],
        "loss": [before["loss"], after["loss"]],
        "rms": [before["rms"], after["rms"]],
        "accuracy": [found["float"]["accuracy"], before["accuracy"], after["accuracy"]],
        "mcnemar_p": after["mcnemar_p"],
        "bytes_changed": report["repair"]["bytes_changed"],
        "accepted": [step["name"] for step in report["steps"] if step["accepted"]],
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
        "versions": report["versions"],
        "bytes": report["files"]["int8"]["bytes"],
        "commit": commit(),
    }


def expected(validation: dict[str, Any]) -> list[float] | None:
    """Expected failing tests before and after; None of another task than classification."""
    found = validation["expected"]
    return found and [found[file]["failing"] for file in ("int8", "repaired")]


def commit() -> str:
    """The commit that is measured, with a + where the tree holds other changes to the code."""
    command = ["git", "describe", "--always", "--abbrev=7", "--exclude=*"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "toolchain"], check=False)
    return found + ("+" if changed.returncode else "")


def write(table: Table, runs: list[Run]) -> None:
    """The page, its data and, where the table is in the README, that."""
    OUT.mkdir(parents=True, exist_ok=True)
    order = list(table.marks)
    runs.sort(key=lambda r: (order.index(r["target"]), r["asked"] or 10**9, r["seed"]))
    stored_runs(table).write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    write_page(table, runs)
    if table.in_readme:
        write_readme(runs)


def write_page(table: Table, runs: list[Run]) -> None:
    """The page alone; that of int4 files has other tools' beside ours."""
    peers = section(read_rows(), runs) if table is INT4 else ""
    title = f"# {table.title}\n\n`{table.command}` writes this page.\n"
    own = page(table, runs) if runs else title
    (OUT / f"{table.name}.md").write_text(own + peers, encoding="utf-8")


def stored_runs(table: Table) -> Path:
    """The file with the runs of a page."""
    return OUT / f"{table.name}.json"


def read_runs(table: Table) -> list[Run]:
    """The runs that were measured before."""
    path = stored_runs(table)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def jobs(target: str, seeds: list[int], *, few: bool) -> list[tuple[int, int | None]]:
    """(seed, repair samples or None for all) of each run of a target."""
    found: list[tuple[int, int | None]] = [(seed, None) for seed in seeds]
    if few and target not in LONG:
        found += [(seed, samples) for seed in seeds for samples in FEW]
    return found


def main() -> None:
    """Run what is asked for, and write the page after every run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--int4", action="store_true", help="the targets with int4 weights")
    parser.add_argument("--targets", default="", help="only these, with commas")
    parser.add_argument("--seeds", default=SEEDS)
    parser.add_argument("--no-few", action="store_true", help="leave out the runs with few samples")
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    parser.add_argument("--edited", action="store_true", help="with --edit-graph or --edit-inputs")
    options = parser.parse_args()
    table = INT4 if options.int4 else EDITED if options.edited else INT8
    runs = read_runs(table)
    if options.page:
        write(table, runs)
        return
    seeds = [int(seed) for seed in options.seeds.split(",")]
    few = table.few and not options.no_few
    for target in options.targets.split(",") if options.targets else table.marks:
        for seed, samples in jobs(target, seeds, few=few):
            run = repair(target, seed, samples, table.marks[target].options)
            key = (target, seed, samples)
            runs = [r for r in runs if (r["target"], r["seed"], r["asked"]) != key] + [run]
            write(table, runs)
            mark = table.marks[target]
            print(
                f"{target:22} seed {seed} samples {run['repair_samples']:5} "
                f"{change([run], mark.what):22} {percent(cut(run, mark.what)):>6} % "
                f"{'met' if met(run, mark) else 'not met'} {run['seconds']:.0f} s",
                flush=True,
            )
    print(page(table, runs))


if __name__ == "__main__":
    main()
