"""Measure what repair recovers, against the marks it was built for. Writes docs/benchmarks/.

Usage: make bench-recover, or make bench-recover ARGS="--targets mlperf_ic,mltk_ic --seeds 0". Runs
that are left out keep what docs/benchmarks/recover.json says of them. Needs the real models
(MENDLITE_DATA). Every figure is of validation samples that no step has seen.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

OUT = Path("docs") / "benchmarks"
FEW = (10, 100)
"""Repair samples of the runs with few."""

Run = dict[str, Any]


def cut(run: Run, what: str = "failing") -> float:
    """Share of the failing tests (or of the loss, the RMS) that is gone."""
    before, after = run[what]
    return (before - after) / before if before else 0.0


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a target is held against: the share to cut of ``what``, and a further condition."""

    share: float
    what: str = "failing"
    also: str = ""
    holds: Callable[[Run], bool] = lambda _run: True
    minutes: float = 3.0


def within(points: float) -> Callable[[Run], bool]:
    """Accuracy within so many points of float's."""
    return lambda run: run["accuracy"][0] - run["accuracy"][2] <= points / 100 + 1e-9


def like_float(run: Run) -> bool:
    """Accuracy not below int8's, and McNemar's test sees no difference from float."""
    return run["accuracy"][2] >= run["accuracy"][1] and run["mcnemar_p"] > 0.05


MARKS = {
    "mlperf_ic": Mark(share=0.6, also="accuracy >= int8's, p > 0.05", holds=like_float, minutes=1),
    "mltk_ic": Mark(share=0.6, also="accuracy within 0.3", holds=within(0.3), minutes=1),
    "mnist_conv_fc": Mark(share=0.6, also="accuracy within 0.2", holds=within(0.2)),
    "ic_imbalanced": Mark(share=0.75, also="accuracy within 0.3", holds=within(0.3), minutes=1),
    "ic_imbalanced_dynamic": Mark(
        share=0.75, also="accuracy within 0.3", holds=within(0.3), minutes=1
    ),
    "kws_imbalanced": Mark(share=0.9, also="accuracy within 0.5", holds=within(0.5)),
    "kws_one_sample": Mark(share=0.45),
    "mlperf_kws": Mark(share=0.5, what="loss", also="no more failing", holds=lambda r: cut(r) >= 0),
    "mlperf_vww": Mark(share=0.5, what="loss", also="no more failing", holds=lambda r: cut(r) >= 0),
    "mlperf_ad": Mark(share=0.4, what="rms"),
    "hello_world": Mark(share=0.4, what="rms"),
    "mobilenet_v2": Mark(
        share=0.4, also="6 GB", holds=lambda run: run["peak_bytes"] <= 6e9, minutes=15
    ),
}
ONCE = {"mobilenet_v2"}
"""Targets that take minutes: one seed, and no runs with few samples."""

REASONS: dict[str, str] = {
    "ic_imbalanced": (
        "with seed 1 the accuracy is 0.32 points below float's, 16 of 5,000 images: of the 95 "
        "tests that still fail more are lost than won, and a paired test does not tell that "
        "from chance (p 0.08). The failing tests meet their mark."
    ),
    "mlperf_ic": (
        "more than half of what is left comes from AVERAGE_POOL_2D, whose kernel wants the "
        "parameters of the sum before it: means of 64 values are rounded to the steps of their "
        "largest. Finer steps clip the sum, at the same cost (`mendlite analyze`, cost of each "
        "activation). Weights can follow rounding on average, not sample by sample."
    ),
    "mltk_ic": "as mlperf_ic: the pool behind the last sum.",
    "kws_one_sample": (
        "the input's range came from one sample and is the caller's contract: what it clips costs "
        "KL 0.014 by itself (`mendlite analyze`, cannot be edited), more than all that is left. "
        "5 to 10 failing tests of 250 move by two or three from seed to seed."
    ),
    "mlperf_kws": (
        "the published float file is itself a hybrid: its kernels round activations at run time, "
        "KL 0.0024 on these samples against its own weights in float32, which no file can follow."
    ),
}
"""Why a mark is missed, as far as it was found out."""


def repair(target: str, seed: int, samples: int | None) -> Run:
    """One repair through the command line, with its largest memory."""
    more = [] if samples is None else ["--samples", str(samples)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as answer:
        command = [
            str(Path(sys.executable).parent / "mendlite"), "repair", target, "--seed", str(seed),
            "--out", folder, "--json", "--quiet", *more,
        ]  # fmt: skip
        start = perf_counter()
        child = subprocess.Popen(command, stdout=answer)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = perf_counter() - start
        if status != 0:
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
        "peak_bytes": usage.ru_maxrss * 1024,
        "versions": report["versions"],
    }


def percent(share: float | None) -> str:
    """A share as a percentage with one digit."""
    return "-" if share is None else f"{100 * share:.1f}"


def describe(run: Run, mark: Mark) -> str:
    """What one run changed of what its mark counts."""
    if mark.what == "failing":
        return f"{run['failing'][0]} → {run['failing'][1]}"
    before, after = run[mark.what]
    return f"{before:.4g} → {after:.4g}"


