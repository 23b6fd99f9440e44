"""Where a classifier's logits are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.tensor import DType

_TRANSPARENT = frozenset({"QUANTIZE", "DEQUANTIZE", "RESHAPE", "SQUEEZE"})
_SOFTMAX = frozenset({"SOFTMAX", "LOG_SOFTMAX"})


def logits_tensor(model: Model) -> int:
    """The tensor that the last softmax reads, or the output itself where there is none.

    QNNRepair compares classes on logits; after an int8 softmax many logits share one byte.
    """
    return behind(model, _SOFTMAX)


def behind(model: Model, last: frozenset[str]) -> int:
    """The tensor that the last operator, one of ``last``, reads; else the first output.

    Operators that only change shape or representation are looked through.
    """
    tensor = model.outputs[0]
    while (operator := model.producer(tensor)) is not None:
        source = operator.inputs[0] if operator.inputs else -1
        if source < 0:
            break
        if operator.op in last:
            return source
        if operator.op not in _TRANSPARENT:
            break
        tensor = source
    return model.outputs[0]


def real_values(model: Model, tensor: int, values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Real values f64 of a tensor's stored values; a per-tensor quantization is undone."""
    described = model.tensors[tensor]
    if described.quant is None or described.dtype is DType.FLOAT32:
        return values.astype(np.float64)
    quant = described.quant
    return (values.astype(np.float64) - float(quant.zero_point[0])) * float(quant.scale[0])
