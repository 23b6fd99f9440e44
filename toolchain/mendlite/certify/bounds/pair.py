"""Two networks that take the same steps, and the maps that a joint analysis needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.maps import Map, difference, total
from mendlite.certify.bounds.network import Affine, MaximumNode, Network, mismatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One node's sums for one tracked value.

    ``maps`` read the same value of the sources, ``cross`` the first network's value of them (for
    the difference: second weights less first; None elsewhere). ``size_maps`` and ``size_cross``
    hold absolute values that bound the coefficients' own rounding.
    """

    maps: tuple[Map, ...]
    cross: tuple[Map, ...] | None
    size_maps: tuple[Map, ...]
    size_cross: tuple[Map, ...] | None
    bias: Floats
    size_bias: Floats
    noise: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class AffinePair:
    """One node of both networks: the tracks of first value, second value and difference.

    ``same`` bool[N] marks outputs that the two compute from the same weights and bias with the same
    rounding: where their inputs are equal, so are they.
    """

    first: Affine
    second: Affine
    tracks: tuple[Track, Track, Track]
    same: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPair:
    """Two networks, node by node: an AffinePair, or a MaximumNode that both have."""

    first: Network
    second: Network
    steps: tuple[AffinePair | MaximumNode, ...]


def _plain(node: Affine) -> Track:
    sizes = tuple(m.magnitude() for m in node.maps)
    return Track(
        maps=node.maps, cross=None, size_maps=sizes, size_cross=None, bias=node.bias,
        size_bias=np.abs(node.bias), noise=node.noise,
    )  # fmt: skip


def _step(first: Affine, second: Affine) -> AffinePair:
    cross = tuple(difference(a, b) for a, b in zip(first.maps, second.maps, strict=True))
    apart = Track(
        maps=second.maps,
        cross=cross,
        size_maps=tuple(m.magnitude() for m in second.maps),
        size_cross=tuple(total(a, b) for a, b in zip(first.maps, second.maps, strict=True)),
        bias=second.bias - first.bias,
        size_bias=np.abs(second.bias) + np.abs(first.bias),
        noise=second.noise.minus(first.noise),
    )
    quantized = first.step is not None and first.step == second.step
    alike = np.full(first.size, quantized and first.kernel.shape == second.kernel.shape)
    if alike.any():
        alike &= (first.kernel == second.kernel).all(axis=1)
        alike &= (first.bias == second.bias) & (first.low == second.low)
        alike &= first.high == second.high
        for linear_map in cross:
            alike &= linear_map.magnitude().forward(np.ones(linear_map.shape[1])) == 0
    return AffinePair(
        first=first, second=second, tracks=(_plain(first), _plain(second), apart), same=alike
    )


def make_pair(first: Network, second: Network) -> NetworkPair:
    """The pair; raises ValueError where the networks do not take the same steps."""
    why = mismatch(first, second)
    if why is not None:
        raise ValueError(why)
    steps: list[AffinePair | MaximumNode] = []
    for one, other in zip(first.nodes, second.nodes, strict=True):
        if isinstance(one, Affine) and isinstance(other, Affine):
            steps.append(_step(one, other))
        elif isinstance(other, MaximumNode):
            steps.append(other)
    return NetworkPair(first=first, second=second, steps=tuple(steps))
