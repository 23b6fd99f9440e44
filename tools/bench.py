"""Measure what the README quotes: replay speed, memory, and repairs. Writes build/bench/bench.json.

Usage: make bench, or make bench ARGS="speed memory repair --targets digits". Needs the
real models (MENDLITE_DATA) for all but the digits.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

OUT = Path("build") / "bench"
DATA = Path(os.environ.get("MENDLITE_DATA", ""))
REPAIRS: tuple[tuple[str, ...], ...] = (
    ("digits",),
    ("digits", "--max-bytes", "20"),
    ("digits", "--strategy", "least-squares"),
    ("digits", "--strategy", "reconstruct"),
    ("digits", "--strategy", "margins"),
    ("digits", "--strategy", "bias"),
    ("digits", "--strategy", "qnnrepair"),
    ("ic_imbalanced", "--strategy", "least-squares"),
    ("mlperf_ic", "--strategy", "qnnrepair"),
)
"""Target and options. What ``auto`` does to the public models, make bench-recover says."""

SEEDS = range(5)
KEPT = 3
"""The exit code of a repair that keeps the base; it reports, too."""


def timed(run: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = perf_counter()
    run()
    return perf_counter() - start


def speed(rounds: int = 7) -> dict[str, Any]:
    """Images per second of ResNet-8 on our kernels and on the interpreter's, in turns."""
    from mendlite.replay.package_profiles import reference_profile
    from mendlite.replay.registry import make_runner
    from mendlite.tflite.reader import read_file

    model = read_file(DATA / "models" / "mlperf_ic" / "pretrainedResnet_quant.tflite")
    images = np.load(DATA / "cifar10" / "test.npz")["images"][:2000]
    inputs = [(images.astype(np.int16) - 128).astype(np.int8)]
    output, profile = model.outputs[0], reference_profile()

    def replay(name: str, count: int) -> np.ndarray[Any, Any]:
        runner = make_runner(name, model, profile)
        part = [x[:count] for x in inputs]
        return np.concatenate([v[output] for v in runner.run(part, [output])])

    counts = {"reference": 2000, "interpreter": 200}
    same = np.array_equal(replay("reference", 200), replay("interpreter", 200))
    rates: dict[str, list[float]] = {name: [] for name in counts}
    for _ in range(rounds):
        for name, count in counts.items():
            rates[name].append(count / timed(partial(replay, name, count)))
    found = {name: median(values) for name, values in rates.items()}
    return {
        "model": "mlperf_ic ResNet-8",
        "kernels": {n: make_runner(n, model, profile).kernels for n in counts},
        "images_per_second": found,
        "ratio": found["reference"] / found["interpreter"],
        "outputs_identical": bool(same),
        "rounds": rounds,
    }


def memory_here(samples: int) -> dict[str, Any]:
    """Replay MobileNetV2 in this process and tell its largest memory."""
    from mendlite.case.preprocess import quantized_inputs
    from mendlite.model.rounding import Profile
    from mendlite.replay.registry import make_runner
    from mendlite.targets.load import load_target
    from mendlite.targets.samples import load_samples
    from mendlite.tflite.reader import read_file

    target = load_target("mobilenet_v2", data_root=DATA)
    model = read_file(target.models.int8.path)
    images = quantized_inputs(target.inputs, load_samples(target, 0).validation, model)[0]
    repeated = np.concatenate([images] * -(-samples // len(images)))[:samples]
    runner = make_runner("reference", model, Profile.TFLM)
    seconds = timed(lambda: sum(len(v) for v in runner.run([repeated], [model.outputs[0]])))
    return {
        "model": "mobilenet_v2",
        "samples": samples,
        "seconds": seconds,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def memory() -> dict[str, Any]:
    """``memory_here`` on 1,000 images, in a process of its own."""
    command = [sys.executable, __file__, "memory-here"]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=-1).stdout)
    return found


def repair(target: str, options: tuple[str, ...], seed: int) -> dict[str, Any]:
    """One repair through the command line."""
    command = [
        str(Path(sys.executable).parent / "mendlite"), "repair", target, *options,
        "--seed", str(seed), "--out", str(OUT / "-".join((target, *options))), "--json", "--quiet",
    ]  # fmt: skip
    start = perf_counter()
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    if done.returncode not in (0, KEPT):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    report = json.loads(done.stdout)
    found = report["validation"]
    return {
        "seed": seed,
        "kernels": report["kernels"],
        "samples": found["samples"],
        "before": found["int8"]["failing"],
        "failing": found["repaired"]["failing"],
        "fixed": found["repaired"]["fixed"],
        "regressed": found["repaired"]["regressed"],
        "bytes_changed": report["repair"]["bytes_changed"],
        "seconds": perf_counter() - start,
    }


FIGURES = ("before", "failing", "fixed", "regressed", "bytes_changed", "seconds")


def repairs(target: str, options: tuple[str, ...]) -> dict[str, Any]:
    """Median and range of each figure of a repair, over the seeds."""
    runs = [repair(target, options, seed) for seed in SEEDS]
    spread = {name: [run[name] for run in runs] for name in FIGURES}
    return {
        "repair": " ".join((target, *options)),
        "runs": runs,
        **{name: [median(v), min(v), max(v)] for name, v in spread.items()},
    }


def _line(found: dict[str, Any]) -> str:
    if "repair" not in found:
        return json.dumps(found)
    shown = []
    for name in FIGURES:
        middle, low, high = found[name]
        shown.append(f"{name} {middle:.4g} ({low:.4g} ... {high:.4g})")
    return f"{found['repair']:36} {', '.join(shown)}; median and range of {len(SEEDS)} seeds"


def main() -> None:
    """Run what is asked for and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["speed", "memory", "repair"])
    parser.add_argument("--targets", default="", help="only these targets, with commas")
    options = parser.parse_args()
    if options.parts == ["memory-here"]:
        print(json.dumps(memory_here(1000)))
        return
    found: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count()}
    wanted = set(filter(None, options.targets.split(",")))
    if "speed" in options.parts:
        found["speed"] = speed()
        print(_line(found["speed"]), flush=True)
    if "memory" in options.parts:
        found["memory"] = memory()
        print(_line(found["memory"]), flush=True)
    if "repair" in options.parts:
        found["repairs"] = []
        for target, *given in REPAIRS:
            if not wanted or target in wanted:
                found["repairs"].append(repairs(target, tuple(given)))
                print(_line(found["repairs"][-1]), flush=True)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "bench.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
