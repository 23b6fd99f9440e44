"""Which int8 activations would share their parameters if some operators did not join them."""

from __future__ import annotations

from collections.abc import Container

from mendlite.model.graph import Model
from mendlite.model.tensor import DType
from mendlite.tflite.scale_groups import PASS_THROUGH

End = tuple[int, int]
"""An operator's index, and a tensor that it reads or writes."""


def common_range(model: Model, start: int, without: Container[End]) -> frozenset[int]:
    """The tensors that have the parameters of ``start``, by the operators that need it.

    Ends in ``without`` join nothing. The search stops where an operator computes with parameters
    of its own.
    """
    found, waiting = {start}, [start]
    while waiting:
        tensor = waiting.pop()
        for operator in model.operators:
            if operator.op not in PASS_THROUGH:
                continue
            ends = {t for t in (*operator.inputs, *operator.outputs) if t >= 0}
            ends = {t for t in ends if (operator.index, t) not in without}
            if tensor not in ends:
                continue
            new = {t for t in ends - found if is_int8_activation(model, t)}
            found |= new
            waiting += new
    return frozenset(found)


def is_int8_activation(model: Model, tensor: int) -> bool:
    """Whether a tensor has int8 values that the graph computes, or that it is fed."""
    return model.tensors[tensor].dtype is DType.INT8 and model.tensors[tensor].buffer is None
