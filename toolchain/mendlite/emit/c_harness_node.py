"""One operator that becomes a C function: its tensors, its options and its requantization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mendlite.arith.fixed_point import INT32_MAX, Rounding, quantize_multiplier
from mendlite.arith.geometry import Window
from mendlite.emit.c_harness_fixed_point import multiply
from mendlite.emit.c_harness_text import array, plus
from mendlite.model.operator_view import OperatorView
from mendlite.model.tensor import DType, QuantParams, Tensor

INT8 = (-128, 127)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """A requantization as C: the constants it reads, and the call by an accumulator's text."""

    constants: tuple[str, ...]
    multiplier: str
    shift: str
    rounding: Rounding

    def of(self, value: str) -> str:
        """``value`` multiplied, a C expression."""
        return multiply(self.rounding, value, self.multiplier, self.shift)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(OperatorView):
    """An operator under a rounding profile; ``arrays`` names the C array of each tensor."""

    refusal: ClassVar[str] = "a C harness does not hold it"

    arrays: Mapping[int, str]

    @property
    def prefix(self) -> str:
        """What the operator's function is called, and what its constants' names begin with."""
        return f"mendlite_op_{self.operator.index}_{self.operator.op.lower()}"

    def array(self, tensor: Tensor) -> str:
        """The C array of a tensor."""
        return self.arrays[tensor.index]

    def quantization(self, tensor: Tensor) -> QuantParams:
        """A tensor's quantization; raises UnsupportedModelError where it has none."""
        if tensor.quant is None:
            raise self.unsupported(f"tensor {tensor.index} is not quantized")
        return tensor.quant

    def far(self, tensor: Tensor) -> int:
        """The largest |x - zero_point| of an int8 tensor."""
        zero = tensor.zero_point
        return max(INT8[1] - zero, zero - INT8[0])

    def require_int8(self, *tensors: Tensor) -> None:
        """Raise UnsupportedModelError for a tensor of another type or without a scale."""
        for tensor in tensors:
            if tensor.dtype is not DType.INT8:
                raise self.unsupported(f"type {tensor.dtype.value}")
            self.quantization(tensor)

    def spatial_window(self, size: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> Window:
        """As ``window``, over one sample; raises UnsupportedModelError for other shapes."""
        for tensor in (self.input(0), self.output):
            if len(tensor.shape) != 4 or tensor.shape[0] != 1:
                raise self.unsupported(f"a tensor of shape {list(tensor.shape)}")
        return self.window(size, dilation)

    def scaling(
        self, suffix: str, real: ArrayLike, reach: ArrayLike, channel: str | None = None
    ) -> Scaling:
        """The multiplication by real multipliers f64[C] of accumulators up to ``reach`` i64[C].

        ``channel`` is the C variable that runs over them where there is more than one.
        """
        multiplier, shift = quantize_multiplier(real, self.rounding)
        return self.fixed_scaling(suffix, multiplier, shift, reach, channel)

    def fixed_scaling(
        self,
        suffix: str,
        multiplier: NDArray[np.int64],
        shift: NDArray[np.int64],
        reach: ArrayLike,
        channel: str | None = None,
    ) -> Scaling:
        """As ``scaling``, by quantized multipliers i64[C]."""
        self._require_int32(np.asarray(reach, np.int64), shift)
        if multiplier.size == 1 or channel is None:
            return Scaling(
                constants=(),
                multiplier=str(int(multiplier[0])),
                shift=str(int(shift[0])),
                rounding=self.rounding,
            )
        names = [f"{self.prefix}_{suffix}{what}" for what in ("multiplier", "shift")]
        return Scaling(
            constants=(
                array("int32_t", names[0], multiplier),
                array("int32_t", names[1], shift),
            ),
            multiplier=f"{names[0]}[{channel}]",
            shift=f"{names[1]}[{channel}]",
            rounding=self.rounding,
        )

    def _require_int32(self, reach: NDArray[np.int64], shift: NDArray[np.int64]) -> None:
        """Raise UnsupportedModelError where an accumulator could leave int32, shifted or plus z.

        Where none does, neither do the partial sums, and the C needs no wrapping.
        """
        largest = (INT32_MAX - 256) >> np.clip(shift, 0, 31)
        over = np.flatnonzero(np.broadcast_to(reach > largest, np.broadcast(reach, largest).shape))
        if over.size:
            raise self.unsupported(
                f"an accumulator of channel {over[0]} may leave int32, where kernels differ"
            )

    def clamped(self, value: str) -> str:
        """``value`` plus the output's zero-point, within the fused activation's bounds."""
        low, high = self.output_range()
        return f"mendlite_clamp({plus(value, self.output.zero_point)}, {low}, {high})"
