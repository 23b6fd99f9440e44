"""What every peer's script reads and writes; it runs in the peers' environments.

Usage of each script: python -m SCRIPT VARIANT FLOAT REPAIR VALIDATION OUT. FLOAT is the float model
(.tflite or .onnx), REPAIR and VALIDATION are float32 .npy [N, ...]. OUT gets the outputs on the
validation samples as float32 .npy [N, ...], or the .tflite file that the peer makes. The last line
printed is JSON: CPU seconds of quantizing alone, without imports, and the bytes of the file (0
where the peer writes none that a device runs).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Job:
    """The command line."""

    variant: str
    model: Path
    repair: Any
    validation: Any
    out: Path


@dataclass(frozen=True)
class Quantized:
    """What a peer made: the outputs [1, ...] of one sample [1, ...], and the size of its file.

    ``run`` is None where the file itself was written to OUT.
    """

    run: Callable[[Any], Any] | None
    size: int = 0


def main(quantize: Callable[[Job], Quantized]) -> None:
    """Quantize, time that, and write the outputs."""
    variant, model, repair, validation, out = sys.argv[1:]
    job = Job(variant, Path(model), np.load(repair), np.load(validation), Path(out))
    start = time.process_time()
    made = quantize(job)
    seconds = time.process_time() - start
    if made.run is not None:
        outputs = np.stack([made.run(sample[None])[0] for sample in job.validation])
        with job.out.open("wb") as file:
            np.save(file, outputs.astype(np.float32))
    print(json.dumps({"cpu_seconds": seconds, "bytes": made.size}))
