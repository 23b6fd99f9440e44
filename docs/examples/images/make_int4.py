"""Quantize a float .tflite to int4 weights and int8 activations with litert-quantizer.

Usage: python make_int4.py float.tflite samples.npy out.tflite [--dense | --bits 8 | --recipe FILE]
       [--activations 16]

``samples.npy`` holds float32 inputs [n, ...] as the float model takes them. Convolutions get 4 bits
with a scale a channel, all else 8. ``--dense`` gives dense layers 4 bits, too: LiteRT runs such a
file, TFLite Micro does not. ``--bits 8`` gives all layers 8 bits: the int8 file that ``mendlite
advise`` begins with, whose recipe.json ``--recipe`` takes. ``--activations 16`` gives int16
activations (16x8: all weights have 8 bits, biases 64). Needs ``pip install 'mendlite[int4]'``
on Python from 3.12, or ``litert-quantizer==0.11.0`` in an environment of its own.
"""

import argparse
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from litert_quantizer.algorithm_manager import AlgorithmName
from litert_quantizer.qtyping import QuantGranularity, TFLOperationName
from litert_quantizer.quantizer import Quantizer


def with_signature(source: bytes) -> bytes:
    """The file with a signature, by which the quantizer feeds it; old converters write none."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(source, 0))
    if model.signatureDefs:
        return source
    signature, graph = schema.SignatureDefT(), model.subgraphs[0]
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [named(f"in{n}", tensor) for n, tensor in enumerate(graph.inputs)]
    signature.outputs = [named(f"out{n}", tensor) for n, tensor in enumerate(graph.outputs)]
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def named(name: str, tensor: int) -> schema.TensorMapT:
    """An input or output of a signature."""
    found = schema.TensorMapT()
    found.name, found.tensorIndex = name, int(tensor)
    return found


def configure(job: Quantizer, chosen: argparse.Namespace) -> None:
    """The bits of every layer."""
    if chosen.recipe is not None:
        job.load_quantization_recipe(str(chosen.recipe))
        return
    method = QuantGranularity.CHANNELWISE, AlgorithmName.MIN_MAX_UNIFORM_QUANT
    bits = chosen.activations
    job.add_static_config(".*", TFLOperationName.ALL_SUPPORTED, bits, 8, *method)
    if bits == 16:
        return
    if chosen.bits == 4:
        job.add_static_config(".*", TFLOperationName.CONV_2D, 8, 4, *method)
    if chosen.dense:
        job.add_static_config(".*", TFLOperationName.FULLY_CONNECTED, 8, 4, *method)


def quantized(source: bytes, samples: np.ndarray, chosen: argparse.Namespace) -> bytes:
    """The file's bytes, its activations calibrated where the recipe needs that."""
    source = with_signature(source)
    job = Quantizer(bytearray(source))
    configure(job, chosen)
    return calibrated(job, source, samples)


def calibrated(job: Quantizer, source: bytes, samples: np.ndarray) -> bytes:
    """What a configured job makes of the float file and its samples."""
    float_model = Interpreter(model_content=source)
    (name, ends), *_ = float_model.get_signature_list().items()
    shape = float_model.get_input_details()[0]["shape"]
    inputs = [{ends["inputs"][0]: sample.reshape(shape)} for sample in samples]
    result = job.quantize(job.calibrate({name: inputs}) if job.need_calibration else None)
    return bytes(result.quantized_model)


def main() -> None:
    """Quantize one file."""
    parser = argparse.ArgumentParser(description="int4 weights, int8 activations")
    parser.add_argument("float_model", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("out", type=Path)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--dense", action="store_true", help="4 bits for dense layers, too")
    which.add_argument("--bits", type=int, choices=(4, 8), default=4, help="of convolutions")
    which.add_argument("--recipe", type=Path, help="the recipe.json of mendlite advise")
    parser.add_argument("--activations", type=int, choices=(8, 16), default=8, help="their bits")
    chosen = parser.parse_args()
    samples = np.load(chosen.samples).astype(np.float32)
    chosen.out.write_bytes(quantized(chosen.float_model.read_bytes(), samples, chosen))


if __name__ == "__main__":
    main()
