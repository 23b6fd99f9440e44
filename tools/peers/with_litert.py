"""litert-quantizer: a file by each of its algorithms, int8 weights and activations, into OUT."""

from __future__ import annotations

from typing import Any

from make_int4 import with_signature

from litert_files import ALGORITHMS, quantize
from peers.job import Job, Quantized, main

LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def configured(job: Any, algorithm: str) -> None:
    """8 bits by min-max, then by the algorithm for the layers that it supports."""
    from litert_quantizer.algorithm_manager import AlgorithmName
    from litert_quantizer.qtyping import QuantGranularity, TFLOperationName

    def add(operation: str, name: str) -> bool:
        key = getattr(AlgorithmName, ALGORITHMS[name])
        kind = getattr(TFLOperationName, operation)
        try:
            job.add_static_config(".*", kind, 8, 8, QuantGranularity.CHANNELWISE, key)
        except ValueError as error:
            print(f"{operation}: {error}")
            return False
        return True

    add("ALL_SUPPORTED", "min_max")
    taken = [layer for layer in LAYERS if algorithm == "min_max" or add(layer, algorithm)]
    if not taken:
        raise SystemExit(f"{algorithm} supports none of the model's layers with 8 bits")


def made(job: Job) -> Quantized:
    """The file itself; mendlite scores it on LiteRT's kernels and its own."""
    source = with_signature(job.model.read_bytes())
    data = quantize(source, job.repair, lambda one, _types: configured(one, job.variant))
    job.out.write_bytes(data)
    return Quantized(run=None, size=len(data))


if __name__ == "__main__":
    main(made)
