"""Compiled tables, pools, sums, softmax, resizing and conversions have numpy's values."""

import numpy as np
import pytest
from compiled_windows import windows
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mendlite.arith import bilinear, conversion, exact_products, pooling
from mendlite.arith.geometry import make_window
from mendlite.arith.pairwise import Pairwise
from mendlite.arith.softmax import make_softmax
from mendlite.compiled import values as compiled
from mendlite.compiled.library import library

pytestmark = pytest.mark.skipif(library().loaded is None, reason="no C compiler")

SEEDS = st.integers(0, 2**32 - 1)
WHOLE = (np.int8, np.uint8, np.int16)


def drawn(seed, shape, dtype):
    """Values of the whole type; of float32 whole ones and some NaN and infinities."""
    rng = np.random.default_rng(seed)
    if dtype is np.float32:
        x = rng.integers(-9, 9, shape).astype(np.float32)
        special = np.array([np.nan, np.inf, -np.inf], np.float32)
        return np.where(rng.random(shape) < 0.05, rng.choice(special, shape), x)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max + 1, shape).astype(dtype)


@settings(max_examples=80, deadline=None)
@given(
    found=windows(),
    depth=st.integers(1, 40),
    dtype=st.sampled_from([*WHOLE, np.float32]),
    seed=SEEDS,
)
def test_pools(found, depth, dtype, seed):
    (height, width), window = found
    x = drawn(seed, (2, height, width, depth), dtype)
    low, high = sorted(drawn(seed, 2, np.int8).astype(int)) if dtype != np.uint8 else (3, 250)
    expected = pooling.max_pool(x, window, low, high)
    assert np.array_equal(compiled.max_pool(x, window, low, high), expected, equal_nan=True)
    if dtype is np.float32:
        return
    assume(pooling._total(np.ones((1, height, width, 1), np.int8), window).all())
    expected = pooling.average_pool(x, window, low, high)
    assert np.array_equal(compiled.average_pool(x, window, low, high), expected)


def test_an_average_rounds_halves_away_from_zero():
    window = make_window((1, 2), (1, 2), (1, 1), (1, 1), "VALID")
    x = np.array([[[[1], [2]]], [[[-1], [-2]]], [[[3], [3]]]], np.int8)
    assert compiled.average_pool(x, window, -128, 127).reshape(-1).tolist() == [2, -2, 3]
    assert compiled.average_pool(x, window, -1, 2).reshape(-1).tolist() == [2, -1, 2]


@settings(max_examples=80, deadline=None)
@given(
    shape=st.lists(st.integers(1, 5), max_size=5),
    repeats=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=5, max_size=5),
    cut=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    seed=SEEDS,
)
def test_pairs_that_broadcast(shape, repeats, cut, seed):
    sides = []
    for side in range(2):
        own = [1 if r[side] else n for n, r in zip(shape, repeats, strict=False)]
        sides.append(drawn(seed + side, own[min(cut[side], len(own)) :], np.int8))
    table = drawn(seed, 2**16, np.int8)
    found = compiled.look_up_pairs(table, *sides)
    if found is not None:
        expected = Pairwise(table=table)(*sides)
        assert found.shape == expected.shape
        assert np.array_equal(found, expected)


def test_few_broadcasts_are_left_to_numpy():
    table, x = np.zeros(2**16, np.int8), np.zeros((2, 1, 2, 1, 2), np.int8)
    assert compiled.look_up_pairs(table, x, np.zeros((1, 2, 1, 2, 1), np.int8)) is None
    assert compiled.look_up_pairs(table, x, np.zeros((2, 1, 2, 1, 2), np.int8)) is not None


@pytest.mark.parametrize(
    ("source", "output"),
    [(np.uint8, np.int8), (np.int8, np.uint8), (np.int8, np.float32), (np.int16, np.int16)],
)
def test_tables(source, output):
    x = drawn(1, (3, 77), source)
    table = np.random.default_rng(2).integers(0, 100, 1 << 8 * x.itemsize).astype(output)
    expected = table[x.view(f"u{x.itemsize}").astype(int)]
    assert np.array_equal(compiled.look_up(table, x), expected)
    with pytest.raises(ValueError, match="a table of"):
        compiled.look_up(table[1:], x)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    dtype=st.sampled_from([np.int8, np.uint8]),
    few=st.booleans(),
    seed=SEEDS,
)
def test_the_first_largest(shape, dtype, few, seed):
    x = drawn(seed, shape, dtype)
    x = x // 64 if few else x
    assert np.array_equal(compiled.arg_max(x), np.argmax(x, axis=-1))


