"""The real values that an input can hold, as the files state them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.tensor import DType, Tensor

INTEGERS = (DType.INT8, DType.UINT8, DType.INT16)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRange:
    """The calibration range of one input: real values from ``low`` to ``high``.

    ``step`` is the scale, ``zero_point`` the stored value of 0.
    """

    low: float
    high: float
    step: float
    zero_point: int

    def used(self, values: NDArray[np.float32]) -> float:
        """The share of the range, in [0, 1], between the least and the largest of the values."""
        low, high = max(float(values.min()), self.low), min(float(values.max()), self.high)
        return max(0.0, high - low) / (self.high - self.low)

    def clipped(self, values: NDArray[np.float32]) -> float:
        """The share of the values, in [0, 1], more than a step outside."""
        outside = (values < self.low - self.step) | (values > self.high + self.step)
        return float(np.mean(outside))


def input_range(model: Model, number: int) -> InputRange | None:
    """The range of an input of a quantized model: its own, or of the QUANTIZE that reads it.

    None where the input stays float.
    """
    tensor = model.tensors[model.inputs[number]]
    if tensor.dtype is DType.FLOAT32:
        readers = model.consumers(tensor.index)
        stored = [model.tensors[o.outputs[0]] for o in readers if o.op == "QUANTIZE"]
        if not stored:
            return None
        tensor = stored[0]
    return _range(tensor)


def _range(tensor: Tensor) -> InputRange | None:
    storage = tensor.dtype.numpy
    if tensor.quant is None or tensor.dtype not in INTEGERS or storage is None:
        return None
    limits, scale, zero = np.iinfo(storage), tensor.scale, tensor.zero_point
    return InputRange(
        low=(int(limits.min) - zero) * scale,
        high=(int(limits.max) - zero) * scale,
        step=scale,
        zero_point=zero,
    )
