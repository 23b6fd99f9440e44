"""Matrix products with the same bits on every machine, through BLAS.

BLAS adds in an order that depends on the processor, on the number of threads and on the size of
the matrices, and it fuses multiplications with additions where the processor can: no one promises
the last bits of a float product. A sum of whole numbers that stays below 2**53 is exact in
float64 in any order, fused or not. So the operands are rounded first, to multiples of a power of
two that leaves room for the sum (the error-free splitting of Ozaki et al. 2012, "Error-free
transformations of matrix multiplication", with one or two slices).

Rounding to a multiple of q is (v + 1.5 * 2**52 * q) - 1.5 * 2**52 * q: two additions that IEEE 754
rounds correctly everywhere.
"""

from __future__ import annotations

from math import frexp
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXACT_BITS = 53
"""Whole numbers of so many bits are exact in float64."""

MOST_BITS = 50
"""A grid is never finer: the rounding itself needs |v| below 2**51 multiples."""


def bits_of(value: float) -> int:
    """Least b with ``value`` <= 2**b, of a positive number (0 for 0)."""
    mantissa, exponent = frexp(value)
    return exponent - 1 if mantissa == 0.5 else exponent


def largest_magnitude(values: NDArray[Any], axis: int | tuple[int, ...]) -> NDArray[Any]:
    """The largest magnitude along ``axis``, dimensions kept; NaN where there is one."""
    result: NDArray[Any] = np.maximum(
        values.max(axis=axis, keepdims=True, initial=0.0),
        -values.min(axis=axis, keepdims=True, initial=0.0),
    )
    return result


def _exponents(largest: NDArray[Any]) -> NDArray[np.int32]:
    """E with ``largest`` <= 2**e."""
    exponents: NDArray[np.int32] = np.frexp(largest)[1]
    return exponents


def grid_shift(largest: NDArray[Any], bits: int) -> Floats:
    """What rounds values to the grid of ``round_to_grid`` when added and subtracted again.

    1.5 * 2**52 steps of the grid of values whose ``largest_magnitude`` is ``largest``.
    """
    step = _exponents(largest) - min(bits, MOST_BITS)
    shift: Floats = np.ldexp(1.5, step + (EXACT_BITS - 1))
    return shift


def round_to_grid(values: NDArray[Any], bits: int, axis: int | tuple[int, ...]) -> Floats:
    """``values`` as float64 multiples of 2**-``bits`` of their largest along ``axis``.

    The largest is counted as the next power of two, so a rounded value is at most 2**bits
    multiples of the step that all along ``axis`` share.
    """
    shift = grid_shift(largest_magnitude(values, axis), bits)
    result: Floats = values.astype(np.float64) + shift
    result -= shift
    return result


def whole_product(whole: NDArray[Any], reals: Floats) -> Floats:
    """``whole`` [..., S, K] @ ``reals`` [..., K, C] (or [K]); the first holds whole numbers.

    The second is rounded by column to the bits that the sum leaves: 53 less those of K times
    the largest whole number.
    """
    values, axis = np.asarray(whole, np.float64), -2 if reals.ndim > 1 else 0
    result: Floats = values @ round_to_grid(reals, _bits_left(values), axis)
    return result


def _bits_left(whole: Floats) -> int:
    """The bits that reals may have for their products with ``whole`` [..., S, K] to be exact."""
    largest = max(float(whole.max(initial=1.0)), -float(whole.min(initial=0.0)))
    return EXACT_BITS - bits_of(max(whole.shape[-1], 1) * largest)


def fine_whole_product(whole: NDArray[Any], reals: Floats) -> Floats:
    """As ``whole_product``, the second rounded to twice the bits: in two slices."""
    values = np.asarray(whole, np.float64)
    bits = _bits_left(values)
    high = round_to_grid(reals, bits, -2)
    result: Floats = values @ high
    result += values @ round_to_grid(reals - high, bits, -2)
    return result


def real_product(first: Floats, second: Floats) -> Floats:
    """``first`` [S, K] @ ``second`` [K, C] to about 2**-44 of the rows' and columns' largest.

    Both are split in two; the three larger of the four products are exact and added in order.
    """
    bits = (EXACT_BITS - bits_of(max(first.shape[-1], 1))) // 2
    high, column = round_to_grid(first, bits, -1), round_to_grid(second, bits, -2)
    low = round_to_grid(first - high, bits, -1)
    rest = round_to_grid(second - column, bits, -2)
    result: Floats = high @ column
    result += high @ rest
    result += low @ column
    return result


def rounded_weights(weights: NDArray[Any]) -> tuple[Floats, int]:
    """Weights [K, C] on a grid for each channel, and the bits that are left for what they meet.

    The room is shared: some 23 bits each for K of 576, where weights are like those of networks
    (a sum of magnitudes counts, not K). ``rows @ weights`` is exact for rows that
    ``round_to_grid`` rounded to those bits, each with one step.
    """
    values = weights.astype(np.float64)
    unit = np.ldexp(1.0, _exponents(largest_magnitude(values, 0)))
    reach = max(float((np.abs(values) / unit).sum(axis=0).max(initial=1.0)), 1.0)
    own = (EXACT_BITS - bits_of(reach)) // 2
    rounded = round_to_grid(values, own, 0)
    # In steps of the grid: whole numbers, so their sum is exact.
    multiples = np.abs(rounded) / np.ldexp(unit, -min(own, MOST_BITS))
    largest = float(multiples.sum(axis=0).max(initial=1.0))
    return rounded, EXACT_BITS - bits_of(max(largest, 1.0))