def met(run: Run, mark: Mark) -> bool:
    """Whether a run holds its mark."""
    return cut(run, mark.what) >= mark.share and mark.holds(run)


PAGE = """# What repair recovers

`make bench-recover` writes this page. Validation samples that no step has seen, strategy `auto`
with defaults, kernels {kernels}; {machine}. A test fails where the class differs from float's
(regression: an output is further away than a step of it; autoencoder: the anomaly score differs
by more than 5 %).
"""

HEADER = (
    "| target | seed | mark | what | before → after | cut | fixed | regressed | "
    "accuracy float, int8, repaired | p | seconds | GB | met |"
)


def table(runs: list[Run]) -> str:
    """The whole page."""
    full = [run for run in runs if run["asked"] is None]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    kernels = ", ".join(sorted({run["kernels"] for run in full}))
    lines = [*PAGE.format(kernels=kernels, machine=machine).split("\n"), HEADER, "|---" * 13 + "|"]
    for name, mark in MARKS.items():
        for run in sorted((r for r in full if r["target"] == name), key=lambda r: r["seed"]):
            what = {"failing": "failing", "loss": run["loss_name"], "rms": "RMS"}[mark.what]
            p = "-" if run["mcnemar_p"] is None else f"{run['mcnemar_p']:.2f}"
            also = f", {mark.also}" if mark.also else ""
            lines.append(
                f"| {name} | {run['seed']} | {percent(mark.share)} %{also} | {what} of "
                f"{run['validation_samples']} | {describe(run, mark)} | "
                f"{percent(cut(run, mark.what))} % | {run['fixed']} | {run['regressed']} | "
                f"{', '.join(percent(a) for a in run['accuracy'])} | {p} | {run['seconds']:.0f} | "
                f"{run['peak_bytes'] / 1e9:.1f} | {'yes' if met(run, mark) else '**no**'}"
                f"{'' if run['seconds'] <= 60 * mark.minutes else ', slow'} |"
            )
    lines += few_table(runs)
    missed = {r["target"] for r in full if not met(r, MARKS[r["target"]])}
    reasons = [f"- {name}: {REASONS[name]}" for name in MARKS if name in missed & REASONS.keys()]
    if reasons:
        lines += ["", "## What misses its mark, and why", "", *reasons]
    return "\n".join(lines) + "\n"


def few_table(runs: list[Run]) -> list[str]:
    """With few repair samples: no target may end worse, and 100 give most of what all give."""
    lines = [
        "",
        "## With few repair samples (seed 0)",
        "",
        "| target | what | all | 100 | 10 | cut with 100, of that with all | worse with 10 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, mark in MARKS.items():
        own = {run["asked"]: run for run in runs if run["target"] == name and run["seed"] == 0}
        if not {None, *FEW} <= own.keys():
            continue
        most, some, least = own[None], own[100], own[10]
        whole = cut(most, mark.what)
        share = f"{100 * cut(some, mark.what) / whole:.0f} %" if whole > 0 else "-"
        lines.append(
            f"| {name} | {mark.what} | {describe(most, mark)} | {describe(some, mark)} | "
            f"{describe(least, mark)} | {share} | "
            f"{'**yes**' if cut(least, mark.what) < 0 else 'no'} |"
        )
    return lines


def write(runs: list[Run]) -> None:
    """The page and its data."""
    OUT.mkdir(parents=True, exist_ok=True)
    order = list(MARKS)
    runs.sort(key=lambda r: (order.index(r["target"]), r["asked"] or 10**9, r["seed"]))
    (OUT / "recover.json").write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    (OUT / "recover.md").write_text(table(runs), encoding="utf-8")


def main() -> None:
    """Run what is asked for, and write the page after every run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", default=",".join(MARKS), help="only these, with commas")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--no-few", action="store_true", help="leave out the runs with few samples")
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    options = parser.parse_args()
    stored = OUT / "recover.json"
    runs: list[Run] = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else []
    if options.page:
        write(runs)
        return
    for target in options.targets.split(","):
        seeds = [int(seed) for seed in options.seeds.split(",")]
        jobs: list[tuple[int, int | None]] = [(seed, None) for seed in seeds]
        if target in ONCE:
            jobs = jobs[:1]
        elif not options.no_few:
            jobs += [(0, few) for few in FEW]
        for seed, samples in jobs:
            run = repair(target, seed, samples)
            key = (target, seed, samples)
            runs = [r for r in runs if (r["target"], r["seed"], r["asked"]) != key] + [run]
            write(runs)
            mark = MARKS[target]
            print(
                f"{target:22} seed {seed} samples {run['repair_samples']:5} "
                f"{describe(run, mark):22} {percent(cut(run, mark.what)):>6} % "
                f"{'met' if met(run, mark) else 'not met'} {run['seconds']:.0f} s",
                flush=True,
            )
    print(table(runs))


if __name__ == "__main__":
    main()