@settings(max_examples=40, deadline=None)
@given(shape=st.lists(st.integers(1, 6), min_size=4, max_size=4), seed=SEEDS)
def test_sums(shape, seed):
    x = drawn(seed, shape, np.int8)
    for axes in ((1,), (2,), (1, 2), (2, 3), (1, 2, 3), (3,)):
        expected = x.sum(axis=axes, dtype=np.int64, keepdims=True)
        assert np.array_equal(compiled.sums(x, axes), expected)
    assert compiled.sums(x, (1, 3)) is None


@settings(max_examples=60, deadline=None)
@given(
    depth=st.one_of(st.integers(1, 40), st.just(4095)),
    scale=st.floats(1e-4, 20),
    beta=st.floats(0.1, 3),
    seed=SEEDS,
)
def test_softmax(depth, scale, beta, seed):
    x, of = drawn(seed, (3, depth), np.int8), make_softmax(scale, beta)
    assert np.array_equal(compiled.make_softmax(of)(x), of(x))


def test_long_rows_of_a_softmax_are_rejected():
    run = compiled.make_softmax(make_softmax(0.1, 1.0))
    with pytest.raises(ValueError, match="rows of 4096"):
        run(np.zeros((1, 4096), np.int8))


@settings(max_examples=60, deadline=None)
@given(
    spatial=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    wanted=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    depth=st.integers(1, 19),
    how=st.sampled_from([(False, False), (True, False), (False, True)]),
    seed=SEEDS,
)
def test_resizing(spatial, wanted, depth, how, seed):
    of = {"aligned": how[0], "centred": how[1]}
    pairs = list(zip(spatial, wanted, strict=True))
    assume(not any(bilinear.leaves_image(*pair, **of) for pair in pairs))
    rows, columns = (bilinear.integer_grid(*pair, **of) for pair in pairs)
    x = drawn(seed, (2, 3, *spatial, depth), np.int8)
    expected = bilinear.make_integer_resize(rows, columns)(x)
    assert np.array_equal(compiled.make_resize(rows, columns, spatial)(x), expected)


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 40),
    dtype=st.sampled_from(WHOLE),
    scale=st.sampled_from([0.5, 1.0, 0.1, 3e-5, 1e6]),
    seed=SEEDS,
)
def test_quantization(count, dtype, scale, seed):
    rng = np.random.default_rng(seed)
    halves = rng.integers(-600, 600, count).astype(np.float32) / np.float32(2)
    far = np.array([1e9, -1e9, 3e38, np.inf, -np.inf], np.float32)
    x = np.where(rng.random(count) < 0.2, rng.choice(far, count), halves * np.float32(scale))
    with np.errstate(all="ignore"):
        expected = conversion.quantize(x, scale, 3, np.dtype(dtype))
    assert np.array_equal(compiled.quantize(x, scale, 3, np.dtype(dtype)), expected)


def test_what_is_no_number_is_quantized_to_0():
    x = np.full(9, np.nan, np.float32)
    assert not compiled.quantize(x, 1.0, 5, np.dtype(np.int8)).any()


@settings(max_examples=60, deadline=None)
@given(
    shape=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    strided=st.booleans(),
    seed=SEEDS,
)
def test_largest_magnitudes(shape, strided, seed):
    x = drawn(seed, shape, np.float32) * np.float32(np.ldexp(1.0, seed % 250 - 149))
    x = x[::-1] if strided else x
    axes = tuple(range(1, x.ndim))
    expected = exact_products.largest_magnitude(x, axes).reshape(-1)
    found = compiled.largest_magnitudes(x)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected, equal_nan=True)
    # What is no number and what is infinite have one grid in both.
    assert np.array_equal(
        exact_products.grid_shift(found, 20), exact_products.grid_shift(expected, 20)
    )


def test_magnitudes_have_no_sign():
    nan, inf = np.float32(np.nan), np.float32(np.inf)
    rows = np.array([[-0.0, -0.0], [-3, 2], [1, -inf], [nan, inf], [-1e-45, 0]], np.float32)
    found = compiled.largest_magnitudes(rows)
    assert not np.signbit(found[:3]).any()
    assert np.array_equal(found, np.array([0, 3, inf, nan, 1e-45], np.float32), equal_nan=True)
    assert compiled.largest_magnitudes(np.zeros((3, 0), np.float32)).tolist() == [0, 0, 0]
    assert compiled.largest_magnitudes(np.zeros((0, 3), np.float32)).size == 0
