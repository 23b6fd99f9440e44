"""Products in int32 and in float64 are the same whole numbers, at the limits of both, too."""

import numpy as np
import pytest

from mendlite.algorithms import row_products
from mendlite.algorithms.row_products import with_distances, with_each_other, with_weights
from mendlite.compiled import whole_products as compiled
from mendlite.compiled.whole_products import whole_products
from mendlite.model.layer_system import RESIDUAL_LIMIT, LayerSystem

ROWS, INNER, CHANNELS = 37, 11, 5


def draw(low, high, *shape):
    return np.random.default_rng(high).integers(low, high + 1, shape)


def system(rows, weights):
    zeros = np.zeros((len(rows), len(weights)), np.int64)
    return LayerSystem(
        rows=rows,
        weights=weights,
        bias=None,
        fixed_bias=np.zeros(len(weights)),
        low=zeros,
        high=zeros,
        fraction_bits=0,
        weights_float=weights.astype(float),
        editable=np.ones(len(weights), bool),
    )


@pytest.fixture(params=["compiled", "numpy"], autouse=True)
def kernels(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setattr(compiled, "usable", lambda: False)


@pytest.mark.parametrize("dtype", [np.int16, np.float64])
@pytest.mark.parametrize("largest", [0, 255, 4096, 2**15 - 1])
def test_products_are_those_of_whole_numbers(dtype, largest):
    x = draw(-largest, largest, ROWS, INNER)
    x[0] = largest
    weights = draw(-128, 127, CHANNELS, INNER)
    distances = draw(-RESIDUAL_LIMIT, RESIDUAL_LIMIT, ROWS, CHANNELS)
    distances[:2] = [[RESIDUAL_LIMIT], [-RESIDUAL_LIMIT]]
    rows = x.astype(dtype)
    assert np.array_equal(with_weights(system(rows, weights))(rows), x @ weights.T)
    assert np.array_equal(with_distances(rows, distances), distances.T @ x)
    assert np.array_equal(with_each_other(rows), x.T @ x)


@pytest.mark.parametrize("dtype", [np.int16, np.float64])
def test_products_of_a_depthwise_layer(dtype):
    x = draw(-255, 255, ROWS, CHANNELS, INNER)
    weights = draw(-128, 127, CHANNELS, INNER)
    distances = draw(-999, 999, ROWS, CHANNELS)
    rows = x.astype(dtype)
    products = with_weights(system(rows, weights))(rows)
    assert np.array_equal(products, np.einsum("sck,ck->sc", x, weights))
    assert np.array_equal(with_distances(rows, distances), np.einsum("sck,sc->ck", x, distances))
    assert np.array_equal(with_each_other(rows), np.einsum("sck,scl->ckl", x, x))


def test_sums_that_int32_does_not_hold_are_not_left_to_it():
    weights = np.full((2**8, 1), 2**8)
    assert whole_products(weights, 2**15) is None
    assert whole_products(np.full((1, 1), 2**15), 1) is None
    assert whole_products(np.zeros((0, 4), np.int64), 1) is None
    rows = np.full((3, 2**8), 2**14, np.int16)
    below = whole_products(weights, 2**15 - 1)
    assert below is None or below(rows).tolist() == [[2**30]] * 3


def test_parts_of_a_distance_make_it_whole():
    # The lower part is never negative: 2**11 steps of the upper one and up to 2**11 - 1 more.
    rows = np.ones((1, 1), np.int16)
    for distance in (-RESIDUAL_LIMIT, -(2**11) - 1, -1, 0, 2**11 - 1, RESIDUAL_LIMIT):
        assert with_distances(rows, np.array([[distance]])).tolist() == [[distance]]
    assert row_products.LOW_BITS == 11
