"""The float model that an int8 streaming file stands for: the same graph in real numbers.

No float file is public of most wake words. Its weights are the rounded ones, so it teaches what the
int8 file means, not what was trained.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streaming.graph import FLOAT32, INT8, INT32, UINT8, op_of, set_values, values_of


def dequantize(model: Any) -> None:
    """Turn every tensor with a scale into float32; a QUANTIZE between integers is left out."""
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            _in_float(model, tensor)
    main = model.subgraphs[0]
    renamed: dict[int, int] = {}
    kept = []
    for operator in main.operators:
        operator.inputs = np.array([renamed.get(int(t), int(t)) for t in operator.inputs], np.int32)
        if op_of(model, operator) in {"QUANTIZE", "DEQUANTIZE"}:
            renamed[int(operator.outputs[0])] = int(operator.inputs[0])
        else:
            kept.append(operator)
    main.operators = kept
    main.outputs = np.array([renamed.get(int(t), int(t)) for t in main.outputs], np.int32)
    model.signatureDefs = None


def _in_float(model: Any, tensor: Any) -> None:
    quant = tensor.quantization
    if quant is None or quant.scale is None or tensor.type not in {INT8, UINT8, INT32}:
        return
    values = values_of(model, tensor)
    if values is not None:
        set_values(model, tensor, _real(values, quant))
    tensor.type, tensor.quantization = FLOAT32, None


def _real(values: NDArray[Any], quant: Any) -> NDArray[np.float32]:
    shape = [1] * values.ndim
    scale, zero = np.asarray(quant.scale, np.float64), np.asarray(quant.zeroPoint, np.float64)
    if scale.size > 1:
        shape[quant.quantizedDimension] = scale.size
        zero = zero.reshape(shape) if zero.size == scale.size else zero
    real = (values.astype(np.float64) - zero) * scale.reshape(shape)
    result: NDArray[np.float32] = real.astype(np.float32)
    return result
