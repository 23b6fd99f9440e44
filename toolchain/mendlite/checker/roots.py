"""1 / sqrt(x) of integers as multiplier and shift: ``GetInvSqrtQuantizedMultiplierExp``."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mendlite.checker.rounding import INT32_MAX, Integers, high_mul
from mendlite.checker.softmax import shift_left


def inverse_root(values: Integers) -> tuple[Integers, Integers]:
    """(multiplier, left shift); of 0 and 1 the largest multiplier, unshifted."""
    found = {int(v): _inverse_root(int(v)) for v in np.unique(values)}
    factors, shifts = (
        np.vectorize(lambda v, i=i: found[int(v)][i], otypes=[np.int64])(values) for i in (0, 1)
    )
    return factors, shifts


@lru_cache(2**12)
def _inverse_root(value: int) -> tuple[int, int]:
    """The same of one value; kept, as every slice of samples computes RSQRT's table again."""
    if value <= 1:
        return INT32_MAX, 0
    right = 11
    while value >= 1 << 29:
        value, right = value // 4, right + 1
    # The leading zeros of an int32, less the sign, in pairs.
    pairs = (32 - value.bit_length() - 1) // 2
    # One pair fewer: three integer bits are kept.
    pairs -= 1
    right, value = right - pairs, value << (2 * pairs)
    root = _newton(np.array([value >> 1], np.int64))
    if right < 0:
        return int(root) << -right, 0
    return int(root), -right


def _newton(x: Integers) -> int:
    """The root with three integer bits (``F3``)."""
    half, one = (x + 1) >> 1, np.array([1 << 28], np.int64)
    root = one
    for _ in range(5):
        cube = shift_left(high_mul(high_mul(root, root), root), 6)
        step = high_mul(np.full_like(root, (1 << 28) + (1 << 27)), root) - high_mul(half, cube)
        root = shift_left(step, 3)
    return int(high_mul(root, 1518500250)[0])
