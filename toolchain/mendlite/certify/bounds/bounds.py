"""What is known of every tensor and of every sum: intervals and relaxations."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.clamp_lines import Lines
from mendlite.certify.bounds.difference_planes import Planes
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.pair import NetworkPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """Bounds of the first network's values, of the second's and of second less first."""

    first: Interval
    second: Interval
    difference: Interval

    def closed(self) -> Triple:
        """Each met with what the other two say of it."""
        apart = self.difference.meet(self.second.minus(self.first))
        second = self.second.meet(self.first.plus(apart))
        first = self.first.meet(self.second.minus(apart))
        return Triple(first=first, second=second, difference=apart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Lines above and below the clamps of both networks, planes above and below g."""

    first: tuple[Lines, Lines]
    second: tuple[Lines, Lines]
    difference: tuple[Planes, Planes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """``tensors`` by tensor (0: the input); ``sums`` and ``sides`` by node, None at a Maximum.

    ``chosen`` i64[N] by node: at a Maximum the tap that is always largest in both networks, -1
    where none does; None elsewhere.
    """

    pair: NetworkPair
    tensors: list[Triple] = field(default_factory=list)
    sums: list[Triple | None] = field(default_factory=list)
    sides: list[Sides | None] = field(default_factory=list)
    chosen: list[NDArray[np.int64] | None] = field(default_factory=list)

    @property
    def output(self) -> Triple:
        """The outputs' bounds."""
        return self.tensors[-1]
