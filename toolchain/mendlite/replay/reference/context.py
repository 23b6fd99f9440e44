"""What a kernel is prepared from, and small questions that many kernels ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding
from mendlite.arith.preparation import activation_range
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import FUSED, Model, Operator
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType, Tensor

Arrays = Sequence[NDArray[Any]]
Kernel = Callable[[Arrays], NDArray[Any]]
"""Inputs of one operator in its order (a left-out optional one is an empty array) → output."""

INTEGER = frozenset({DType.INT8, DType.UINT8})


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One operator of a model under a rounding profile.

    ``batched`` holds the tensors whose first axis runs over the samples.
    """

    model: Model
    operator: Operator
    profile: Profile
    batched: frozenset[int]

    def input(self, position: int) -> Tensor:
        """The tensor of an input; raises UnsupportedModelError where it is left out."""
        inputs = self.operator.inputs
        if position >= len(inputs) or inputs[position] < 0:
            raise self.unsupported(f"input {position} is left out")
        return self.model.tensors[inputs[position]]

    @property
    def output(self) -> Tensor:
        """The tensor of the first output."""
        return self.model.tensors[self.operator.outputs[0]]

    def constant(self, position: int) -> NDArray[Any]:
        """The values of a constant input; raises UnsupportedModelError where it is computed."""
        tensor = self.input(position)
        if tensor.data is None:
            raise self.unsupported(f"input {position} is not a constant")
        return tensor.data

    def option(self, name: str) -> int:
        """An integer option; raises UnsupportedModelError where the file leaves it out."""
        value = self.operator.options.get(name)
        if not isinstance(value, int):
            raise self.unsupported(f"its option {name} is missing")
        return value

    def text_option(self, name: str, default: str) -> str:
        """An option that is a name."""
        return str(self.operator.options.get(name, default))

    @property
    def rounding(self) -> Rounding:
        """How this operator requantizes."""
        return self.profile.rounding(self.operator.op)

    @property
    def desktop(self) -> bool:
        """Whether the desktop's kernels are followed where TFLite Micro computes otherwise."""
        return self.profile is Profile.TFLITE_REF

    @property
    def in_batch(self) -> bool:
        """Whether the first input's first axis runs over the samples."""
        return self.operator.inputs[0] in self.batched

    def unsupported(self, why: str) -> UnsupportedModelError:
        """The error that names this operator."""
        return UnsupportedModelError(
            f"operator {self.operator.index} {self.operator.op}: {why}: the reference kernels "
            "do not run it"
        )


def scale_of(tensor: Tensor) -> float:
    """The one scale of an activation tensor."""
    return float(tensor.quantization().scale[0])


def zero_of(tensor: Tensor) -> int:
    """The one zero-point of an activation tensor."""
    return int(tensor.quantization().zero_point[0])


def float_range(context: Context) -> tuple[float, float]:
    """Bounds of the fused activation in real values."""
    name = context.text_option("activation", "NONE")
    if name not in FUSED:
        raise context.unsupported(f"the fused activation {name}")
    return FUSED[name]


def integer_range(context: Context) -> tuple[int, int]:
    """Bounds of the fused activation in the output's type."""
    return quantized_bounds(context.output, float_range(context))


def quantized_bounds(tensor: Tensor, bounds: tuple[float, float]) -> tuple[int, int]:
    """Real bounds in the quantization of an 8-bit tensor."""
    limits = np.iinfo(np.int8 if tensor.dtype is DType.INT8 else np.uint8)
    ends = int(limits.min), int(limits.max)
    return activation_range(scale_of(tensor), zero_of(tensor), bounds, ends)
