"""uint8 operators through their int8 kernels: every value and zero-point 128 lower.

Kernels of both types compute with differences from zero-points, so the same real values have the
same results. A pool's mean is the exception: it rounds halves away from 0, of uint8 from the type's
smallest value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.tensor import UINT8_OFFSET, DType, Tensor
from mendlite.replay.reference.context import Arrays, Context, Kernel

FLIP = np.uint8(UINT8_OFFSET)
"""What a byte is xored with to become the int8 of the same real value, and back."""


def with_uint8(prepare: Callable[[Context], Kernel]) -> Callable[[Context], Kernel]:
    """``prepare`` of an int8 kernel, also for operators whose tensors are all uint8."""

    def prepare_either(context: Context) -> Kernel:
        if context.input(0).dtype is not DType.UINT8 or context.output.dtype is not DType.UINT8:
            return prepare(context)
        return _flipped(prepare(_as_int8(context)))

    return prepare_either


def _flipped(kernel: Kernel) -> Kernel:
    def run(x: Arrays) -> NDArray[Any]:
        lowered = [_flip(v).view(np.int8) if v.dtype == np.uint8 else v for v in x]
        return _flip(kernel(lowered).view(np.uint8))

    return run


def _flip(x: NDArray[Any]) -> NDArray[np.uint8]:
    result: NDArray[np.uint8] = x ^ FLIP
    return result


def _as_int8(context: Context) -> Context:
    """The operator over int8 tensors of the same real values."""
    operator = context.operator
    tensors = list(context.model.tensors)
    for index in {*operator.inputs, *operator.outputs} - {-1}:
        tensors[index] = _tensor_as_int8(tensors[index])
    return replace(context, model=replace(context.model, tensors=tuple(tensors)))


def _tensor_as_int8(tensor: Tensor) -> Tensor:
    if tensor.dtype is not DType.UINT8:
        return tensor
    quant, data = tensor.quant, tensor.data
    if quant is not None:
        quant = replace(quant, zero_point=quant.zero_point - UINT8_OFFSET)
    if data is not None:
        data = _flip(data).view(np.int8)
    return replace(tensor, dtype=DType.INT8, quant=quant, data=data)
