"""One operator about to be prepared, and what its rule needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError, UndefinedResultError
from mendlite.model.operator_view import OperatorView
from mendlite.model.tensor import STORED, DType, Tensor

EIGHT_BITS = frozenset({DType.INT8, DType.UINT8})

Shape = tuple[int, ...]

ROUNDED_BELOW = 2.0**31 - 256
"""A fused bound in steps of the output must stay below this to be an int32 (``Quantize`` of
``kernel_util.cc`` refuses more); the last steps are lost to float32."""


def described(tensor: Tensor) -> str:
    """A tensor for an error's text."""
    return f"tensor {tensor.index} '{tensor.name}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """The shape and type of an operator's output.

    ``shape`` is None where it depends on values that are computed with the samples.
    """

    shape: Shape | None
    dtype: DType


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation(OperatorView):
    """One operator under a rounding profile.

    ``known`` holds the values of tensors that follow from constants and static shapes alone.
    """

    refusal: ClassVar[str] = "mendlite's kernels do not run it"

    known: Mapping[int, NDArray[Any]]

    def wrong(self, why: str) -> MalformedModelError:
        """The error that names this operator, where the file contradicts itself or TFLite."""
        return MalformedModelError(f"operator {self.operator.index} {self.operator.op}: {why}")

    def undefined(self, why: str) -> UndefinedResultError:
        """The error that names this operator, where no runtime's result could be trusted."""
        return UndefinedResultError(f"operator {self.operator.index} {self.operator.op}: {why}")

    def require_count(self, least: int, most: int | None = None) -> None:
        """Raise MalformedModelError for another number of inputs, or one that is left out."""
        count = len(self.operator.inputs)
        most = least if most is None else most
        if not least <= count <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise self.wrong(f"it has {count} inputs, not {wanted}")
        for slot in range(least):
            if not self.given(slot):
                raise self.wrong(f"its input {slot} is left out")

    def values(self, slot: int) -> NDArray[Any] | None:
        """An input's values where they are known at preparation; None where they are computed."""
        tensor = self.input(slot)
        if tensor.data is not None:
            return tensor.data
        if 0 in tensor.shape and tensor.dtype.numpy is not None:
            return np.zeros(tensor.shape, tensor.dtype.numpy)  # an empty constant is a constant
        return self.known.get(tensor.index)

    def numbers(self, slot: int, what: str, *types: DType) -> list[int]:
        """The integers of an input that must be known at preparation; ``types``: INT32 alone."""
        tensor, values = self.input(slot), self.values(slot)
        if tensor.dtype not in (types or (DType.INT32,)):
            raise self.wrong(f"its {what}, {described(tensor)}, is {tensor.dtype.value}, not INT32")
        if values is None:
            raise self.unsupported(f"its {what}, {described(tensor)}, is not a constant")
        return [int(v) for v in values.reshape(-1)]

    def require_type(self, tensor: Tensor, *types: DType) -> None:
        """Raise UnsupportedModelError for a tensor of another type."""
        if tensor.dtype not in types:
            wanted = " or ".join(sorted(t.value for t in types))
            raise self.unsupported(f"{described(tensor)} is {tensor.dtype.value}, not {wanted}")

    def require_one_type(self, *types: DType) -> DType:
        """The one type of all inputs; raises UnsupportedModelError for others or a mixture."""
        tensors = [self.input(slot) for slot in range(len(self.operator.inputs))]
        for tensor in tensors:
            self.require_type(tensor, *types)
            if tensor.dtype is not tensors[0].dtype:
                raise self.wrong(
                    f"{described(tensor)} is {tensor.dtype.value}, but "
                    f"{described(tensors[0])} is {tensors[0].dtype.value}"
                )
        return tensors[0].dtype

    def axis(self, axis: int, rank: int, what: str) -> int:
        """``axis`` counted from the front; raises MalformedModelError out of -rank ... rank - 1."""
        if not -rank <= axis < rank:
            raise self.wrong(f"its {what} {axis} is none of {-rank} to {rank - 1}")
        return axis % rank

    def one_axis(self, slot: int, rank: int, *types: DType) -> int:
        """The axis that an input of one value states, counted from the front."""
        values = self.numbers(slot, "axis", *types)
        if len(values) != 1:
            raise self.wrong(f"its axis has {len(values)} values, not one")
        return self.axis(values[0], rank, "axis")

    def quantized(self, tensor: Tensor) -> tuple[float, int]:
        """(scale, zero-point) of a tensor with one of each; raises MalformedModelError else."""
        if tensor.quant is None:
            raise self.wrong(f"{described(tensor)} is {tensor.dtype.value} but has no scale")
        scales = tensor.quant.scale.size
        if scales != 1:
            raise self.wrong(f"{described(tensor)} has {scales} scales, not one")
        return float(tensor.quant.scale[0]), int(tensor.quant.zero_point[0])

    def require_same_quantization(self, tensor: Tensor) -> None:
        """Raise where an integer tensor and the output differ in scale or zero-point."""
        if self.output.dtype not in STORED:
            return
        given, needed = self.quantized(tensor), self.quantized(self.output)
        if given != needed:
            raise self.wrong(
                f"{described(tensor)} has scale {given[0]:g} and zero-point {given[1]}, its "
                f"output, {described(self.output)}, {needed[0]:g} and {needed[1]}"
                ": they must be equal"
            )

    def require_fused(self) -> None:
        """Raise where the fused activation is unknown or its bounds leave int32."""
        self.require_bounds(self.output, self.fused_range())

    def require_bounds(self, tensor: Tensor, bounds: tuple[float, float]) -> None:
        """Raise MalformedModelError where real bounds in a tensor's steps leave int32."""
        if tensor.dtype not in STORED:
            return
        scale, _ = self.quantized(tensor)
        for bound in bounds:
            if not np.isfinite(bound):
                continue
            with np.errstate(over="ignore"):
                steps = np.float32(bound) / np.float32(scale)
            if not abs(float(steps)) < ROUNDED_BELOW:
                raise self.wrong(
                    f"its activation's bound {bound:g} is {float(steps):g} steps of "
                    f"{described(tensor)} (scale {scale:g}): more than int32 holds"
                )

    def require_symmetric(self) -> None:
        """Raise UnsupportedModelError unless all INT16 tensors have the zero-point 0."""
        for tensor in [*map(self.input, range(len(self.operator.inputs))), self.output]:
            if tensor.dtype is DType.INT16 and self.quantized(tensor)[1]:
                raise self.unsupported(
                    f"{described(tensor)} is INT16 with another zero-point than 0"
                )

    def require_parameters(self, tensor: Tensor, scale: float, zero_point: int) -> None:
        """Raise UnsupportedModelError unless a tensor has just this quantization."""
        given = self.quantized(tensor)
        if given != (scale, zero_point):
            raise self.unsupported(
                f"an output scale other than 1/{1 / scale:.0f} or zero-point other than "
                f"{zero_point} ({described(tensor)} has {given[0]:g} and {given[1]})"
            )


def elements(shape: Shape) -> int:
    """Values of a tensor."""
    return prod(shape)
