"""Quantize a float file to 4 bits by one algorithm of litert-quantizer, in its own environment.

Usage: python tools/int4_peer_file.py FLOAT SAMPLES ALGORITHM OUT [--dense] [--dynamic]

SAMPLES is a float32 .npy [N, ...] that calibrates. Layers for which the algorithm has no 4 bits get
those of min-max; depthwise layers keep 8 bits.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from litert_files import ALGORITHMS, quantize

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "docs" / "examples" / "images"))
from make_int4 import with_signature


def configure(job: Any, name: str, *, dense: bool, dynamic: bool) -> None:
    """8 bits, then 4 by min-max, then 4 by the algorithm where it has them."""
    from litert_quantizer.algorithm_manager import AlgorithmName
    from litert_quantizer.qtyping import QuantGranularity, TFLOperationName

    def add(operation: Any, bits: int, algorithm: str) -> None:
        key = getattr(AlgorithmName, ALGORITHMS[algorithm])
        if dynamic:
            job.add_dynamic_config(".*", operation, bits, QuantGranularity.CHANNELWISE, key)
        else:
            job.add_static_config(".*", operation, 8, bits, QuantGranularity.CHANNELWISE, key)

    add(TFLOperationName.ALL_SUPPORTED, 8, "min_max")
    operations = [TFLOperationName.CONV_2D]
    operations += [TFLOperationName.FULLY_CONNECTED] if dense else []
    for operation in operations:
        add(operation, 4, "min_max")
        try:
            add(operation, 4, name)
        except ValueError as error:
            print(f"{operation.value}: {error}")


def main() -> None:
    """Quantize one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("float_model", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("algorithm", choices=list(ALGORITHMS))
    parser.add_argument("out", type=Path)
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--dynamic", action="store_true")
    chosen = parser.parse_args()

    def add(job: Any, _types: Any) -> None:
        configure(job, chosen.algorithm, dense=chosen.dense, dynamic=chosen.dynamic)

    source = with_signature(chosen.float_model.read_bytes())
    data = quantize(source, np.load(chosen.samples).astype(np.float32), add)
    chosen.out.write_bytes(data)


if __name__ == "__main__":
    main()
