"""Repair a target as other machines would and compare the files, bit by bit.

Usage: python tools/compare_machines.py digits [--settings haswell,nehalem,no-simd] [--trace]
       [--python /other/bin/python ...] [-- options of mendlite repair]

Each setting is a process of its own: ``OPENBLAS_CORETYPE`` chooses BLAS's kernels,
``OPENBLAS_NUM_THREADS`` and ``--jobs`` the threads, ``NPY_DISABLE_CPU_FEATURES`` takes numpy's own
SIMD code away. ``nehalem`` and ``no-simd`` run all layers on numpy, as a machine without a C
compiler does, the others compiled. Prints one digest a setting and exits 1 where they differ or
there is none; --trace then names the first function of mendlite that returned another value.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]

SETTINGS: Mapping[str, Mapping[str, str]] = {
    "nehalem": {"OPENBLAS_CORETYPE": "Nehalem", "MENDLITE_KERNELS": "numpy"},
    "haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "skylakex": {"OPENBLAS_CORETYPE": "SkylakeX"},
    "zen": {"OPENBLAS_CORETYPE": "Zen"},
    "one-thread": {"OPENBLAS_NUM_THREADS": "1", "JOBS": "1"},
    "two-threads": {"OPENBLAS_NUM_THREADS": "2", "JOBS": "2"},
    "no-simd": {
        "OPENBLAS_CORETYPE": "Nehalem",
        "MENDLITE_KERNELS": "numpy",
        "NPY_DISABLE_CPU_FEATURES": "SSSE3 SSE41 POPCNT SSE42 AVX F16C FMA3 AVX2",
    },
}

NEEDS = {"haswell": "avx2", "zen": "avx2", "skylakex": "avx512f", "no-simd": "sse4_2"}
"""What the processor must have (``/proc/cpuinfo``) for a setting to run."""


def runs_here(setting: str) -> bool:
    """Whether this processor has the instructions of a setting."""
    flags = Path("/proc/cpuinfo").read_text().partition("flags")[2].partition("\n")[0].split()
    return NEEDS.get(setting, "sse4_2") in flags


def environment(setting: str) -> tuple[dict[str, str], list[str]]:
    """The child's environment and what it adds to the command."""
    own = dict(SETTINGS[setting])
    jobs = own.pop("JOBS", "1")
    kept = {k: v for k, v in os.environ.items() if k != "NPY_DISABLE_CPU_FEATURES"}
    path = os.pathsep.join(filter(None, [str(ROOT / "toolchain"), kept.get("PYTHONPATH", "")]))
    return {**kept, **own, "PYTHONPATH": path}, ["--jobs", jobs]


def repaired(python: str, setting: str, command: list[str], trace: Path | None = None) -> str:
    """The SHA-256 of the file that one setting makes, or what kept it from making one."""
    variables, extra = environment(setting)
    with tempfile.TemporaryDirectory() as folder:
        begin = [python, "-W", "ignore", __file__, "--child", str(trace or "")]
        done = subprocess.run(
            [*begin, *command, *extra, "--out", folder],
            env=variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        file = Path(folder) / "repaired.tflite"
        if not file.exists():
            last = (done.stderr.strip() or done.stdout.strip() or "nothing was said").splitlines()
            return f"exit {done.returncode}: {last[-1]}"
        return hashlib.sha256(file.read_bytes()).hexdigest()


def digests(value: Any, depth: int = 3) -> Iterator[str]:
    """What a returned value consists of; nothing of what holds times, paths or code."""
    if isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}:{hashlib.sha256(value.tobytes()).hexdigest()[:12]}"
    elif isinstance(value, (int, float, np.generic)):
        number: Any = value
        yield float(number).hex()
    elif isinstance(value, (list, tuple)) and depth:
        for part in value:
            yield from digests(part, depth - 1)
    elif isinstance(value, dict) and depth:
        for part in value.values():
            yield from digests(part, depth - 1)
    elif is_dataclass(value) and depth:
        for field in fields(value):
            if field.name not in {"seconds", "begun", "versions"}:
                yield from digests(getattr(value, field.name, None), depth - 1)


def recorder(file: Any) -> Callable[[Any, str, Any], None]:
    """A profiler that writes one line for every value that a function of mendlite returns."""

    def record(frame: Any, event: str, value: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "return" and module.startswith("mendlite.") and ".cli" not in module:
            parts = list(digests(value))
            if parts:
                print(f"{module}.{frame.f_code.co_name}", *parts[:40], file=file)

    return record


def child(trace: str, arguments: list[str]) -> None:
    """Run ``mendlite repair`` in this process, traced where a file is named."""
    from mendlite.cli import main

    sys.argv = ["mendlite", "repair", *arguments]
    if not trace:
        main()
        return
    with Path(trace).open("w") as file:
        sys.setprofile(recorder(file))
        try:
            main()
        finally:
            sys.setprofile(None)


def first_difference(first: Path, second: Path) -> str:
    """The first line of two traces that differs, with what came before it."""
    before: list[str] = []
    with first.open() as a, second.open() as b:
        for number, (x, y) in enumerate(zip(a, b, strict=False)):
            if x != y:
                tail = "".join(f"    {line}" for line in before[-6:])
                return f"value {number}:\n{tail}  - {x}  + {y}"
            before.append(x.split()[0] + "\n")
    return "the traces agree as far as both go"


def main() -> int:
    """Compare the settings; 1 where two make different files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target")
    parser.add_argument("--settings", default=",".join(SETTINGS))
    parser.add_argument("--python", action="append", default=[])
    parser.add_argument("--trace", action="store_true")
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = parser.parse_args(arguments[:end])
    command = [given.target, "-q", *arguments[end + 1 :]]
    runs = [(python, name) for python in given.python or [sys.executable]
            for name in given.settings.split(",") if runs_here(name)]  # fmt: skip
    found = {}
    for python, name in runs:
        found[python, name] = repaired(python, name, command)
        print(f"{name:12} {python:40} {found[python, name]}", flush=True)
    for name in given.settings.split(","):
        if not runs_here(name):
            print(f"{name:12} left out: this processor has no {NEEDS[name]}")
    others = [run for run in runs if found[run] != found[runs[0]]]
    if others and given.trace:
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / f"{n}.txt" for n in range(2)]
            for (python, name), file in zip((runs[0], others[0]), files, strict=True):
                repaired(python, name, command, file)
            print(f"{runs[0][1]} and {others[0][1]} part at {first_difference(*files)}")
    made = all(digest.isalnum() for digest in found.values())
    return 0 if made and not others else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
