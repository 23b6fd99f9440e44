"""Kernels against slow, literal loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.arith.addition import make_addition
from mendlite.arith.conversion import dequantize, quantize, round_half_away
from mendlite.arith.exponential import exp_on_negative_values
from mendlite.arith.fixed_point import Rounding
from mendlite.arith.geometry import make_window
from mendlite.arith.hybrid import asymmetric, symmetric
from mendlite.arith.logistic import logistic_table
from mendlite.arith.pooling import average_pool, max_pool
from mendlite.arith.products import FLOAT32_EXACT, convolve, convolve_depthwise, make_products
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
        scales=(first, second, scale), zero_points=(5, -9, 2), low=-128, high=127,
        rounding=Rounding.DOUBLE,
    )  # fmt: skip
    found = int(add(np.array([a], np.int8), np.array([b], np.int8))[0])
    exact = ((a - 5) * first + (b + 9) * second) / scale + 2
    assert abs(found - np.clip(exact, -128, 127)) <= 0.51


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
