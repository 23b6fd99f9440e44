"""The compiled solution of triangles gives the numbers of numpy's, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendlite.algorithms import cholesky as module
from mendlite.algorithms.cholesky import BLOCK, cholesky, solve_triangles
from mendlite.compiled.library import library
from mendlite.compiled.triangles import solve_block

pytestmark = pytest.mark.skipif(library().loaded is None, reason="no C compiler")


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 2 * BLOCK + 9),
    columns=st.integers(1, 70),
    seed=st.integers(0, 2**32 - 1),
)
def test_factor_and_solution_are_those_of_numpy(size, columns, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(size + 5, size)) * 10.0 ** rng.integers(-3, 4, size)
    matrix, right = values.T @ values, rng.normal(size=(size, columns))
    found = []
    for compiled in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "usable", lambda compiled=compiled: compiled)
            factor = cholesky(matrix)
            found.append(
                (factor, solve_triangles(factor, right), solve_triangles(factor, right.T.copy().T))
            )
    assert all(np.array_equal(*both) for both in zip(*found, strict=True))


def test_each_row_loses_those_before_it_and_is_divided_by_its_pivot():
    triangle = np.array([[0.0, 7.0], [3.0, 0.0]])
    rows = np.array([[4.0, 8.0], [5.0, 1.0]])
    solve_block(triangle, np.array([2.0, 4.0]), rows)
    assert rows.tolist() == [[2.0, 4.0], [(5 - 3 * 2) / 4, (1 - 3 * 4) / 4]]
    rows = np.array([[4.0, 8.0], [6.0, 2.0]])
    solve_block(triangle, np.array([2.0, 4.0]), rows, backward=True)
    assert rows.tolist() == [[(4 - 7 * 1.5) / 2, (8 - 7 * 0.5) / 2], [1.5, 0.5]]


def test_a_triangle_may_lie_otherwise_in_memory():
    rng = np.random.default_rng(3)
    triangle, pivots, right = (
        rng.normal(size=(9, 9)),
        rng.normal(size=9) + 5,
        rng.normal(size=(9, 5)),
    )
    plain, turned, part = right.copy(), right.copy(), right.copy()
    solve_block(triangle, pivots, plain)
    solve_block(np.ascontiguousarray(triangle.T).T, pivots, turned)
    wide = np.zeros((9, 20))
    wide[:, 4:13] = triangle
    solve_block(wide[:, 4:13], pivots, part)
    assert np.array_equal(plain, turned)
    assert np.array_equal(plain, part)


@pytest.mark.parametrize(
    ("triangle", "pivots", "rows"),
    [
        (np.eye(3), np.ones(3), np.ones((4, 2))),
        (np.eye(3), np.ones(2), np.ones((3, 2))),
        (np.eye(3), np.ones(3), np.ones((3, 4))[:, :2]),
    ],
)
def test_what_does_not_fit_is_refused(triangle, pivots, rows):
    with pytest.raises(ValueError, match="for rows"):
        solve_block(triangle, pivots, rows)


def test_no_right_side_is_solved():
    rows = np.zeros((3, 0))
    solve_block(np.eye(3), np.ones(3), rows)
    assert rows.shape == (3, 0)
