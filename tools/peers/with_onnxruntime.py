"""ONNX Runtime's static quantization (QDQ, int8, scales per channel), run by ONNX Runtime."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from peers.job import Job, Quantized, main

METHODS = {"min_max": "MinMax", "entropy": "Entropy", "percentile": "Percentile"}


def made(job: Job) -> Quantized:
    """Variants: how ranges are calibrated; with ``_tensor`` one scale a weight tensor."""
    import onnxruntime
    from onnxruntime.quantization import (
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    method, tensor, _ = job.variant.partition("_tensor")

    name = onnxruntime.InferenceSession(str(job.model)).get_inputs()[0].name

    class Reader:
        """The samples, one after the other."""

        def __init__(self) -> None:
            self.left = iter(job.repair)

        def get_next(self) -> dict[str, Any] | None:
            sample = next(self.left, None)
            return None if sample is None else {name: sample[None]}

        def __len__(self) -> int:
            return len(job.repair)

        def set_range(self, start_index: int, end_index: int) -> None:
            self.left = iter(job.repair[start_index:end_index])

    with tempfile.TemporaryDirectory() as folder:
        prepared, file = (Path(folder) / name for name in ("prepared.onnx", "quantized.onnx"))
        # As its documentation advises: constants folded, batch norms merged, shapes known.
        quant_pre_process(str(job.model), str(prepared))
        quantize_static(
            str(prepared), str(file), Reader(), quant_format=QuantFormat.QDQ,
            per_channel=not tensor, activation_type=QuantType.QInt8, weight_type=QuantType.QInt8,
            calibrate_method=getattr(CalibrationMethod, METHODS[method]),
        )  # fmt: skip
        data = file.read_bytes()
    session = onnxruntime.InferenceSession(data)

    def run(sample: Any) -> Any:
        return session.run(None, {name: sample})[0]

    return Quantized(run=run, size=len(data))


if __name__ == "__main__":
    main(made)
