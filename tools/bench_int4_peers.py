"""Measure int4 files of litert-quantizer's algorithms beside repaired ones, on the same samples.

Usage: make bench-int4 PEERS=path/to/venv, a Python environment with litert-quantizer 0.11 (numpy
2); also with ARGS="--targets mlperf_ic_a8w4". Each file is made from the target's float model,
calibrated with its repair samples, and scored on mendlite's kernels on its held-out samples. Rows
that are left out keep what docs/benchmarks/int4_peers.json says of them; a row that is there is not
measured again without ``--again``. Needs the real models (MENDLITE_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench_recover import OUT, commit, read_runs, write_page
from int4_peers_table import ALGORITHMS, PEERS_FILE, Row, read_rows
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.case.models import check_models
from mendlite.errors import MendliteError
from mendlite.model.graph import Model
from mendlite.targets.load import load_target
from mendlite.targets.open import CaseOptions, load_case
from mendlite.tflite.reader import read
from recover_marks import INT4, INT4_MARKS

TOOL = Path(__file__).with_name("int4_peer_file.py")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A file that a peer made, empty where it made none, with its reason and its CPU seconds."""

    data: bytes
    why: str
    cpu_seconds: float


OF_DENSE_LAYERS = ("gptq", "oscar")
"""Algorithms that round dense layers alone."""


def has_dense(target: str) -> bool:
    """Whether the target's file has dense layers of 4 bits."""
    return target.endswith(("dense4", "dynamic")) or target == "mobilenet_v2_a8w4"


def algorithms(target: str) -> list[str]:
    """Those that do anything to the target's layers of 4 bits."""
    return [name for name in ALGORITHMS if has_dense(target) or name not in OF_DENSE_LAYERS]


def make(python: Path, float_model: Path, samples: Path, name: str, target: str) -> Made:
    """Quantize in the peer's environment, as the target's own file was."""
    kind = ["--dynamic"] if target.endswith("dynamic") else []
    kind += ["--dense"] if has_dense(target) else []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        out = Path(folder) / "out.tflite"
        command = [python, TOOL, float_model, samples, name, out, *kind]
        quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""}
        child = subprocess.Popen(list(map(str, command)), env=quiet, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = usage.ru_utime + usage.ru_stime
        if os.waitstatus_to_exitcode(status) or not out.is_file():
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:]
            return Made(data=b"", why=(last or ["no file"])[0][-200:], cpu_seconds=seconds)
        return Made(data=out.read_bytes(), why="", cpu_seconds=seconds)


def scored(case: Case, evaluator: Evaluator, data: bytes) -> tuple[Model, Row]:
    """The file, accepted as any int8 or int4 file is, and its figures on the held-out samples."""
    model = read(data)
    check_models(case.name, model, case.reference, case.recipe, allow_other_network=True)
    score = evaluator.score(evaluator.outputs(model))
    return model, {
        "failing": score.failing, "loss": score.loss, "accuracy": score.quality.accuracy
    }  # fmt: skip


def row(case: Case, evaluator: Evaluator, name: str, made: Made) -> Row:
    """What is kept of one file."""
    kept: Row = {
        "target": case.name, "algorithm": name, "bytes": len(made.data), "why": made.why,
        "validation_samples": evaluator.samples.count, "cpu_seconds": made.cpu_seconds,
        "failing": None, "loss": None, "accuracy": None, "commit": commit(),
    }  # fmt: skip
    if made.data:
        try:
            kept |= scored(case, evaluator, made.data)[1]
        except MendliteError as error:
            kept["why"] = str(error)
    return kept


def measure(target: str, names: list[str], python: Path, data: Path) -> list[Row]:
    """The rows of one target."""
    case = load_case(target, CaseOptions(data_root=data))
    evaluator = Evaluator.of(case, case.sets.validation)
    reference = load_target(target, data_root=data).models.float
    if reference is None:
        raise SystemExit(f"{target} has no float model")
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples.npy"
        np.save(samples, case.float_inputs(case.sets.repair)[0].astype(np.float32))
        rows = []
        for name in names:
            made = make(python, Path(reference.path), samples, name, target)
            rows.append(row(case, evaluator, name, made))
            print(json.dumps(rows[-1]), flush=True)
            store(rows[-1])
    return rows


def store(new: Row) -> None:
    """Put one row into the data, and write the page."""
    key = (new["target"], new["algorithm"])
    rows = [r for r in read_rows() if (r["target"], r["algorithm"]) != key] + [new]
    order = list(INT4_MARKS)
    rows.sort(key=lambda r: (order.index(r["target"]), list(ALGORITHMS).index(r["algorithm"])))
    OUT.mkdir(parents=True, exist_ok=True)
    PEERS_FILE.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    write_page(INT4, read_runs(INT4))


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", type=Path, help="environment with litert-quantizer 0.11")
    parser.add_argument("--targets", default="", help="only these, with commas")
    parser.add_argument("--algorithms", default="", help="only these, with commas")
    parser.add_argument("--again", action="store_true", help="measure rows that are there, too")
    chosen = parser.parse_args()
    names = chosen.algorithms.split(",") if chosen.algorithms else list(ALGORITHMS)
    data = Path(os.environ["MENDLITE_DATA"])
    there = {(r["target"], r["algorithm"]) for r in read_rows()}
    for target in chosen.targets.split(",") if chosen.targets else INT4_MARKS:
        wanted = [name for name in algorithms(target) if name in names]
        left = [name for name in wanted if chosen.again or (target, name) not in there]
        if left:
            measure(target, left, chosen.peers / "bin" / "python", data)


if __name__ == "__main__":
    main()
