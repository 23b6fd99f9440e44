"""Make the target digits_int16: the digits' float model with int16 activations, quantized badly.

By litert-quantizer, as people do who get it wrong: one scale for all of a layer's weights, and
calibration images of a single class, so the ranges are too narrow for the others. Needs
litert-quantizer, in an environment of its own (tools/litert.sh makes it). The same versions give
the same file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from litert_quantizer.algorithm_manager import AlgorithmName
from litert_quantizer.qtyping import QuantGranularity, TFLOperationName
from litert_quantizer.quantizer import Quantizer

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "examples" / "images"))

from make_int4 import calibrated, with_signature  # noqa: E402 - it lies in the examples

CLASS, IMAGES = 1, 4
"""The calibration images: so many ones of the training images."""

TRAINING = 500
"""Images that the network was trained on (make_digits_target.py)."""


def main() -> None:
    """Write int16.tflite."""
    digits = ROOT / "targets" / "models" / "digits"
    stored = np.load(digits / "digits.npz")
    images, labels = stored["images"][:TRAINING], stored["labels"][:TRAINING]
    chosen = images[labels == CLASS][:IMAGES].astype(np.float32) / 16
    source = with_signature((digits / "float.tflite").read_bytes())
    job = Quantizer(bytearray(source))
    method = QuantGranularity.TENSORWISE, AlgorithmName.MIN_MAX_UNIFORM_QUANT
    job.add_static_config(".*", TFLOperationName.ALL_SUPPORTED, 16, 8, *method)
    data = calibrated(job, source, chosen)
    (ROOT / "targets" / "models" / "digits_int16" / "int16.tflite").write_bytes(data)


if __name__ == "__main__":
    main()
