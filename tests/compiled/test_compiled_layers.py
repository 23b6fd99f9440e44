"""Compiled layers have the bytes of the numpy kernels, for any geometry and any accumulator."""

from dataclasses import replace

import numpy as np
import pytest
from compiled_windows import windows
from hypothesis import given, settings
from hypothesis import strategies as st

from mendlite.arith.exact_products import (
    grid_shift,
    largest_magnitude,
    round_to_grid,
    rounded_weights,
)
from mendlite.arith.fixed_point import Rounding
from mendlite.arith.geometry import DENSE
from mendlite.arith.products import Products, convolve, convolve_depthwise, make_products
from mendlite.arith.requantize import Requantizer
from mendlite.compiled import layers as compiled
from mendlite.compiled.library import library
from mendlite.compiled.trial import why_not

pytestmark = pytest.mark.skipif(library().loaded is None, reason="no C compiler")


def test_this_machine_runs_them():
    assert why_not() == ""


def requantizer(rng, channels, rounding, dtype):
    info = np.iinfo(dtype)
    return Requantizer.of(
        rng.uniform(1e-5, 2.0, channels) ** 2,
        rounding=rounding,
        zero_point=int(rng.integers(info.min, info.max + 1)),
        low=info.min,
        high=info.max,
        dtype=dtype,
        reach=2.0**31,
    )


@settings(max_examples=80, deadline=None)
@given(
    found=windows(),
    depth=st.integers(1, 5),
    channels=st.integers(1, 37),
    kind=st.tuples(st.sampled_from([np.int8, np.uint8]), st.sampled_from(Rounding)),
    seed=st.integers(0, 2**32 - 1),
)
def test_convolutions(found, depth, channels, kind, seed):
    ((height, width), window), (dtype, rounding) = found, kind
    rng, info = np.random.default_rng(seed), np.iinfo(dtype)
    x = rng.integers(info.min, info.max + 1, (3, height, width, depth)).astype(dtype)
    offset = int(rng.integers(info.min, info.max + 1))
    weights = rng.integers(-255, 256, (window.size[0] * window.size[1] * depth, channels))
    bias = rng.integers(-(2**31), 2**31, channels)
    products = make_products(weights, bias, offset, 255)
    shifted = bias - offset * weights.sum(axis=0)
    sums = convolve(x, products, window)
    of = compiled.WholeLayer(window=window, offset=offset, requantizer=None)
    run = compiled.whole_layer(weights, shifted, of)
    assert np.array_equal(run(x), sums.astype(np.int64).astype(np.int32))
    by = requantizer(rng, channels, rounding, np.dtype(dtype))
    run = compiled.whole_layer(weights, shifted, replace(of, requantizer=by))
    assert np.array_equal(run(x), by(sums))


@settings(max_examples=60, deadline=None)
@given(
    found=windows(),
    channels=st.integers(1, 37),
    rounding=st.sampled_from(Rounding),
    seed=st.integers(0, 2**32 - 1),
)
def test_depthwise_convolutions(found, channels, rounding, seed):
    (height, width), window = found
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (2, height, width, channels)).astype(np.int8)
    weights = rng.integers(-127, 128, (window.size[0] * window.size[1], channels))
    bias, offset = rng.integers(-(10**6), 10**6, channels), int(rng.integers(-128, 128))
    products = make_products(weights, bias, offset, 128)
    by = requantizer(rng, channels, rounding, np.dtype(np.int8))
    of = compiled.WholeLayer(window=window, offset=offset, requantizer=by)
    run = compiled.depthwise_layer(weights, bias - offset * weights.sum(axis=0), of)
    assert np.array_equal(run(x), by(convolve_depthwise(x, products, window, 1)))


@settings(max_examples=60, deadline=None)
@given(
    found=windows(),
    depth=st.integers(1, 5),
    channels=st.integers(1, 19),
    low=st.sampled_from([-np.inf, 0.0, -1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_float_convolutions(found, depth, channels, low, seed):
    (height, width), window = found
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3, height, width, depth)).astype(np.float32)
    x *= np.float32(10.0) ** rng.integers(-5, 6, (3, 1, 1, 1))
    weights = rng.standard_normal((window.size[0] * window.size[1] * depth, channels))
    rounded, bits = rounded_weights(weights.astype(np.float32))
    bias = rng.standard_normal(channels)
    products = Products(matrix=rounded, bias=bias, offset=0)
    right = convolve(round_to_grid(x, bits, (1, 2, 3)), products, window).astype(np.float32)
    run = compiled.real_layer(rounded, bias, window, (low, np.inf))
    got = run(x, grid_shift(largest_magnitude(x, (1, 2, 3)), bits).reshape(-1))
    assert got.tobytes() == np.clip(right, np.float32(low), np.float32(np.inf)).tobytes()


@settings(max_examples=60, deadline=None)
@given(found=windows(), channels=st.integers(1, 19), seed=st.integers(0, 2**32 - 1))
def test_float_depthwise_convolutions_round_at_every_tap(found, channels, seed):
    (height, width), window = found
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3, height, width, channels)).astype(np.float32)
    weights = rng.standard_normal((window.size[0] * window.size[1], channels)).astype(np.float32)
    bias = rng.standard_normal(channels).astype(np.float32)
    products = Products(matrix=weights, bias=bias, offset=0)
    run = compiled.real_depthwise_layer(weights, bias, window, (-np.inf, np.inf))
    assert run(x).tobytes() == convolve_depthwise(x, products, window, 1).tobytes()


def test_shifts_that_c_does_not_define_are_left_to_numpy():
    by = requantizer(np.random.default_rng(0), 1, Rounding.DOUBLE, np.dtype(np.int8))
    for shift, supported in ((-31, True), (30, True), (31, False), (-32, False)):
        moved = replace(by, shift=np.array([shift]))
        of = compiled.WholeLayer(window=DENSE, offset=0, requantizer=moved)
        assert of.supported is supported
