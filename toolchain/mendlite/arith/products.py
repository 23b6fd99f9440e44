"""Exact sums of int8 products, through BLAS where float32 or float64 holds them exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import Window, im2col, pad
from mendlite.arith.tiling import repeats, tile

FLOAT32_EXACT = 2**24
"""Integers up to here, and so all partial sums below it, are exact in float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """``acc = (x - offset) . weights + bias`` for C channels.

    ``matrix`` [K, C] and ``bias`` [C] in float32 where no partial sum can reach 2**24, else in
    float64 (exact to 2**53). ``bias`` holds the offset's share, too: x
    is multiplied as it is, and padded with ``offset``, which then adds nothing.
    """

    matrix: NDArray[Any]
    bias: NDArray[Any]
    offset: int
    _biases: dict[int, NDArray[Any]] = field(default_factory=dict, repr=False)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self.matrix.dtype

    def __call__(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Accumulators [S, C] of rows x [S, K] in the products' own dtype."""
        acc: NDArray[Any] = rows @ self.matrix
        count, channels = repeats(*acc.shape), acc.shape[1]
        if count not in self._biases:
            self._biases[count] = tile(self.bias, count, channels)
        long_rows = acc.reshape(-1, count * channels)
        long_rows += self._biases[count]
        return acc


def added_bias(
    weights: NDArray[np.int64], bias: NDArray[np.int64] | None, offset: int
) -> NDArray[np.int64]:
    """What is added to ``x . weights`` [K, C]: the bias and the share of x's ``offset``, i64[C]."""
    own = np.zeros(weights.shape[1], np.int64) if bias is None else bias
    added: NDArray[np.int64] = own - offset * weights.sum(axis=0)
    return added


def make_products(
    weights: NDArray[np.int64], bias: NDArray[np.int64] | None, offset: int, largest: int
) -> Products:
    """Products for integer weights [K, C] and bias [C]; |x| <= ``largest``."""
    added = added_bias(weights, bias, offset)
    reach = int((np.abs(weights).sum(axis=0) * largest + np.abs(added)).max(initial=0))
    dtype = np.float32 if reach < FLOAT32_EXACT else np.float64
    return Products(
        matrix=np.ascontiguousarray(weights, dtype), bias=added.astype(dtype), offset=offset
    )


def convolve(x: NDArray[Any], products: Products, window: Window) -> NDArray[Any]:
    """Accumulators (n, out_h, out_w, C) of a convolution over x (n, h, w, in).

    Padding stands for the input's zero-point, so it adds nothing.
    """
    rows = im2col(pad(x, window, products.offset, products.dtype), window)
    return products(rows).reshape(x.shape[0], *window.output, -1)


def convolve_depthwise(
    x: NDArray[Any], products: Products, window: Window, multiplier: int
) -> NDArray[Any]:
    """Accumulators (n, out_h, out_w, in * multiplier); ``products.matrix`` is [kh * kw, C].

    Output channel c reads input channel c // multiplier.
    """
    values = pad(x, window, products.offset, products.dtype)
    if multiplier > 1:
        values = np.repeat(values, multiplier, axis=3)
    height, width = window.output
    (sh, sw), (dh, dw) = window.stride, window.dilation
    acc = np.broadcast_to(products.bias, (x.shape[0], height, width, products.bias.size)).copy()
    term = np.empty_like(acc)
    for tap in range(window.size[0] * window.size[1]):
        top, left = tap // window.size[1] * dh, tap % window.size[1] * dw
        here = values[:, top : top + (height - 1) * sh + 1 : sh,
                      left : left + (width - 1) * sw + 1 : sw]  # fmt: skip
        np.multiply(here, products.matrix[tap], out=term)
        acc += term
    return acc
