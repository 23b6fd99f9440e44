"""Random choices that a seed repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")

INTEGERS = (
    -(2**31), -(2**15), -129, -128, -2, -1, 0, 1, 2, 3, 4, 5, 7, 8, 16, 127, 128, 255, 256, 1000,
    65535, 2**16, 2**20, 2**24, 2**30, 2**30 + 1, 2**31 - 1,
)  # fmt: skip
SMALL = (-1, 0, 1, 2, 3, 4, 5, 8)
REALS = (
    0.0, -0.0, -1.0, 1e-45, 1e-38, 1e-30, 1e-12, 1e-9, 0.001, 1 / 256, 1 / 128, 0.5, 1.0, 2.0,
    255.0, 1e6, 1e12, 1e30, 3.4e38, float("inf"), float("-inf"), float("nan"),
)  # fmt: skip


class Dice:
    """A stream of choices."""

    def __init__(self, *seed: int) -> None:
        """The same seed gives the same choices."""
        self.rng = np.random.default_rng(seed)

    def below(self, count: int) -> int:
        """0 to count - 1; 0 for an empty range."""
        return int(self.rng.integers(count)) if count > 0 else 0

    def pick(self, items: Sequence[Item]) -> Item:
        """One of them."""
        return items[self.below(len(items))]

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return bool(self.rng.random() < share)

    def integer(self) -> int:
        """A small one, one at a limit, or any."""
        roll = self.below(4)
        if roll < 2:
            return self.pick(SMALL)
        return self.pick(INTEGERS) if roll == 2 else int(self.rng.integers(-(2**31), 2**31))

    def real(self, near: float) -> float:
        """A value at a limit, or one near another."""
        if self.chance(0.5):
            return self.pick(REALS)
        with np.errstate(all="ignore"):  # infinities and NaN are values, too
            return float(np.float32(near) * np.float32(2.0 ** float(self.rng.uniform(-12, 12))))

    def bytes(self, count: int) -> bytes:
        """Any bytes, all equal ones, or extremes."""
        if self.chance(0.5):
            return self.rng.bytes(count)
        return bytes([self.pick((0, 1, 0x7F, 0x80, 0xFF))]) * count

    def changed(self, values: NDArray[Any]) -> NDArray[Any]:
        """An integer or float vector with one element changed, added, taken out or swapped."""
        found = list(values)
        at, roll = self.below(len(found)), self.below(6)
        new = self.real(float(found[at]) if found else 1.0) if values.dtype.kind == "f" else None
        fresh = new if new is not None else self.integer()
        if roll < 3 and found:
            found[at] = fresh
        elif roll == 3:
            found.insert(at, fresh)
        elif roll == 4 and found:
            del found[at]
        elif found:
            other = self.below(len(found))
            found[at], found[other] = found[other], found[at]
        if values.dtype.kind == "f":
            return np.array(found, np.float64).astype(values.dtype)
        limits = np.iinfo(values.dtype)
        return np.array([min(max(int(v), limits.min), limits.max) for v in found], values.dtype)
