"""Make a target of a streaming model: float, badly calibrated int8, recordings, target.toml.

``sww OUT``: MLPerf Tiny's streaming wake word from $MENDLITE_DATA. Its public float model takes a
whole window; the streaming form keeps the rows before in variables. ``twin FILE OUT``: any
streaming int8 file, with the float model computed back from it, and noise as recordings.

The int8 file is calibrated as a converter does it, but on one recording of near
silence: a tenth of the quietest one. Ranges that
no repair may change (the graph's inputs, the input of a LOGISTIC) come from all recordings.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.tflite.reader import read
from streaming.dequantize import dequantize
from streaming.form import streaming
from streaming.graph import load, packed
from streaming.quantize import Range, quantize
from streaming.recordings import recordings, windows

COUNT, FRAMES = 400, 80
"""Recordings, and frames of a noise recording."""

TARGET = """\
name = "{name}"
description = "{description}"

[task]
kind = "{kind}"
verdict = "recording"
window = 5
threshold = {threshold}

[models.float]
file = "{model}"

[models.int8]
file = "int8.tflite"

[data.recordings]
file = "recordings.npz"
inputs = ["x"]

[samples]
repair = {{ from = "recordings", count = 60 }}
selection = {{ from = "recordings", count = 40 }}
validation = {{ from = "recordings" }}
"""


def main() -> None:
    """Make the target that the arguments describe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("sww", "twin"))
    parser.add_argument("file", nargs="?", type=Path, help="twin: the int8 file")
    parser.add_argument("out", type=Path)
    parser.add_argument("--threshold", type=float, default=0.5)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    (_sww if given.kind == "sww" else _twin)(given)


def _sww(given: argparse.Namespace) -> None:
    root = Path(os.environ["MENDLITE_DATA"])
    source = root / "models" / "mlperf_sww" / "str_ww_ref_model_float.tflite"
    specs, labels = windows(root / "sww" / "calibration_samples.npz")
    x, y = recordings(specs, labels, COUNT, seed=0)
    (given.out / "whole.tflite").write_bytes(source.read_bytes())
    _write(given, streaming(load(source)), x, "classification", "MLPerf Tiny's wake word")
    np.savez(given.out / "recordings.npz", x=x, y=y)


def _twin(given: argparse.Namespace) -> None:
    model = load(given.file)
    dequantize(model)
    shape = tuple(int(n) for n in model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape)
    x = _noise(shape[1:], np.random.default_rng(0))
    _write(given, model, x, "multi-label", f"{given.file.stem}, its float model computed back")
    np.savez(given.out / "recordings.npz", x=x)


def _noise(frame: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Recordings f32[n, frames, ...] whose loudness and colour change slowly, from 0 to 26."""
    steps = rng.normal(0, 1, (COUNT, FRAMES, *frame)).astype(np.float32)
    for axis, share in ((1, 0.9), (steps.ndim - 1, 0.8)):
        for place in range(1, steps.shape[axis]):
            here, before = ([slice(None)] * steps.ndim for _ in range(2))
            here[axis], before[axis] = slice(place, place + 1), slice(place - 1, place)
            steps[tuple(here)] = share * steps[tuple(before)] + (1 - share) * steps[tuple(here)]
    spread = steps / steps.std()
    loud = rng.uniform(2, 12, (COUNT, *[1] * (steps.ndim - 1)))
    found: NDArray[np.float32] = np.clip(loud * (1 + spread), 0, 26).astype(np.float32)
    return found


def _write(
    given: argparse.Namespace, model: Any, x: NDArray[np.float32], kind: str, description: str
) -> None:
    data = packed(model)
    (given.out / "float.tflite").write_bytes(data)
    quietest = x[np.argmin(np.abs(x).reshape(len(x), -1).sum(axis=1))][None] * np.float32(0.1)
    every, quiet = _ranges(data, x), _ranges(data, quietest)
    quantize(model, quiet | {t: every[t] for t in _fixed(read(data))})
    (given.out / "int8.tflite").write_bytes(packed(model))
    for name, file in (("target", "float"), ("target_whole", "whole")):
        if (given.out / f"{file}.tflite").exists():
            text = TARGET.format(
                name=given.out.name, description=description, kind=kind, model=f"{file}.tflite",
                threshold=given.threshold,
            )  # fmt: skip
            (given.out / f"{name}.toml").write_text(text, encoding="utf-8")


def _fixed(model: Model) -> list[int]:
    """The tensors whose ranges no repair may change."""
    logistic = [o.inputs[0] for o in model.operators if o.op == "LOGISTIC"]
    return [*model.inputs, *logistic]


def _ranges(data: bytes, x: NDArray[np.float32]) -> dict[int, Range]:
    """Smallest and largest value of every computed float tensor on recordings."""
    model = replace(read(data), frames=x.shape[1])
    tensors = [
        t
        for t in (*model.inputs, *(t for o in model.operators for t in o.outputs))
        if model.tensors[t].dtype.numpy == np.float32
    ]
    rows = x.reshape(-1, *model.tensors[model.inputs[0]].shape[1:])
    values = collect(make_runner("reference", model, Profile.TFLM), [rows], tensors)
    return {t: (float(v.min()), float(v.max())) for t, v in values.items()}


if __name__ == "__main__":
    main()
