"""Run the int8 and the int4 file of ResNet-8 on boards under QEMU: bytes, flash and arena.

Usage: make bench-device-int4, or with ARGS="--boards mps2-an386 --samples 100". Compares every
output byte with the host's kernels, and runs the same inputs on TFLite Micro on this computer.
Writes docs/benchmarks/device_int4.md and .json. Needs the real models (MENDLITE_DATA), the cross
compilers and QEMU (tools/install_cross.sh), the package tflite-micro, and
build/mlperf_ic_a8w4/repaired.tflite, made where it is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bench_device import OUT, Row, build, run, table_row
from mendlite.case.preprocess import quantized_inputs
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.packages import TFLM as TFLM_MODULE
from mendlite.packages import version
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.tflm import TflmRunner
from mendlite.targets.load import load_target
from mendlite.targets.samples import load_samples
from mendlite.tflite.reader import read_file

INT8, INT4 = "mlperf_ic", "mlperf_ic_a8w4"
BOARDS = ("mps2-an386", "riscv-virt")
FILES = ("int8", "int4", "repaired")
TFLM = "TFLite Micro on this computer"

HEAD = """# int4 on the device

`make bench-device-int4` makes this page. ResNet-8 with int8 weights, with int4 convolutions, and
the latter repaired, each on the same validation images. Flash is the file; the arena is
what the engine uses of the RAM. Boards are emulated by QEMU; the bytes are the boards' own.

Machine: {machine}. Seed {seed}. Every output byte is compared with the host's kernels, rounding
profile `tflm`. TFLite Micro is the package tflite-micro {tflm}.

| kernels | file | flash | arena | inputs | that differ |
|---|---|---:|---:|---:|---:|
"""


def main() -> None:
    """Measure, and write the page after every row; rows that are not measured now stay."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", default=",".join(BOARDS))
    parser.add_argument("--files", default=",".join(FILES), help="which of them are measured")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chosen = options.files.split(",")
    files = {kind: model for kind, model in files_of().items() if kind in chosen}
    boards = [name for name in options.boards.split(",") if name]
    for name in boards:
        build(name)
    for kernels in (TFLM, *boards):
        for kind, model in files.items():
            inputs = inputs_of(model, options.samples, options.seed)
            row = on_tflm(model, inputs) if kernels == TFLM else run(kernels, model, inputs)
            found = {"kernels": kernels, "file": kind, "flash": len(model.data), **row}
            print(found, flush=True)
            write(found, options.seed)


def write(found: Row, seed: int) -> None:
    """Put one row into the report and the page; ends the program where bytes differ."""
    path = OUT / "device_int4.json"
    report = json.loads(path.read_text()) if path.is_file() else {"rows": []}
    kept = [
        r for r in report["rows"] if (r["kernels"], r["file"]) != (found["kernels"], found["file"])
    ]
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "seed": seed,
        "tflm": version(TFLM_MODULE),
        "rows": sorted([*kept, found], key=lambda r: (r["kernels"], FILES.index(r["file"]))),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    path.with_suffix(".md").write_text(page(report))
    if found["differing"]:
        sys.exit("the bytes differ")


def files_of() -> dict[str, Model]:
    """The three files by name; the repaired one is made where there is none."""
    path = Path("build") / INT4 / "repaired.tflite"
    if not path.is_file():
        command = ["repair", INT4, "--strategy", "least-squares", "--samples", "200", "-q"]
        subprocess.run([sys.executable, "-m", "mendlite", *command], check=True)
    root = Path(os.environ["MENDLITE_DATA"])
    named = {
        kind: load_target(target, data_root=root).models.int8.path
        for kind, target in (("int8", INT8), ("int4", INT4))
    }
    return {kind: read_file(file) for kind, file in {**named, "repaired": path}.items()}


def inputs_of(model: Model, count: int, seed: int) -> list[np.ndarray[Any, Any]]:
    """Validation images as the model takes them."""
    target = load_target(INT8, data_root=Path(os.environ["MENDLITE_DATA"]))
    samples = load_samples(target, seed).validation.take(slice(0, count))
    return [np.asarray(x) for x in quantized_inputs(target.inputs, samples, model)]


def on_tflm(model: Model, inputs: list[np.ndarray[Any, Any]]) -> Row:
    """How many samples differ between TFLite Micro and the host's kernels."""
    outputs = list(model.outputs)
    theirs = collect(TflmRunner(model=model), inputs, outputs)
    ours = collect(ReferenceRunner(model=model, profile=Profile.TFLM), inputs, outputs)
    same = (theirs[outputs[0]] == ours[outputs[0]]).reshape(len(inputs[0]), -1).all(axis=1)
    return {"samples": len(same), "differing": int(len(same) - same.sum())}


def page(report: Row) -> str:
    """The measurement as a page."""
    columns = ("kernels", "file", "flash", "arena", "samples", "differing")
    rows = [table_row([row.get(c, "-") for c in columns]) for row in report["rows"]]
    head = HEAD.format(**{k: report[k] for k in ("machine", "seed", "tflm")})
    return "".join([head, *rows])


if __name__ == "__main__":
    main()
