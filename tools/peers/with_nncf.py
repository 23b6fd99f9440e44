"""NNCF's post-training quantization of the ONNX file, run by OpenVINO on the CPU."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from peers.job import Job, Quantized, main


def made(job: Job) -> Quantized:
    """Variants: ``fast`` and ``accurate`` bias correction, each also with ``mixed`` ranges."""
    import nncf
    import openvino

    kind, _, preset = job.variant.partition("_")
    quantized = nncf.quantize(
        openvino.Core().read_model(job.model),
        nncf.Dataset(list(job.repair), lambda sample: sample[None]),
        fast_bias_correction=kind == "fast",
        preset=nncf.QuantizationPreset.MIXED if preset else nncf.QuantizationPreset.PERFORMANCE,
        subset_size=len(job.repair),
    )
    compiled = openvino.Core().compile_model(quantized, "CPU")

    def run(sample: Any) -> Any:
        return compiled(sample)[0]

    with tempfile.TemporaryDirectory() as folder:
        openvino.save_model(quantized, Path(folder) / "model.xml", compress_to_fp16=False)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    return Quantized(run=run, size=size)


if __name__ == "__main__":
    main(made)
