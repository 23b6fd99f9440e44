"""One operator about to run, and the questions its kernels ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.graph import Graph, Op
from mendlite.checker.rounding import Integers, half_away, quantize_multiplier, scale_by
from mendlite.checker.tensor import TensorView
from mendlite.errors import UnsupportedModelError

Array = NDArray[Any]

ACTIVATIONS = {0: (-np.inf, np.inf), 1: (0.0, np.inf), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""Real bounds of the schema's fused activations: NONE, RELU, RELU_N1_TO_1, RELU6."""

PROFILES = ("tflm", "tflm_2026_10", "tflite_ref", "single")
"""Two of double rounding; FULLY_CONNECTED single; single everywhere (docs/DESIGN.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningOperator:
    """``values`` are the inputs' stored values, samples first where they depend on the samples.

    ``batched`` is true if the first input is; a left-out optional input is an empty array.
    ``state`` is what the frames before have left: of variables by key, of an SVDF by the number of
    its state tensor.
    """

    graph: Graph
    op: Op
    profile: str
    values: tuple[Array, ...]
    batched: bool
    state: dict[Any, Array] = field(default_factory=dict)

    def tensor(self, slot: int) -> TensorView:
        """The tensor of an input; raises UnsupportedModelError where it is left out."""
        if slot >= len(self.op.inputs) or self.op.inputs[slot] < 0:
            raise self.unsupported(f"input {slot} is left out")
        return self.graph.tensors[self.op.inputs[slot]]

    @property
    def output(self) -> TensorView:
        """The output's tensor."""
        return self.graph.tensors[self.op.outputs[0]]

    def lifted(self, slot: int) -> Array:
        """An input's values (n, ...) with the samples before the file's axes; n is 1 without."""
        return self.values[slot].reshape(-1, *self.tensor(slot).shape)

    def aligned(self, *slots: int) -> list[Array]:
        """The same of inputs that broadcast: with axes of 1, so that all have one rank."""
        rank = max(len(self.tensor(slot).shape) for slot in slots)
        shapes = {slot: self.tensor(slot).shape for slot in slots}
        return [
            self.values[slot].reshape(-1, *[1] * (rank - len(shape)), *shape)
            for slot, shape in shapes.items()
        ]

    def lowered(self, values: Array) -> Array:
        """An output (n, ...) with its samples one behind the other along the file's first axis."""
        shape = values.shape[1:]
        if len(values) == 1:
            return values.reshape(shape)
        return values.reshape(len(values) * shape[0], *shape[1:])

    def numbers(self, slot: int) -> list[int]:
        """The integers of an input that does not depend on the samples."""
        return [int(v) for v in self.values[slot].reshape(-1)]

    @property
    def single(self) -> bool:
        """Whether this operator rounds once."""
        dense = self.op.name == "FULLY_CONNECTED" and self.profile == "tflite_ref"
        return dense or self.profile == "single"

    def scaled(self, x: Integers, real: float) -> Integers:
        """Integers times a real number, by multiplier and shift, as this operator rounds."""
        factor, shift = quantize_multiplier(real, single=self.single)
        return scale_by(x, factor, shift, single=self.single)

    def kind(self, slot: int) -> str:
        """The numpy name of an input's type: "int8", "float32", ..."""
        return str(self.tensor(slot).dtype)

    def bias(self) -> Array | None:
        """A layer's bias [C]."""
        return self.values[2].reshape(-1) if len(self.values) > 2 and self.values[2].size else None

    def activation(self, field: int) -> tuple[float, float]:
        """Real bounds of the fused activation in this option."""
        kind = int(self.op.option(field, "b"))
        if kind not in ACTIVATIONS:
            raise self.unsupported(f"fused activation {kind}")
        return ACTIVATIONS[kind]

    def bounds(self, field: int) -> tuple[int, int]:
        """The fused activation in the output's stored type (CalculateActivationRange)."""
        self.activation(field)
        return self.range_of(self.output, int(self.op.option(field, "b")))

    def range_of(self, tensor: TensorView, fused: int) -> tuple[int, int]:
        """A fused activation's bounds in the steps of a tensor, inside its type."""
        limits = np.iinfo(np.dtype(str(tensor.dtype)))
        ends = [limits.min, limits.max]
        for i, real in enumerate(ACTIVATIONS[fused]):
            if np.isfinite(real):
                steps = half_away(np.asarray(np.float32(real) / np.float32(tensor.scale)))
                ends[i] = int(np.clip(tensor.zero + int(steps), limits.min, limits.max))
        return ends[0], ends[1]

    def unsupported(self, why: str) -> UnsupportedModelError:
        """The error that names this operator."""
        return UnsupportedModelError(
            f"operator {self.op.index} {self.op.name}: the checker does not run it ({why})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A window along one axis: TFLite's ``ComputePaddingWithOffset`` and ``ComputeOutSize``."""

    size: int
    stride: int
    dilation: int
    before: int
    after: int
    output: int

    @staticmethod
    def of(extent: int, size: int, stride: int, dilation: int, *, same: bool) -> Axis:
        """The window over ``extent`` positions, "SAME" or "VALID"."""
        reach = (size - 1) * dilation + 1
        output = -(-extent // stride) if same else (extent - reach + stride) // stride
        padded = max((output - 1) * stride + reach - extent, 0) if same else 0
        return Axis(size=size, stride=stride, dilation=dilation, before=padded // 2,
                    after=padded - padded // 2, output=output)  # fmt: skip


def axes_of(
    step: RunningOperator,
    size: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[Axis, Axis]:
    """Windows over height and width of the first input; option 0 is the padding."""
    same = int(step.op.option(0, "b")) == 0
    extents = step.values[0].shape[1:3]
    if min(*size, *stride, *dilation) < 1:
        raise step.unsupported("an empty window")
    height, width = (
        Axis.of(n, k, s, d, same=same)
        for n, k, s, d in zip(extents, size, stride, dilation, strict=True)
    )
    if min(height.output, width.output) < 1:
        raise step.unsupported("a window larger than its input")
    return height, width


def taps(x: Array, axes: tuple[Axis, Axis], padding: float) -> Iterator[tuple[int, int, Array]]:
    """(row, column, values (n, out_h, out_w, c)) of each position of the window."""
    pairs = [(0, 0), *((a.before, a.after) for a in axes), (0, 0)]
    padded = np.pad(x, pairs, constant_values=padding)
    rows, columns = axes
    for i in range(rows.size):
        top = i * rows.dilation
        for j in range(columns.size):
            left = j * columns.dilation
            yield (
                i,
                j,
                padded[
                    :,
                    top : top + (rows.output - 1) * rows.stride + 1 : rows.stride,
                    left : left + (columns.output - 1) * columns.stride + 1 : columns.stride,
                ],
            )
