"""1 / sqrt(x) of whole numbers as multiplier and shift (``GetInvSqrtQuantizedMultiplierExp``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import INT32_MAX, doubling_high_mul, saturate_int32

Ints = NDArray[np.int64]

ONE, HALF_THREE, HALF_ROOT_TWO = 1 << 28, (1 << 28) + (1 << 27), 1518500250
"""1 and 3 / 2 with 3 integer bits, sqrt(2) / 2 with none."""

ROUNDS = 5


def inverse_root(values: Ints) -> tuple[Ints, Ints]:
    """(multiplier, left shift): 1 / sqrt(x) is multiplier * 2**(shift - 31); up to 1: as of 1."""
    rest, right = np.maximum(values, 2), np.full(values.shape, 11, np.int64)
    while (large := rest >= 1 << 29).any():
        rest, right = np.where(large, rest // 4, rest), right + large
    # Pairs of zero bits in front of an unsigned number of 32, less one of them for the sign.
    pairs = (31 - np.frexp(rest.astype(np.float64))[1]) // 2 - 1
    right, rest = right - pairs, rest << (2 * pairs)
    root = _newton(rest >> 1)
    root, right = root << np.maximum(-right, 0), np.maximum(right, 0)
    small = values <= 1
    return np.where(small, INT32_MAX, root), np.where(small, 0, -right)


def _newton(x: Ints) -> Ints:
    """The root of an input with 3 integer bits, in as many."""
    half = (x + 1) >> 1
    root = np.full(x.shape, ONE, np.int64)
    for _ in range(ROUNDS):
        square = doubling_high_mul(root, root)
        cube = saturate_int32(doubling_high_mul(square, root) << 6)
        step = doubling_high_mul(np.full_like(root, HALF_THREE), root)
        root = saturate_int32((step - doubling_high_mul(half, cube)) << 3)
    return doubling_high_mul(root, np.full_like(root, HALF_ROOT_TWO))
