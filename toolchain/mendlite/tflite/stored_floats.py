"""Constants behind DEQUANTIZE: the float values of a tensor that the file holds in another type.

float16 weights lie so in every file of that kind. The operator stays in the graph and runs; what it
writes is known, so that a layer that reads it has constant weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.conversion import dequantize
from mendlite.model.graph import Operator
from mendlite.model.tensor import STORED, DType, Tensor


def with_stored_floats(
    tensors: tuple[Tensor, ...], operators: Sequence[Operator]
) -> tuple[Tensor, ...]:
    """The tensors, those that DEQUANTIZE makes of a constant with their values."""
    found = list(tensors)
    for operator in operators:
        if operator.op != "DEQUANTIZE" or len(operator.inputs) != 1 or len(operator.outputs) != 1:
            continue
        source, output = operator.inputs[0], operator.outputs[0]
        if source < 0 or found[output].buffer is not None:
            continue
        values = _floats(found[source])
        if values is not None and values.shape == found[output].shape:
            found[output] = replace(found[output], data=values)
    return tuple(found)


def _floats(tensor: Tensor) -> NDArray[np.float32] | None:
    """What DEQUANTIZE makes of a constant; None where it is computed or of another type."""
    if tensor.data is None or tensor.buffer is None:
        return None
    if tensor.dtype is DType.FLOAT16:
        values = tensor.data.astype(np.float32)
    elif tensor.dtype in STORED and tensor.quant is not None and not tensor.quant.per_channel:
        values = dequantize(tensor.data, tensor.scale, tensor.zero_point)
    else:
        return None
    values.setflags(write=False)
    return values
