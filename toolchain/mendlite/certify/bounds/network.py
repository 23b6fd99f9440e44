"""A network as verification sees it: affine sums, bounded noise, clamps, maxima.

Everything is in real values: an int8 layer computes ``clip(W x + b + e, low, high)`` with the
dequantized x, where ``W = s_y m w / s_x`` holds the fixed-point multiplier's own value
``m = multiplier * 2**(shift - 31)`` and e is what rounding adds, within ``noise``. A float layer
has no noise. Tensor 0 is the input; node n writes tensor n + 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.maps import Gather, Map

GATHERED = 10
"""What a product of gathered taps costs, in products of a matrix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affine:
    """``y = clip(sum_i maps[i] x[sources[i]] + bias + e, low, high)`` with N outputs.

    ``bias``, ``low``, ``high`` f64[N] in real values (the bounds may be infinite); ``noise`` bounds
    e. ``step`` is the output's scale where values are quantized (every y is a multiple of it), None
    in a float network. ``kernel`` i64[N, k] defines how a quantized sum is rounded: of equal ones
    the same sum becomes the same y. ``name`` names the operator.
    """

    name: str
    sources: tuple[int, ...]
    maps: tuple[Map, ...]
    bias: Floats
    noise: Interval
    low: Floats
    high: Floats
    step: float | None
    kernel: NDArray[np.int64]

    @property
    def size(self) -> int:
        """N."""
        return self.bias.size


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumNode:
    """``y[n] = max_k x[index[n, k]]`` of tensor ``source``; index i64[N, K], taps may repeat."""

    name: str
    source: int
    index: NDArray[np.int64]
    step: float | None

    @property
    def size(self) -> int:
        """N."""
        return len(self.index)

    @property
    def sources(self) -> tuple[int, ...]:
        """The one tensor that it reads."""
        return (self.source,)


Node = Affine | MaximumNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``nodes`` in execution order; the last one writes the outputs. ``inputs`` counts tensor 0."""

    inputs: int
    nodes: tuple[Node, ...]

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self.nodes[-1].size


@dataclass(frozen=True, slots=True, kw_only=True)
class InputBox:
    """Integer inputs ``low <= x <= high``, i64[K]; a real input is ``scale * (x - zero_point)``."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    scale: float
    zero_point: int

    def real(self) -> Interval:
        """The real inputs; exact: a float32 scale times a 9-bit integer fits float64."""
        return Interval(
            lower=self.scale * (self.low - self.zero_point),
            upper=self.scale * (self.high - self.zero_point),
        )

    def values(self, x: NDArray[np.int64]) -> Floats:
        """Real values of integer inputs [..., K]."""
        real: Floats = self.scale * (x.astype(np.float64) - self.zero_point)
        return real


def products(network: Network) -> int:
    """Products that a network computes."""
    nodes = (node for node in network.nodes if isinstance(node, Affine))
    return sum(linear_map.entries for node in nodes for linear_map in node.maps)


def backsubstituted(network: Network, last: int) -> int:
    """Products of a matrix that one form costs on its way back from node ``last`` to the input."""
    total = 0
    for node in network.nodes[: last + 1]:
        for linear_map in node.maps if isinstance(node, Affine) else ():
            total += linear_map.entries * (GATHERED if isinstance(linear_map, Gather) else 1)
    return total


def mismatch(first: Network, second: Network) -> str | None:
    """Where two networks do not compute the same steps; None where they do."""
    if first.inputs != second.inputs or len(first.nodes) != len(second.nodes):
        return f"{len(first.nodes)} steps against {len(second.nodes)}"
    for one, other in zip(first.nodes, second.nodes, strict=True):
        same = type(one) is type(other) and one.sources == other.sources and one.size == other.size
        if same and isinstance(one, Affine) and isinstance(other, Affine):
            same = [(type(m), m.shape) for m in one.maps] == [
                (type(m), m.shape) for m in other.maps
            ]
        if not same:
            return f"{one.name} against {other.name}"
    return None
