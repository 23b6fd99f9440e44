"""SQuant's published behaviour: sums of errors per kernel and per channel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.algorithms.squant import squant


def test_by_hand():
    # One kernel, errors -0.4 -0.4 -0.3: their sum -1.1 takes one flip, of the first.
    found = squant(np.array([[[0.4, 1.4, 2.3]]]))
    assert found.element.tolist() == [[[0, 1, 2]]]
    assert found.kernel.tolist() == [[[1, 1, 2]]]
    # Dense: three kernels of one element; the channel's sum takes the same flip.
    assert squant(np.array([[[0.4], [1.4], [2.3]]])).channel.tolist() == [[[1], [1], [2]]]


@given(st.integers(0, 10_000), st.integers(1, 12), st.sampled_from([1, 9, 25]))
def test_sums_of_errors(seed, kernels, elements):
    weights = np.random.default_rng(seed).uniform(-100, 100, (3, kernels, elements))
    found = squant(weights)
    assert np.abs(found.element - weights).max() <= 0.5
    assert np.abs((found.kernel - weights).sum(axis=2)).max() <= 0.5 + 1e-9
    assert np.abs(found.kernel - weights).max() < 1.0
    assert np.abs((found.channel - weights).sum(axis=(1, 2))).max() <= 0.5 + 1e-9
    assert np.abs((found.channel - weights).sum(axis=2)).max() <= 1.0 + 1e-9
    assert np.abs(found.channel - weights).max() < 1.0 + 1e-9


def test_nearest_rounding_alone_breaks_those_sums():
    weights = np.full((1, 4, 9), 0.4)
    assert abs((squant(weights).element - weights).sum()) > 0.5


@pytest.mark.parametrize("edge", [127.0, -127.0])
def test_the_narrow_range_is_kept(edge):
    weights = np.full((2, 3, 9), edge * 1.003)
    found = squant(weights)
    for stage in (found.element, found.kernel, found.channel):
        assert np.abs(stage).max() <= 127
