"""What interpreters are known not to compute: int4 weights, old hybrid and dense layers, and more.

Scales for each block are read by XNNPACK alone, within LiteRT (``prepare/block_scales.py``).

Each was tried: tflite-runtime 2.14.0, ai-edge-litert 2.3.0, tflite-micro of October 2026.
"""

from __future__ import annotations

from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import is_hybrid
from mendlite.model.tensor import DType, Tensor
from mendlite.packages import TFLITE_RUNTIME, TFLM
from mendlite.prepare.int32 import sums_in_int64


def misread_by_2_14(model: Model) -> str:
    """The first operator from which tflite-runtime 2.14 computes other values without an error.

    Empty where there is none. EvalHybrid of its fully_connected.cc multiplies every channel by the
    first scale, FullyConnectedPerChannel reads every output as [rows, channels]; EvalHybrid of its
    conv.cc does not unpack int4 weights; EqualEval of its comparisons.cc does not scale int16.
    """
    for operator in model.operators:
        first = model.tensors[operator.inputs[0]] if operator.op == "EQUAL" else None
        if first is not None and first.dtype is DType.INT16 and first.quant is not None:
            why = "it compares int16 as it is stored, later releases what it stands for"
            return f"operator {operator.index} EQUAL: {why}"
    for layer in model.layers:
        weights = model.tensors[layer.weights]
        if _sums_otherwise(model, layer):
            why = "without a bias it sums int16 activations in int32, later releases in int64"
            return f"operator {layer.index} {layer.op}: {why}"
        channels = layer.op == "FULLY_CONNECTED" and _scale_a_channel(weights)
        if not is_hybrid(model, layer):
            if channels and len(model.tensors[layer.output].shape) > 2:
                why = "with a scale a channel it takes the output's second axis for the channels"
                return f"operator {layer.index} {layer.op}: {why}"
            continue
        if channels:
            why = "under a float input it uses one weight scale, the file has one a channel"
            return f"operator {layer.index} {layer.op}: {why}"
        if layer.op == "CONV_2D" and weights.dtype is DType.INT4:
            why = "under a float input it misreads int4 weights"
            return f"operator {layer.index} {layer.op}: {why}"
    return ""


def _scale_a_channel(weights: Tensor) -> bool:
    return weights.quant is not None and weights.quant.per_channel


def _sums_otherwise(model: Model, layer: Layer) -> bool:
    """Whether 2.14 sums an int16 layer without a bias in another type than the file states."""
    return layer.bias is None and sums_in_int64(model, layer)


def by_block(model: Model) -> str:
    """The first layer whose weights have a scale for each block, by name; empty without one."""
    for layer in model.layers:
        if model.tensors[layer.weights].blocks is not None:
            return f"operator {layer.index} {layer.op}"
    return ""


def misreads_blocks(model: Model) -> str:
    """Why no kernels but XNNPACK's run ``model``; empty where they may."""
    if not (place := by_block(model)):
        return ""
    return f"{place} has a scale for each block of weights, which LiteRT's XNNPACK alone reads"


def lacks_kernel(module: str, model: Model) -> str:
    """Why the runtime ``module`` refused ``model``: the first layer with int4 that it lacks.

    Empty where none is known: then the runtime's own message stands.
    """
    for layer in model.layers:
        weights = model.tensors[layer.weights]
        if (
            weights.dtype is DType.INT4
            and weights.quant is not None
            and (why := _missing(module, model, layer))
        ):
            return f"it has no kernel for operator {layer.index} {layer.op}: int4 weights {why}"
    return ""


def _missing(module: str, model: Model, layer: Layer) -> str:
    if is_hybrid(model, layer) and module == TFLM:
        return "under a float input"
    dense = layer.op == "FULLY_CONNECTED"
    several = model.tensors[layer.weights].quantization().per_channel
    if dense and several and module in (TFLM, TFLITE_RUNTIME):
        return "with a scale a channel"
    return ""
