"""Products of integer rows and weights, scaled by a fixed-point multiplier for each channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import round_to_grid, rounded_weights
from mendlite.arith.fixed_point import Rounding, multiply_by_quantized_multiplier
from mendlite.arith.hybrid import Quantized
from mendlite.arith.products import Products
from mendlite.arith.wide_requantize import multiply_wide

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """Products and the multipliers that bring them to the steps of their result.

    ``multiplier`` and ``shift`` are i64[C], as ``quantize_multiplier`` returns them.
    """

    products: Products
    multiplier: Integers
    shift: Integers
    rounding: Rounding

    def __call__(self, rows: NDArray[Any]) -> Integers:
        """Results i64[S, C] of rows [S, K], not yet cut to the type that holds them."""
        acc = self.products(rows.astype(self.products.dtype)).astype(np.int64)
        return multiply_by_quantized_multiplier(acc, self.multiplier, self.shift, self.rounding)


@dataclass(frozen=True, slots=True, kw_only=True)
class WideScaled:
    """``Scaled`` of sums of int64, as layers of int16 activations have them."""

    products: Products
    multiplier: Integers
    shift: Integers

    def __call__(self, rows: NDArray[Any]) -> Integers:
        """Results i64[S, C] of rows [S, K], not yet cut to the type that holds them."""
        acc = self.products(rows.astype(self.products.dtype)).astype(np.int64)
        return multiply_wide(acc, self.multiplier, self.shift)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatProducts:
    """Rows times weights [K, C], with the same bits on every machine."""

    weights: NDArray[np.float64]
    bits: int

    @staticmethod
    def of(weights: NDArray[Any]) -> FloatProducts:
        """Of weights [K, C]."""
        rounded, bits = rounded_weights(weights)
        return FloatProducts(weights=rounded, bits=bits)

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Products f64[S, C] of rows [S, K]."""
        result: NDArray[np.float64] = round_to_grid(rows, self.bits, (1,)) @ self.weights
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridProducts:
    """float32 rows times int8 weights, each row quantized to int8 at run time by ``quantize``.

    ``products`` are those of rows less their zero-point, ``scale`` is that of the weights.
    """

    products: Products
    scale: np.float32
    quantize: Callable[[NDArray[np.float32]], Quantized]

    def __call__(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Products f64[S, C] of rows f32[S, K], each one a float32."""
        stored, scale, zero = self.quantize(rows)
        centred = stored.astype(np.int16) - zero.astype(np.int16)[:, None]
        acc = self.products(centred.astype(self.products.dtype)).astype(np.float32)
        result: NDArray[np.float64] = (acc * (scale * self.scale)[:, None]).astype(np.float64)
        return result
