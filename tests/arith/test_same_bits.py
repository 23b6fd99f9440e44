"""Sums, products and functions that do not depend on the order of additions or on the processor."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare_machines import SETTINGS, runs_here
from mendlite.algorithms.cholesky import BLOCK, cholesky, solve_triangles
from mendlite.arith import elementary
from mendlite.arith.exact_products import (
    bits_of,
    fine_whole_product,
    real_product,
    round_to_grid,
    rounded_weights,
    whole_product,
)
from mendlite.arith.ordered_sums import (
    deviation_of,
    mean_of,
    norm_of,
    ordered_mean,
    ordered_sum,
    total_of,
)

PROBE = Path(__file__).parents[1] / "same_bits_probe.py"


def printed(setting):
    """What the probe prints in a process of this setting."""
    kept = {k: v for k, v in os.environ.items() if k not in SETTINGS["no-simd"]}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(PROBE)],
        env={**kept, **SETTINGS[setting], "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(line.split(" ") for line in done.stdout.splitlines())


def test_the_same_bits_under_every_setting_that_this_processor_has():
    found = {name: printed(name) for name in SETTINGS if runs_here(name)}
    assert len(found) >= 3
    blas = {lines.pop("blas") for lines in found.values()}
    assert len(blas) > 1, "the settings choose no other kernels: nothing is compared"
    wanted = next(iter(found.values()))
    assert len(wanted) > 8
    assert all(lines == wanted for lines in found.values())


def shuffled(rng, size):
    return rng.permutation(size)


@given(st.integers(1, 700), st.integers(0, 2**32 - 1))
def test_products_are_exact_so_no_order_changes_them(inner, seed):
    rng = np.random.default_rng(seed)
    whole = rng.integers(-255, 256, (5, inner))
    first = rng.normal(size=(5, inner)) * 10.0 ** rng.integers(-6, 7, (5, 1))
    second = rng.normal(size=(inner, 4)) * 10.0 ** rng.integers(-6, 7, 4)
    order = shuffled(rng, inner)
    for product, left, bits in (
        (whole_product, whole, 30),
        (fine_whole_product, whole, 44),
        (real_product, first, 30),
    ):
        found = product(left, second)
        assert np.array_equal(found, product(left[:, order], second[order]))
        sizes = np.abs(left) @ np.abs(second)
        assert np.all(np.abs(found - left @ second) <= 2.0**-bits * sizes.max(axis=0))
    assert np.array_equal(
        whole_product(whole[0], second[:, 0]), whole_product(whole[0][order], second[order, 0])
    )


@given(st.integers(1, 700), st.integers(0, 2**32 - 1))
def test_a_float_layer_rounded_for_exact_sums_is_as_near_as_float32_is(inner, seed):
    rng = np.random.default_rng(seed)
    rows = np.maximum(rng.normal(size=(6, inner)), 0).astype(np.float32)
    weights = (rng.normal(size=(inner, 4)) * 10.0 ** rng.integers(-3, 4, 4)).astype(np.float32)
    matrix, bits = rounded_weights(weights)
    on_grid = round_to_grid(rows, bits, 1)
    order = shuffled(rng, inner)
    found = on_grid @ matrix
    assert np.array_equal(found, on_grid[:, order] @ matrix[order])
    exact = rows.astype(np.float64) @ weights.astype(np.float64)
    sizes = np.abs(rows).max(axis=1)[:, None] * np.abs(weights).max(axis=0)
    assert np.all(np.abs(found - exact) <= 2.0**-20 * inner * sizes)


def test_a_row_does_not_depend_on_the_rows_beside_it():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 90)) * 10.0 ** rng.integers(-3, 4, (40, 1))
    matrix, bits = rounded_weights(rng.normal(size=(90, 7)))
    together = round_to_grid(rows, bits, 1) @ matrix
    apart = [round_to_grid(row[None], bits, 1) @ matrix for row in rows]
    assert np.array_equal(together, np.concatenate(apart))


def test_values_that_are_no_numbers_stay_what_they_are():
    found = round_to_grid(np.array([[0.0, 0.0], [np.nan, 1.0]]), 20, 1)
    assert found[0].tolist() == [0.0, 0.0]
    assert np.isnan(found[1, 0])


@pytest.mark.parametrize(("value", "bits"), [(1.0, 0), (1.5, 1), (2.0, 1), (2.5, 2), (0.5, -1)])
def test_bits_of_a_bound(value, bits):
    assert bits_of(value) == bits


@given(st.lists(st.floats(-1e9, 1e9), max_size=300))
def test_sums_are_near_the_exact_one_and_depend_on_the_length_alone(values):
    array = np.array(values, np.float64)
    assert abs(total_of(array) - math.fsum(values)) <= 1e-13 * (np.abs(array).sum() + 1e-300)
    strided = np.stack([array, np.full_like(array, 7.0)], axis=1)
    assert ordered_sum(strided)[:1].tobytes() == ordered_sum(array)[None].tobytes()
    turned = np.asfortranarray(strided)
    assert np.array_equal(ordered_sum(turned), ordered_sum(strided))
    assert np.array_equal(ordered_sum(strided.T, 1), ordered_sum(strided))


def test_means_lengths_and_deviations():
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert np.array_equal(ordered_mean(values, 1), values.mean(axis=1))
    assert mean_of(values) == 11.5
    assert mean_of(np.zeros(0)) == total_of(np.zeros(0)) == 0.0
    assert deviation_of(np.array([1.0, 3.0])) == 1.0
    assert norm_of(np.array([[3.0], [4.0]])) == 5.0


FUNCTIONS = {
    "exp": (elementary.exp, math.exp, -700.0, 700.0),
    "log": (elementary.log, math.log, 1e-300, 1e300),
    "near 1": (elementary.log, math.log, 0.5, 2.0),
    "tanh": (elementary.tanh, math.tanh, -20.0, 20.0),
    "small tanh": (elementary.tanh, math.tanh, -1e-3, 1e-3),
    "softplus": (elementary.softplus, lambda x: math.log1p(math.exp(x)), -30.0, 30.0),
    "logistic": (elementary.logistic, lambda x: 1 / (1 + math.exp(-x)), -30.0, 30.0),
    "power": (lambda x: elementary.power(x, 2.5), lambda x: x**2.5, 0.0, 1.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_within_units_in_the_last_place(name):
    own, library, low, high = FUNCTIONS[name]
    points = np.random.default_rng(0).uniform(low, high, 2000)
    wanted = np.array([library(x) for x in points])
    room = 64 if name == "power" else 4
    assert np.all(np.abs(own(points) - wanted) <= room * np.spacing(np.abs(wanted)))


def test_functions_at_their_ends():
    inf = np.inf
    assert elementary.exp(np.array([-inf, -800, 0, 710, inf])).tolist() == [0, 0, 1, inf, inf]
    assert np.isnan(elementary.exp(np.array(np.nan)))
    assert elementary.log(np.array([0, 1, inf])).tolist() == [-inf, 0, inf]
    assert elementary.log(np.array(5e-324)) == math.log(5e-324)
    assert np.isnan(elementary.log(np.array(-1.0)))
    assert elementary.tanh(np.array([-inf, 0, inf])).tolist() == [-1, 0, 1]
    assert elementary.power(np.array([0.0, 1.0]), 3.0).tolist() == [0, 1]


@pytest.mark.parametrize("size", [1, 7, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_the_factor_and_the_solution_are_those_of_lapack(size):
    rng = np.random.default_rng(size)
    rows = rng.integers(-128, 128, (3 * size, size)).astype(np.float64)
    matrix, right = rows.T @ rows + 50 * np.eye(size), rng.normal(size=(size, 3))
    triangle = cholesky(matrix)
    assert np.allclose(triangle, np.linalg.cholesky(matrix), rtol=1e-9, atol=1e-9)
    assert np.allclose(solve_triangles(triangle, right), np.linalg.solve(matrix, right), rtol=1e-8)


def test_a_stack_of_matrices_is_solved_one_by_one():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4, 20, 60))
    matrix, right = rows.swapaxes(1, 2) @ rows + 9 * np.eye(60), rng.normal(size=(4, 60, 1))
    found = solve_triangles(cholesky(matrix), right)
    assert np.allclose(found, np.linalg.solve(matrix, right))


def test_a_matrix_that_is_not_positive_definite_is_said():
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]))
