"""Compiled roundings of integer quadratics give the numbers of numpy's, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendlite.algorithms import nearest_plane as numpy_planes
from mendlite.algorithms.cholesky import BLOCK, cholesky
from mendlite.compiled import planes
from mendlite.compiled.library import library

pytestmark = pytest.mark.skipif(library().loaded is None, reason="no C compiler")


def problems(rng, count, size, *, shared, stepped):
    """A positive definite matrix, right sides, and a box around zero."""
    values = rng.normal(size=(*([] if shared else [count]), 2 * size, size))
    matrix = values.swapaxes(-1, -2) @ values + 0.1 * np.eye(size)
    right = rng.normal(size=(count, size)) * 10.0 ** rng.integers(-2, 4)
    lower = -rng.integers(0, 9, (count, size))
    upper = rng.integers(0, 9, (count, size))
    steps = rng.integers(1, 4, (count, size)).astype(float) if stepped else None
    return matrix, right, planes.Box.of(lower, upper, steps)


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 5),
    size=st.integers(1, BLOCK + 9),
    shared=st.booleans(),
    stepped=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_both_are_those_of_numpy(count, size, shared, stepped, seed):
    rng = np.random.default_rng(seed)
    matrix, right, box = problems(rng, count, size, shared=shared, stepped=stepped)
    triangle, block = np.ascontiguousarray(cholesky(matrix)), slice(size // 3, size)
    ends = []
    for run in (planes.round_block, numpy_planes._round_block):
        left, result = right.copy(), np.zeros_like(right)
        run(triangle, left, box, block, result)
        ends.append((left, result))
    assert all(np.array_equal(*both) for both in zip(*ends, strict=True))
    ends = []
    for run in (planes.descend, numpy_planes._descend):
        gradient, result = -right, np.zeros_like(right)
        run(matrix, box, 20, result, gradient)
        ends.append((gradient, result))
    assert all(np.array_equal(*both) for both in zip(*ends, strict=True))


def test_half_way_goes_to_the_even_one_as_numpy_rounds():
    box = planes.Box.of(np.full((1, 4), -9), np.full((1, 4), 9), None)
    left, result = np.array([[0.5, 1.5, -0.5, -2.5]]), np.zeros((1, 4))
    planes.round_block(np.eye(4), left, box, slice(0, 4), result)
    assert result.tolist() == [[0.0, 2.0, 0.0, -2.0]]


def test_bounds_that_lie_apart_are_refused():
    wide = np.zeros((2, 6), np.int64)
    with pytest.raises(ValueError, match="contiguous"):
        planes.Box(lower=wide[:, ::2], upper=wide[:, ::2], steps=None)
    assert planes.Box.of(wide[:, ::2], wide[:, ::2], None).lower.flags.c_contiguous
