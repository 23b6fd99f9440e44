"""The real values that an input can hold, as the files state them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model, Operator
from mendlite.model.tensor import DType, Tensor

BYTES = (DType.INT8, DType.UINT8)
"""Types whose range shows how samples are fed; int16 is symmetric, whatever is fed."""


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

    def away(self, values: NDArray[np.float32]) -> float:
        """How far the ends of the values lie from those of the range, as a share of it."""
        low, high = float(values.min()) - self.low, float(values.max()) - self.high
        return (abs(low) + abs(high)) / (self.high - self.low)


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
    if tensor.quant is None or tensor.dtype not in BYTES or storage is None:
        return None
    limits, scale, zero = np.iinfo(storage), tensor.scale, tensor.zero_point
    return InputRange(
        low=(int(limits.min) - zero) * scale,
        high=(int(limits.max) - zero) * scale,
        step=scale,
        zero_point=zero,
    )


def known_range(reference: Model, quantized: Model, number: int) -> InputRange | None:
    """The int8 input's range; where it has none, the range that the model scales to itself."""
    return input_range(quantized, number) or scaled_range(reference, number)


def scaled_range(model: Model, number: int) -> InputRange | None:
    """The range that a float model's first operators scale to about 0 to 1, or -1 to 1.

    Rescaling and Normalization layers become MUL, SUB and ADD by constants. None without them.
    """
    tensor, factor, shift = model.inputs[number], 1.0, 0.0
    while (step := _constant_step(model, tensor)) is not None:
        operator, value = step
        if operator.op == "MUL":
            factor, shift = factor * value, shift * value
        elif operator.op == "DIV":
            factor, shift = factor / value, shift / value
        else:
            shift += value if operator.op == "ADD" else -value
        tensor = operator.outputs[0]
    if factor == 1.0 or factor <= 0:
        return None
    low, high = ((0.0 if shift == 0 else -1.0) - shift) / factor, (1.0 - shift) / factor
    return InputRange(low=low, high=high, step=(high - low) / 255, zero_point=0)


def _constant_step(model: Model, tensor: int) -> tuple[Operator, float] | None:
    """The only operator that reads a tensor, with its constant, where it scales or shifts."""
    readers = model.consumers(tensor)
    if len(readers) != 1 or readers[0].op not in {"MUL", "DIV", "ADD", "SUB"}:
        return None
    operator = readers[0]
    if operator.inputs[0] != tensor and operator.op in {"DIV", "SUB"}:
        return None
    other = next((t for t in operator.inputs if t != tensor and t >= 0), None)
    values = None if other is None else model.tensors[other].data
    if values is None or values.dtype.kind != "f" or values.size == 0 or np.any(values == 0):
        return None
    return operator, float(values.astype(np.float64).mean())
