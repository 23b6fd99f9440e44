"""Measure other quantizers beside repaired files: the same float models, the same samples.

Usage: make bench-peers, also with ARGS="--targets mlperf_ic --peers NNCF,AIMET --slow". Each peer
quantizes the target's float model in an environment of its own (tools/peers.sh), calibrated with
the target's repair samples of seed 0; every figure is of the held-out samples of seed 0. The best
file of litert-quantizer is repaired, too. Writes docs/benchmarks/peers.json and peers.md; rows that
are left out stay (`--peers ours` measures the published file and its repair alone). Needs the real
models (MENDLITE_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from peers.scored import Bench, Found, empty, of_file, of_outputs
from peers.table import OURS, PUBLISHED, REPAIRED, store
from peers.tools import PEERS, Made, Peer, run, to_onnx

TARGETS = (
    "mlperf_ic", "mltk_ic", "ic_imbalanced", "kws_imbalanced", "kws_one_sample", "mlperf_kws",
    "mnist_conv_fc", "cifar_resnet20",
)  # fmt: skip
SHIPPED = Path("targets") / "models"
TIMED = Path(__file__).with_name("repair_seconds.py")
INT8 = re.compile(r'\[models.int8\]\nfile = ".*"\nsha256 = ".*"')


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What peers quantize, in one folder with the samples; ``lack`` says why there is no ONNX."""

    folder: Path
    tflite: Path
    onnx: Path
    lack: str

    @staticmethod
    def of(bench: Bench, folder: Path) -> Sources:
        """Writes samples and the ONNX file."""
        case = bench.case
        for name, samples in (("repair", case.sets.repair), ("validation", case.sets.validation)):
            np.save(folder / f"{name}.npy", case.float_inputs(samples)[0].astype(np.float32))
        onnx = folder / "float.onnx"
        lack = to_onnx(bench.float_file, onnx)
        return Sources(folder=folder, tflite=bench.float_file, onnx=onnx, lack=lack)


def repaired(target: str, folder: Path) -> tuple[bytes, Made]:
    """`mendlite repair` of a target, by its name or its file."""
    alone = folder.parent / f"{folder.name}_seconds.json"
    command = [
        sys.executable, str(TIMED), str(alone), "repair", target, "--seed", "0", "--quiet",
        "--out", str(folder), "--allow-other-network", "--allow-outside",
    ]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    file = folder / "repaired.tflite"
    if not file.is_file():
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return b"", Made(cpu_seconds=seconds, size=0, why=last[-200:])
    data = file.read_bytes()
    steps = json.loads(alone.read_text(encoding="utf-8"))["cpu_seconds"]
    return data, Made(cpu_seconds=seconds, size=len(data), alone=steps)


def with_file(name: str, data: bytes, folder: Path) -> Path:
    """A target like the named one, with another int8 file."""
    text = (SHIPPED / name / "target.toml").read_text(encoding="utf-8")
    file = folder / "int8.tflite"
    file.write_bytes(data)
    other = f'[models.int8]\nfile = "{file}"\nsha256 = "{sha256(data).hexdigest()}"'
    path = folder / "target.toml"
    path.write_text(INT8.sub(other, text), encoding="utf-8")
    return path


def of_peer(bench: Bench, sources: Sources, peer: Peer, variant: str) -> tuple[Found, bytes]:
    """One variant's row, and its .tflite file where it makes one."""
    out = sources.folder / f"{peer.environment}-{variant}"
    lack = sources.lack if peer.from_onnx else ""
    source = sources.onnx if peer.from_onnx else sources.tflite
    made = Made(cpu_seconds=0.0, size=0, why=lack)
    if not lack:
        made = run(peer, variant, source, sources.folder, out)
    if made.why:
        return Found(row=empty(bench, peer.name, variant, made), failed=None), b""
    if peer.writes_tflite:
        data = out.read_bytes()
        return of_file(bench, data, peer.name, variant, made), data
    return of_outputs(bench, np.load(out), peer.name, variant, made), b""


def of_ours(bench: Bench, folder: Path) -> Iterator[Found]:
    """The published file and its repair."""
    data = bench.case.quantized.data
    yield of_file(bench, data, PUBLISHED, "", Made(cpu_seconds=0.0, size=len(data)))
    data, made = repaired(bench.name, folder / "ours")
    yield of_file(bench, data, OURS, "auto", made)


def of_start(bench: Bench, data: bytes, folder: Path) -> Found:
    """A peer's file, repaired: where nothing makes it better, as it is."""
    start = folder / "start"
    start.mkdir()
    path = with_file(bench.name, data, start)
    better, made = repaired(str(path), folder / "both")
    kept = replace(made, size=len(data), why="")
    return of_file(bench, better or data, REPAIRED, "auto", made if better else kept)


def measured(bench: Bench, peers: list[Peer], *, slow: bool) -> Iterator[Found]:
    """All rows of one target, ours first."""
    with tempfile.TemporaryDirectory() as place:
        yield from of_ours(bench, Path(place))
        if not peers:
            return
        sources, files = Sources.of(bench, Path(place)), []
        for peer in peers:
            for variant in peer.variants:
                if slow or variant not in peer.slow:
                    found, data = of_peer(bench, sources, peer, variant)
                    files += [(found.row["failing"], data)] if data and not found.row["why"] else []
                    yield found
        if files:
            yield of_start(bench, min(files, key=lambda each: each[0])[1], sources.folder)


def main() -> None:
    """Measure the chosen targets, each row written as it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", default=",".join(TARGETS))
    parser.add_argument("--peers", default=",".join(peer.name for peer in PEERS))
    parser.add_argument("--slow", action="store_true", help="variants of many minutes, too")
    chosen = parser.parse_args()
    names = chosen.peers.split(",")
    for name in chosen.targets.split(","):
        bench = Bench.of(name, Path(os.environ["MENDLITE_DATA"]))
        ours = None
        for found in measured(bench, [p for p in PEERS if p.name in names], slow=chosen.slow):
            ours = found if found.row["tool"] == OURS else ours
            row = found.against(ours)
            store(row)
            print(row, flush=True)


if __name__ == "__main__":
    main()
