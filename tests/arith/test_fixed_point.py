"""Fixed-point multiplication against its definition in Python's own integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.arith.fixed_point import (
    Rounding,
    doubling_high_mul,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
)

INT32 = st.integers(-(2**31), 2**31 - 1)
MULTIPLIER = st.integers(2**30, 2**31 - 1)

# value, (multiplier, shift): by hand from QuantizeMultiplier.
QUANTIZED = [
    (0.0, (0, 0)),
    (0.5, (2**30, 0)),
    (1.0, (2**30, 1)),
    (0.75, (3 * 2**29, 0)),
    (2.0**-20, (2**30, -19)),
    (2.0**-33, (0, 0)),
    (1.0 - 2.0**-40, (2**30, 1)),
    (3.0, (3 * 2**29, 2)),
]


def c_divide(a, b):
    """C's division truncates toward zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def c_high_mul(a, b):
    if a == b == -(2**31):
        return 2**31 - 1
    product = a * b
    nudge = (1 << 30) if product >= 0 else 1 - (1 << 30)
    return c_divide(product + nudge, 1 << 31)


def c_divide_by_pot(x, exponent):
    mask = (1 << exponent) - 1
    remainder, threshold = x & mask, (mask >> 1) + (1 if x < 0 else 0)
    return (x >> exponent) + (1 if remainder > threshold else 0)


@pytest.mark.parametrize(("real", "expected"), QUANTIZED)
def test_quantize_multiplier_by_hand(real, expected):
    multiplier, shift = quantize_multiplier(real)
    assert (int(multiplier[0]), int(shift[0])) == expected


@pytest.mark.parametrize("real", [-1.0, float("nan"), float("inf")])
def test_an_impossible_multiplier(real):
    with pytest.raises(ValueError, match="finite and not negative"):
        quantize_multiplier(real)


def test_single_rounding_saturates_a_large_shift():
    multiplier, shift = quantize_multiplier(2.0**40, Rounding.SINGLE)
    assert (int(multiplier[0]), int(shift[0])) == (2**31 - 1, 30)


@given(st.floats(2.0**-30, 2.0**20))
def test_a_quantized_multiplier_is_within_half_a_unit(real):
    multiplier, shift = quantize_multiplier(real)
    found = int(multiplier[0]) * 2.0 ** (int(shift[0]) - 31)
    assert abs(found - real) <= 2.0 ** (int(shift[0]) - 32)


@given(INT32, INT32)
def test_high_mul_is_gemmlowps(a, b):
    assert int(doubling_high_mul(np.int64(a), np.int64(b))) == c_high_mul(a, b)


@given(INT32, st.integers(0, 31))
def test_divide_by_pot_is_gemmlowps(x, exponent):
    assert int(rounding_divide_by_pot(np.int64(x), exponent)) == c_divide_by_pot(x, exponent)


@given(st.integers(-(2**24), 2**24), MULTIPLIER, st.integers(-24, 6))
def test_both_roundings(x, multiplier, shift):
    array = np.array([x])
    double = multiply_by_quantized_multiplier(array, multiplier, shift, Rounding.DOUBLE)
    wanted = c_divide_by_pot(c_high_mul(x << max(shift, 0), multiplier), max(-shift, 0))
    assert int(double[0]) == wanted
    single = multiply_by_quantized_multiplier(array, multiplier, shift, Rounding.SINGLE)
    total = 31 - shift
    assert int(single[0]) == (x * multiplier + (1 << (total - 1))) >> total


def test_the_roundings_differ_by_one_and_seldom():
    values = np.arange(-20000, 20000)
    double = multiply_by_quantized_multiplier(values, 1431655765, -6, Rounding.DOUBLE)
    single = multiply_by_quantized_multiplier(values, 1431655765, -6, Rounding.SINGLE)
    assert 0 < np.count_nonzero(double != single) < 0.05 * values.size
    assert np.abs(double - single).max() == 1
