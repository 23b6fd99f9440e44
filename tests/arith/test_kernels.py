"""Kernels against slow, literal loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.arith.conversion import dequantize, quantize, round_half_away
from mendlite.arith.curve import curve_table, logistic, tanh
from mendlite.arith.exponential import (
    exp_on_negative_values,
    one_minus_over_one_plus,
    one_over_one_plus,
)
from mendlite.arith.fixed_point import Rounding
from mendlite.arith.geometry import make_window
from mendlite.arith.hybrid import asymmetric, symmetric
from mendlite.arith.logistic import logistic_table, tanh_table
from mendlite.arith.pairwise import (
    Terms,
    make_addition,
    make_multiplication,
    make_subtraction,
)
from mendlite.arith.pooling import average_pool, max_pool
from mendlite.arith.products import FLOAT32_EXACT, convolve, convolve_depthwise, make_products
from mendlite.arith.rectifier import clamp_table, rectifier_table
from mendlite.arith.softmax import make_softmax

GEOMETRY = st.tuples(
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    st.sampled_from(["SAME", "VALID"]),
)


def taps(window, spatial, y, x):
    """(row, column, kernel row, kernel column) of the positions inside the input."""
    for i in range(window.size[0]):
        for j in range(window.size[1]):
            row = y * window.stride[0] + i * window.dilation[0] - window.before[0]
            column = x * window.stride[1] + j * window.dilation[1] - window.before[1]
            if 0 <= row < spatial[0] and 0 <= column < spatial[1]:
                yield row, column, i, j


def window_or_none(geometry):
    spatial, size, stride, dilation, padding = geometry
    try:
        return make_window(spatial, size, stride, dilation, padding)
    except ValueError:
        assert padding == "VALID"
        return None


@given(GEOMETRY, st.integers(0, 1000))
def test_convolution(geometry, seed):
    window, spatial = window_or_none(geometry), geometry[0]
    if window is None:
        return
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (2, *spatial, 3)).astype(np.int8)
    w = rng.integers(-127, 128, (4, *window.size, 3))
    bias = rng.integers(-1000, 1000, 4)
    products = make_products(w.reshape(4, -1).T, bias, -7, 255)
    found = convolve(x, products, window)
    for n in range(2):
        for y in range(window.output[0]):
            for z in range(window.output[1]):
                acc = bias.copy()
                for row, column, i, j in taps(window, spatial, y, z):
                    acc += w[:, i, j] @ (x[n, row, column].astype(int) + 7)
                assert found[n, y, z].tolist() == acc.tolist()


@given(GEOMETRY, st.integers(1, 2), st.integers(0, 1000))
def test_depthwise_convolution(geometry, multiplier, seed):
    window, spatial = window_or_none(geometry), geometry[0]
    if window is None:
        return
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (2, *spatial, 2)).astype(np.int8)
    w = rng.integers(-127, 128, (*window.size, 2 * multiplier))
    products = make_products(w.reshape(-1, 2 * multiplier), None, 3, 255)
    found = convolve_depthwise(x, products, window, multiplier)
    for y in range(window.output[0]):
        for z in range(window.output[1]):
            for c in range(2 * multiplier):
                acc = sum(
                    int(w[i, j, c]) * (int(x[1, row, column, c // multiplier]) - 3)
                    for row, column, i, j in taps(window, spatial, y, z)
                )
                assert found[1, y, z, c] == acc


def test_sums_that_float32_cannot_hold_take_float64():
    weights = np.full((2000, 1), 127)
    assert make_products(weights, None, 0, 255).dtype == np.float64
    assert make_products(weights[:300], None, 0, 255).dtype == np.float32
    assert 300 * 127 * 255 < FLOAT32_EXACT < 2000 * 127 * 255
    rows = np.full((1, 2000), 255.0)
    assert make_products(weights, np.array([1]), 0, 255)(rows)[0, 0] == 2000 * 127 * 255 + 1


def test_an_average_rounds_half_away_and_leaves_padding_out():
    window = make_window((2, 2), (2, 2), (1, 1), (1, 1), "SAME")
    x = np.array([[1, 2], [3, 4]], np.int8).reshape(1, 2, 2, 1)
    # (1+2+3+4)/4 = 2.5, (2+4)/2 = 3, (3+4)/2 = 3.5, 4.
    assert average_pool(x, window, -128, 127).reshape(-1).tolist() == [3, 3, 4, 4]
    assert average_pool(-x, window, -128, 127).reshape(-1).tolist() == [-3, -3, -4, -4]
    assert average_pool(x, window, -128, 3).reshape(-1).tolist() == [3, 3, 3, 3]


def test_a_maximum_ignores_padding():
    window = make_window((2, 2), (2, 2), (1, 1), (1, 1), "SAME")
    x = np.array([[-9, -2], [-3, -4]], np.int8).reshape(1, 2, 2, 1)
    assert max_pool(x, window, -128, 127).reshape(-1).tolist() == [-2, -2, -3, -4]


@pytest.mark.parametrize(
    ("x", "expected"), [(0.5, 1), (-0.5, -1), (1.5, 2), (2.4999, 2), (-2.5, -3)]
)
def test_tflites_round(x, expected):
    assert round_half_away(np.array([x]))[0] == expected


def test_quantize_and_dequantize_by_hand():
    x = np.array([-100.0, -0.25, 0.0, 0.26, 100.0], np.float32)
    q = quantize(x, 0.5, 3, np.dtype(np.int8))
    assert q.tolist() == [-128, 2, 3, 4, 127]
    assert dequantize(q, 0.5, 3).tolist() == [-65.5, -0.5, 0.0, 0.5, 62.0]


@given(st.integers(-128, 127), st.integers(-128, 127), st.floats(0.01, 1), st.floats(0.01, 1))
def test_an_addition_is_within_one_step(a, b, first, second):
    scale = 2 * max(first, second)
    add = make_addition(
        Terms(scales=(first, second, scale), zero_points=(5, -9, 2), low=-128, high=127,
              rounding=Rounding.DOUBLE)
    )  # fmt: skip
    found = int(add(np.array([a], np.int8), np.array([b], np.int8))[0])
    exact = ((a - 5) * first + (b + 9) * second) / scale + 2
    assert abs(found - np.clip(exact, -128, 127)) <= 0.51


PAIR = st.integers(-128, 127)


@given(PAIR, PAIR, st.floats(0.01, 1), st.floats(0.01, 1), st.sampled_from(list(Rounding)))
def test_a_subtraction_is_within_one_step(a, b, first, second, rounding):
    scale = 2 * max(first, second)
    subtract = make_subtraction(
        Terms(scales=(first, second, scale), zero_points=(5, -9, 2), low=-128, high=127,
              rounding=rounding)
    )  # fmt: skip
    found = int(subtract(np.array([a], np.int8), np.array([b], np.int8))[0])
    exact = ((a - 5) * first - (b + 9) * second) / scale + 2
    assert abs(found - np.clip(exact, -128, 127)) <= 0.51


@given(PAIR, PAIR, st.floats(0.01, 1), st.floats(0.01, 1), st.sampled_from(list(Rounding)))
def test_a_multiplication_is_within_one_step(a, b, first, second, rounding):
    terms = Terms(
        scales=(first, second, 100 * first * second), zero_points=(5, -9, 2), low=-100, high=90,
        rounding=rounding,
    )  # fmt: skip
    multiply = make_multiplication(terms, np.float64)
    found = int(multiply(np.array([a], np.int8), np.array([b], np.int8))[0])
    exact = np.clip((a - 5) * (b + 9) / 100 + 2, -100, 90)
    # Twice rounded: the first rounding may move a value by a 64th of the step.
    assert abs(found - exact) <= 0.51


def test_pairs_by_hand():
    x, y = np.array([[7], [-20]], np.int8), np.array([3, -4], np.int8)
    terms = Terms(
        scales=(0.5, 0.25, 0.5), zero_points=(1, -1, 10), low=-128, high=127,
        rounding=Rounding.DOUBLE,
    )  # fmt: skip
    # Real values 3, -10.5 and 1, -0.75: sums of 8, 4.5, -19, -22.5 steps, half away from zero.
    assert make_addition(terms)(x, y).tolist() == [[18, 15], [-9, -13]]
    # Differences of 4, 7.5, -23, -19.5 steps.
    assert make_subtraction(terms)(x, y).tolist() == [[14, 18], [-13, -10]]
    # Products of 6, -4.5, -21, 15.75 steps.
    assert make_multiplication(terms, np.float64)(x, y).tolist() == [[16, 5], [-11, 26]]


def test_float32_and_double_multipliers_part_at_a_tie():
    # 97 * 89 steps are a tie in double, and just below or above it in float32.
    scales = tuple(float(np.float32(s)) for s in (0.00516, 0.06475, 0.0397844))
    terms = Terms(
        scales=scales, zero_points=(-128, 0, 0), low=-128, high=127, rounding=Rounding.DOUBLE
    )
    single, double = (make_multiplication(terms, t).table for t in (np.float32, np.float64))
    assert 0 < np.abs(single.astype(int) - double).sum() <= 8


def test_rectifiers_by_hand():
    def table(low, high, rounding=Rounding.DOUBLE):
        found = rectifier_table(
            scales=(0.5, 0.25), zero_points=(-10, 20), low=low, high=high, rounding=rounding,
            real=np.float32,
        )  # fmt: skip
        return found[[0, 118, 119, 130, 255]].tolist()  # inputs -128, -10, -9, 2, 127

    assert table(20, 127) == [20, 20, 22, 44, 127]
    assert table(20, 44) == [20, 20, 22, 44, 44]
    assert table(16, 24) == [16, 20, 22, 24, 24]
    assert table(20, 127, Rounding.SINGLE) == table(20, 127)
    assert clamp_table(-10, 2)[[0, 118, 119, 130, 255]].tolist() == [-10, -10, -9, 2, 2]


def test_symmetric_run_time_quantization_by_hand():
    rows = np.array([[1.0, -2.0], [0.0, 0.0]], np.float32)
    q, scale, zero = symmetric(rows)
    assert q.tolist() == [[64, -127], [0, 0]]
    assert scale.tolist() == [np.float32(2 / 127), 1.0]
    assert zero.tolist() == [0, 0]


def test_asymmetric_run_time_quantization_by_hand():
    q, scale, zero = asymmetric(np.array([[0.0, 2.55], [0.0, 0.0]], np.float32))
    assert q.tolist() == [[-128, 127], [0, 0]]
    assert scale[0] == pytest.approx(0.01)
    assert zero.tolist() == [-128, 0]


@given(st.integers(-(2**31), 0), st.sampled_from([4, 5]))
def test_the_fixed_point_exponential(raw, bits):
    found = int(exp_on_negative_values(np.array([raw]), bits)[0]) / 2**31
    assert found == pytest.approx(np.exp(raw / 2 ** (31 - bits)), abs=1e-6)


@given(st.integers(0, 2**31 - 1))
def test_the_fixed_point_fractions(raw):
    # Three Newton steps in Q2.29: the result is right to a few units of 2^-29 (1.9e-9).
    x = raw / 2**31
    assert one_over_one_plus(np.array([raw]))[0] / 2**31 == pytest.approx(1 / (1 + x), abs=8e-9)
    found = one_minus_over_one_plus(np.array([raw]))[0] / 2**31
    assert found == pytest.approx((1 - x) / (1 + x), abs=8e-9)


@given(st.floats(0.001, 3.0), st.integers(-128, 127), st.sampled_from(list(Rounding)))
def test_a_tanh_is_within_one_step(scale, zero, rounding):
    wanted = np.minimum(128 * np.tanh(scale * (np.arange(-128, 128) - zero)), 127)
    found = tanh_table(scale, zero, rounding).astype(int)
    assert np.abs(found - wanted).max() <= 0.51
    assert found[zero + 128] == 0


def test_curves_by_hand():
    found = tanh_table(0.5, 0, Rounding.DOUBLE)[[0, 126, 127, 128, 129, 130, 255]]
    # 128 tanh of -64, -1, -0.5, 0, 0.5, 1 and 63.5.
    assert found.tolist() == [-128, -97, -59, 0, 59, 97, 127]
    asked = {"scale": 0.5, "zero_point": 0}
    floats = curve_table(tanh, **asked, output_scale=1 / 128, output_zero_point=0)
    assert floats[[0, 126, 127, 128, 129, 130, 255]].tolist() == found.tolist()
    floats = curve_table(logistic, **asked, output_scale=1 / 256, output_zero_point=-128)
    # 256 / (1 + exp(-x)) - 128 of -64, -1, 0, 1 and 63.5.
    assert floats[[0, 126, 128, 130, 255]].tolist() == [-128, -59, 0, 59, 127]


@given(st.floats(0.001, 3.0), st.integers(-128, 127), st.sampled_from(list(Rounding)))
def test_a_logistic_is_within_one_step(scale, zero, rounding):
    x = scale * (np.arange(-128, 128) - zero)
    wanted = np.clip(256 / (1 + np.exp(-x)), 0, 255)
    found = logistic_table(scale, zero, rounding).astype(int) + 128
    assert np.abs(found - wanted).max() <= 1.01
    assert np.all(np.diff(found) >= 0)


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=12), st.floats(0.01, 0.5))
def test_a_softmax_is_within_one_step(x, scale):
    found = make_softmax(scale, 1.0)(np.array([x], np.int8))[0].astype(int) + 128
    exps = np.exp(scale * (np.array(x) - max(x)))
    assert np.abs(found - np.minimum(256 * exps / exps.sum(), 255)).max() <= 1.01
