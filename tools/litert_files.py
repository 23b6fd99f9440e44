"""Quantize a float file by every algorithm of litert-quantizer, and run files on LiteRT.

Needs litert-quantizer (tools/litert.sh). ``make FLOAT SAMPLES OUT`` writes one file a case into
the folder OUT; ``run FOLDER SAMPLES OUT`` runs each .tflite of a folder that LiteRT can run and
writes NAME.npz with the outputs of the reference kernels and of the default ones, ``ref`` and
``auto``. SAMPLES is a float32 .npy [N, ...].
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALGORITHMS = {
    "min_max": "MIN_MAX_UNIFORM_QUANT",
    "octav": "OCTAV",
    "mse": "MSE",
    "gptq": "GPTQ",
    "oscar": "OSCAR",
    "hadamard": "HADAMARD_ROTATION",
    "decomposed_hadamard": "DECOMPOSED_HADAMARD_ROTATION",
}
"""Those of 0.11 that quantize weights, by a short name of ours."""


def quantize(source: bytes, samples: NDArray[np.float32], add: Callable[..., None]) -> bytes:
    """One file: ``add`` configures the ``Quantizer``, which is calibrated where it must be."""
    from litert_quantizer import qtyping, quantizer

    job = quantizer.Quantizer(bytearray(source))
    add(job, qtyping)
    calibration = None
    if job.need_calibration:
        (name, ends), *_ = _signatures(source).items()
        calibration = job.calibrate({name: [{ends["inputs"][0]: x[None]} for x in samples]})
    return bytes(job.quantize(calibration).quantized_model)


def _signatures(source: bytes) -> dict[str, Any]:
    from ai_edge_litert.interpreter import Interpreter

    found: dict[str, Any] = Interpreter(model_content=source).get_signature_list()
    return found


def _edited(source: bytes, edit: Callable[[Any], None]) -> bytes:
    """The file with its tables changed by ``edit`` and written anew."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(source, 0))
    edit(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def without_signature(source: bytes) -> bytes:
    """The file without its signatures."""
    return _edited(source, lambda model: setattr(model, "signatureDefs", None))


def with_buffers_behind(source: bytes) -> bytes:
    """The file with its constants behind the flatbuffer, as LiteRT writes large ones."""
    contents: dict[int, bytes] = {}
    places: dict[int, int] = {}

    def move(model: Any) -> None:
        for index, buffer in enumerate(model.buffers):
            if buffer.data is None or not len(buffer.data):
                continue
            contents[index] = contents.get(index) or bytes(bytearray(buffer.data))
            buffer.data, buffer.size = None, len(contents[index])
            buffer.offset = places.get(index, 2)

    end = len(_edited(source, move))
    for index, content in contents.items():
        places[index] = end = -(-end // 16) * 16
        end += len(content)
    found = bytearray(_edited(source, move))
    for index, content in contents.items():
        found += bytes(places[index] - len(found)) + content
    return bytes(found)


def on_a_grid(source: bytes) -> bytes:
    """The float file with dense weights of 31 levels a channel, a step apart."""
    from ai_edge_litert import schema_py_generated as schema

    dense = schema.BuiltinOperator.FULLY_CONNECTED

    def round_weights(model: Any) -> None:
        graph = model.subgraphs[0]
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            if max(code.builtinCode, code.deprecatedBuiltinCode) != dense:
                continue
            tensor = graph.tensors[operator.inputs[1]]
            buffer = model.buffers[tensor.buffer]
            weights = np.frombuffer(bytes(bytearray(buffer.data)), np.float32)
            weights = weights.reshape(tensor.shape)
            scale = np.abs(weights).max(axis=1, keepdims=True) / np.float32(15)
            rounded = (np.rint(weights / scale) * scale).astype(np.float32)
            buffer.data = np.frombuffer(rounded.tobytes(), np.uint8)

    return _edited(source, round_weights)


def cases(source: bytes, samples: NDArray[np.float32]) -> dict[str, bytes]:
    """All files by name."""
    from litert_quantizer.algorithm_manager import AlgorithmName
    from litert_quantizer.qtyping import QuantGranularity, TFLOperationName

    every, dense = TFLOperationName.ALL_SUPPORTED, TFLOperationName.FULLY_CONNECTED
    tensor, block = QuantGranularity.TENSORWISE, QuantGranularity.BLOCKWISE_32
    channel = QuantGranularity.CHANNELWISE

    def dynamic(
        name: str, bits: int = 8, share: Any = channel, file: bytes = source, op: Any = every
    ) -> bytes:
        key = getattr(AlgorithmName, name)
        return quantize(
            file, samples, lambda job, _: job.add_dynamic_config(".*", op, bits, share, key)
        )

    def static(name: str, bits: int = 8, share: Any = channel) -> bytes:
        key = getattr(AlgorithmName, name)
        return quantize(
            source, samples, lambda job, _: job.add_static_config(".*", every, bits, 8, share, key)
        )

    found = {f"dynamic_{short}": dynamic(name) for short, name in ALGORITHMS.items()}
    found |= {f"static_{short}": static(name) for short, name in ALGORITHMS.items()}
    found["dynamic_recovered"] = dynamic(
        "DEQUANTIZED_WEIGHT_RECOVERY", file=on_a_grid(source), op=dense
    )
    found["dynamic_tensor"] = dynamic("MIN_MAX_UNIFORM_QUANT", share=tensor)
    found["static_tensor"] = static("MIN_MAX_UNIFORM_QUANT", share=tensor)
    found["dynamic_int4"] = dynamic("MIN_MAX_UNIFORM_QUANT", bits=4)
    found["static_int16"] = static("MIN_MAX_UNIFORM_QUANT", bits=16)
    found["dynamic_without_signature"] = dynamic(
        "MIN_MAX_UNIFORM_QUANT", file=without_signature(source)
    )
    found["static_without_signature"] = without_signature(found["static_min_max"])
    found["static_behind"] = with_buffers_behind(found["static_min_max"])
    found["dynamic_behind"] = with_buffers_behind(found["dynamic_oscar"])
    key = AlgorithmName.MIN_MAX_UNIFORM_QUANT
    found["weight_only"] = quantize(
        source, samples, lambda job, _: job.add_weight_only_config(".*", every, 8, channel, key)
    )
    # The second layer's rows of 24 weights hold no block of 32.
    first = ".*dense_1/.*"
    found["blockwise"] = quantize(
        source, samples, lambda job, _: job.add_dynamic_config(first, dense, 4, block, key)
    )
    found["float16"] = quantize(source, samples, _float16)
    return found


def _float16(job: Any, qtyping: Any) -> None:
    from litert_quantizer.algorithm_manager import AlgorithmName

    weights = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=weights,
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    job.update_quantization_recipe(
        regex=".*",
        operation_name=qtyping.TFLOperationName.FULLY_CONNECTED,
        op_config=config,
        algorithm_key=AlgorithmName.FLOAT_CASTING,
    )


def outputs(model: bytes, samples: NDArray[np.float32], resolver: str) -> NDArray[Any]:
    """The first output of every sample [N, ...], in real values."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    runner = Interpreter(
        model_content=model,
        experimental_op_resolver_type=getattr(OpResolverType, resolver),
        num_threads=1,
    )
    runner.allocate_tensors()
    entry, end = runner.get_input_details()[0], runner.get_output_details()[0]
    found = []
    for sample in samples:
        values = sample[None]
        if entry["dtype"] != np.float32:
            scale, zero = entry["quantization"]
            limits = np.iinfo(entry["dtype"])
            steps = np.rint(values / np.float32(scale)) + zero
            values = np.clip(steps, limits.min, limits.max).astype(entry["dtype"])
        runner.set_tensor(entry["index"], values)
        runner.invoke()
        found.append(_real(runner.get_tensor(end["index"])[0], end))
    return np.array(found)


def _real(values: NDArray[Any], end: dict[str, Any]) -> NDArray[Any]:
    if end["dtype"] == np.float32:
        return values
    scale, zero = end["quantization"]
    real: NDArray[Any] = (values.astype(np.float32) - zero) * np.float32(scale)
    return real.astype(np.float32)


def main() -> None:
    """As the module says."""
    command, first, second, third = sys.argv[1:]
    samples, out = np.load(second), Path(third)
    out.mkdir(parents=True, exist_ok=True)
    if command == "make":
        for name, data in cases(Path(first).read_bytes(), samples).items():
            (out / f"{name}.tflite").write_bytes(data)
        return
    for path in sorted(Path(first).glob("*.tflite")):
        model = path.read_bytes()
        try:
            ref, auto = outputs(model, samples, "BUILTIN_REF"), outputs(model, samples, "AUTO")
        except (RuntimeError, ValueError) as error:
            print(f"{path.name}: LiteRT does not run it: {error}")
            continue
        np.savez(out / f"{path.stem}.npz", ref=ref, auto=auto)


if __name__ == "__main__":
    main()
