"""Rounding to multiples of steps is rounding to integers in other units."""

import numpy as np
import pytest

from mendlite.algorithms.cholesky import cholesky
from mendlite.algorithms.nearest_plane import coordinate_descent, nearest_plane


@pytest.mark.parametrize("seed", range(5))
def test_steps_are_a_change_of_units(seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-20, 21, (60, 12)).astype(np.float64)
    matrix = rows.T @ rows + 5 * np.eye(12)
    steps = 2.0 ** rng.integers(0, 4, (1, 12))
    right = rng.normal(0, 4000, (1, 12))
    lower, upper = np.full((1, 12), -8), np.full((1, 12), 7)
    start = nearest_plane(cholesky(matrix), right, lower, upper, steps)
    found = coordinate_descent(matrix, right, start, lower, upper, steps=steps)
    # d = steps * e: e' (S A S) e - 2 (S right)' e, over whole numbers e.
    scaled = matrix * steps.T * steps
    first = nearest_plane(cholesky(scaled), right * steps, lower, upper)
    whole = coordinate_descent(scaled, right * steps, first, lower, upper)
    assert np.array_equal(start, first * steps)
    assert np.array_equal(found, whole * steps)
    assert np.array_equal(found, np.rint(found / steps) * steps)


def cost(matrix, right, values):
    return values @ matrix @ values - 2 * right @ values


def test_no_single_step_improves_the_result():
    rng = np.random.default_rng(9)
    rows = rng.integers(-20, 21, (60, 8)).astype(np.float64)
    matrix = rows.T @ rows + 5 * np.eye(8)
    steps, right = rng.integers(1, 9, (1, 8)).astype(np.float64), rng.normal(0, 5000, (1, 8))
    lower, upper = np.full((1, 8), -8), np.full((1, 8), 7)
    start = nearest_plane(cholesky(matrix), right, lower, upper, steps)
    found = coordinate_descent(matrix, right, start, lower, upper, steps=steps)[0]
    best = cost(matrix, right[0], found)
    for k in range(8):
        for sign in (-1, 1):
            other = found.copy()
            other[k] += sign * steps[0, k]
            if -8 <= other[k] / steps[0, k] <= 7:
                assert cost(matrix, right[0], other) >= best - 1e-6 * abs(best)
