"""Quantize a float .tflite to int4 weights and int8 activations with litert-quantizer.

Usage: python make_int4.py float.tflite samples.npy int4.tflite [--dense]

``samples.npy`` holds float32 inputs [n, ...] as the float model takes them. Convolutions get 4 bits
with a scale a channel, all else 8. ``--dense`` gives dense layers 4 bits, too: LiteRT runs such a
file, TFLite Micro does not. Needs ``pip install litert-quantizer==0.11.0``.
"""

import argparse
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from litert_quantizer.algorithm_manager import AlgorithmName
from litert_quantizer.qtyping import QuantGranularity, TFLOperationName
from litert_quantizer.quantizer import Quantizer


def main() -> None:
    """Quantize one file."""
    parser = argparse.ArgumentParser(description="int4 weights, int8 activations")
    parser.add_argument("float_model", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dense", action="store_true", help="4 bits for dense layers, too")
    chosen = parser.parse_args()
    source = chosen.float_model.read_bytes()
    job = Quantizer(bytearray(source))
    method = QuantGranularity.CHANNELWISE, AlgorithmName.MIN_MAX_UNIFORM_QUANT
    job.add_static_config(".*", TFLOperationName.ALL_SUPPORTED, 8, 8, *method)
    job.add_static_config(".*", TFLOperationName.CONV_2D, 8, 4, *method)
    if chosen.dense:
        job.add_static_config(".*", TFLOperationName.FULLY_CONNECTED, 8, 4, *method)
    (name, ends), *_ = Interpreter(model_content=source).get_signature_list().items()
    samples = np.load(chosen.samples).astype(np.float32)
    inputs = [{ends["inputs"][0]: sample[None]} for sample in samples]
    result = job.quantize(job.calibrate({name: inputs}))
    chosen.out.write_bytes(bytes(result.quantized_model))


if __name__ == "__main__":
    main()
