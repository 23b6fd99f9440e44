"""An operator while it is prepared: a step without values, and the questions that rules ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import frexp, isfinite

import numpy as np

from mendlite.checker.step import Array, RunningOperator
from mendlite.checker.tensor import TensorView
from mendlite.errors import MalformedModelError

Found = tuple[tuple[int, ...] | None, str]
"""Shape and numpy type of an output; the shape is None where the samples' data decide it."""

BYTES = ("int8", "uint8")

STORED = (*BYTES, "int16")
"""Types of activations in steps of a scale."""


def named(tensor: TensorView) -> str:
    """A tensor for an error's text."""
    return f"tensor {tensor.index} {tensor.name!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site(RunningOperator):
    """``known``: values of tensors that follow from static shapes."""

    known: Mapping[int, Array]

    def wrong(self, why: str) -> MalformedModelError:
        """The error where the file contradicts itself, or TFLite does not run it."""
        return MalformedModelError(f"operator {self.op.index} {self.op.name}: {why}")

    def require_inputs(self, *counts: int) -> None:
        """So many inputs, none left out but the last of the larger count."""
        inputs = self.op.inputs
        if len(inputs) not in counts or any(i < 0 for i in inputs[: min(counts)]):
            raise self.wrong(f"inputs {list(inputs)}, not {' or '.join(map(str, counts))} of them")

    def integers(self, slot: int, *kinds: str) -> list[int] | None:
        """The integers of an input; None where they are computed with the samples."""
        tensor, wanted = self.tensor(slot), kinds or ("int32",)
        if str(tensor.dtype) not in wanted:
            raise self.wrong(f"{named(tensor)} is {tensor.dtype}, not {' or '.join(wanted)}")
        if 0 in tensor.shape:
            return []
        values = self.known.get(tensor.index) if tensor.data is None else tensor.data
        return None if values is None else [int(v) for v in values.reshape(-1)]

    def constant(self, slot: int) -> Array:
        """The values of an input that no sample changes; UnsupportedModelError where one does."""
        tensor = self.tensor(slot)
        values = tensor.known if tensor.data is None else tensor.data
        if values is None:
            raise self.unsupported(f"{named(tensor)} is computed")
        return values

    def numbers(self, slot: int) -> list[int]:
        """The same as ``constants``."""
        return self.constants(slot, "int32", "int64")

    def constants(self, slot: int, *kinds: str) -> list[int]:
        """The same; raises UnsupportedModelError where they are computed."""
        values = self.integers(slot, *kinds)
        if values is None:
            raise self.unsupported(f"{named(self.tensor(slot))} is computed")
        return values

    def one_axis(self, slot: int, rank: int) -> int:
        """The one axis that an input states."""
        numbers = self.numbers(slot)
        if len(numbers) != 1:
            raise self.wrong(f"axes {numbers}")
        return self.one_of(numbers[0], rank)

    def one_of(self, number: int, rank: int) -> int:
        """An axis of ``rank`` axes, counted from the front."""
        if not -rank <= number < rank:
            raise self.wrong(f"axis {number} of {rank}")
        return number + rank if number < 0 else number

    def parameters(self, tensor: TensorView) -> tuple[float, int]:
        """The one scale and zero-point of a tensor."""
        if tensor.quant is None or tensor.quant.scale.size != 1:
            raise self.wrong(f"{named(tensor)} has not one scale")
        return tensor.scale, tensor.zero

    def require_activation(self, field: int) -> None:
        """The fused activation is known, and its bounds are int32 in the output's steps."""
        ends = self.activation(field)
        if str(self.output.dtype) in STORED:
            self.require_steps(self.output, ends)

    def require_steps(self, tensor: TensorView, ends: tuple[float, float]) -> None:
        """Real bounds are int32 in the steps of a tensor."""
        scale, _ = self.parameters(tensor)
        with np.errstate(over="ignore"):
            steps = [abs(float(np.float32(e) / np.float32(scale))) for e in ends if isfinite(e)]
        if any(step >= 2.0**31 - 256 for step in steps):
            raise self.wrong(f"a bound of {max(steps):g} steps of {named(tensor)}")

    def require_factor(self, real: float) -> None:
        """A real multiplier below 2^30 (a larger one is shifted beyond an int32)."""
        if isfinite(real) and real >= 0:
            fraction, exponent = frexp(real)
            if exponent + (fraction * 2**31 >= 2**31 - 0.5) <= 30:
                return
        raise self.wrong(f"a multiplier of {real:g}, not below 2^30")

    def extent(self, over: int, size: int, stride: int, dilation: int, *, same: bool) -> int:
        """Output positions of a window along one axis."""
        if size < 1 or stride < 1 or dilation < 1:
            raise self.wrong(f"a window of {size}, stride {stride}, dilation {dilation}")
        reach = dilation * (size - 1) + 1
        if not same and reach > over:
            raise self.wrong(f"a window over {reach} of {over} positions")
        return (over + stride - 1) // stride if same else (over - reach) // stride + 1

    def same(self) -> bool:
        """Whether the padding (option 0) is SAME."""
        kind = int(self.op.option(0, "b"))
        if kind not in {0, 1}:
            raise self.unsupported(f"padding {kind}")
        return kind == 0
