"""Products of matrices of small whole numbers, summed in int32 by the kernel of dense layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import DENSE
from mendlite.compiled.layers import WholeLayer, whole_layer
from mendlite.compiled.trial import usable

SUM_LIMIT, VALUE_LIMIT = 2**31, 2**15
"""Sums and values stay below these: int32 and int16."""

Product = Callable[[NDArray[np.int16]], NDArray[np.int32]]


def whole_products(weights: NDArray[np.integer[Any]], reach: int) -> Product | None:
    """X [S, K] of int16 → x @ ``weights`` [K, C], exact in int32; |x| <= ``reach``.

    None where a sum might leave int32 or a weight int16, and without compiled kernels.
    """
    if not weights.size or not usable():
        return None
    magnitudes = np.abs(weights.astype(np.int64))
    largest = int(magnitudes.max())
    if largest >= VALUE_LIMIT or reach * int(magnitudes.sum(axis=0).max()) >= SUM_LIMIT:
        return None
    inputs, channels = weights.shape
    kernel = whole_layer(
        weights.astype(np.int64),
        np.zeros(channels, np.int64),
        WholeLayer(window=DENSE, offset=0, requantizer=None),
    )

    def product(x: NDArray[np.int16]) -> NDArray[np.int32]:
        sums: NDArray[np.int32] = kernel(x.reshape(-1, 1, 1, inputs))
        return sums.reshape(-1, channels)

    return product
