"""More inputs than rows: the same integers as with the matrix of all inputs."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from mendlite.algorithms import wide_rows
from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.algorithms.lower_bound import lower_bound
from mendlite.algorithms.normal import Centred, Normal
from mendlite.algorithms.row_sums import RowSums
from mendlite.algorithms.system import UNBOUNDED
from mendlite.algorithms.wide_rows import WideNormal, WideRows, equations_of, is_wide
from mendlite.claims.squares import FileLayer, check_squares
from mendlite.model.layer_system import LayerSystem

OPTIONS = LeastSquaresOptions(delta_limit=3, ridge=0.01)
PULLS = replace(OPTIONS, pulls=(0.3, 3.0))


def system(seed, *, rows=14, inner=33, bias=True, one_sided=False):
    """A layer of few rows, whose weights were nudged away from float's."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (rows, inner)).astype(np.int16)
    x[:, 3] = 0  # an input that is never there
    real = rng.normal(0, 40, (3, inner))
    weights = np.clip(np.rint(real) + rng.integers(-2, 3, real.shape), -127, 127).astype(np.int64)
    wanted = np.rint(16 * (x @ real.T + rng.normal(300, 200, (rows, 3)))).astype(np.int64)
    low = np.where(wanted <= 0, -UNBOUNDED, wanted) if one_sided else wanted
    return LayerSystem(
        rows=x,
        weights=weights,
        bias=np.zeros(3, np.int64) if bias else None,
        fixed_bias=np.zeros(3),
        low=low,
        high=np.maximum(wanted, 0) if one_sided else wanted,
        fraction_bits=4,
        weights_float=real,
        editable=np.array([True, True, False]),
    )


@pytest.fixture(params=[5, 8, 33, 99])
def wide(request, monkeypatch):
    """All systems of fewer rows than inputs are wide, in blocks of this size."""
    monkeypatch.setattr(wide_rows, "INPUTS", 1)
    monkeypatch.setattr(wide_rows, "BLOCK", request.param)


def narrow_equations(made):
    return Centred.of(RowSums.of(made), has_bias=made.bias is not None)


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("options", [OPTIONS, PULLS], ids=["one ridge", "pulls"])
@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_the_repair_is_that_of_the_whole_matrix(monkeypatch, bias, one_sided, options):
    for seed in range(5):
        made = system(seed, bias=bias, one_sided=one_sided)
        assert isinstance(equations_of(made).with_ridge(0.01), WideNormal)
        found = least_squares(made, options)
        with monkeypatch.context() as patch:
            patch.setattr(wide_rows, "is_wide", lambda _made: False)
            whole = least_squares(made, options)
            assert isinstance(equations_of(made).with_ridge(0.01), Normal)
        for name in ("weights", "bias", "before", "after"):
            assert np.array_equal(getattr(found, name), getattr(whole, name))
        file = FileLayer(weights=found.weights, bias=found.bias, fixed_bias=made.fixed_bias)
        check_squares(made, file, found, place="layer 0")
        assert (found.after < found.before).sum() == 2


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("pull", [None, 0.3, 3.0])
def test_solutions_are_those_of_the_whole_matrix(bias, pull):
    made = system(1, bias=bias)
    own, whole = WideRows.of(made), narrow_equations(made)
    right = np.random.default_rng(2).normal(0, 1e4, (3, 33))
    one, other = own.with_ridge(0.01), whole.with_ridge(0.01)
    assert one.ridge == pytest.approx(other.ridge)
    assert np.array_equal(one.total, other.total)
    more = one.as_they_are() if pull is None else one.pulled_more(pull)
    matrix = whole.gram + (other.ridge + more.addition) * np.eye(33)
    assert more.solve(right) == pytest.approx(np.linalg.solve(matrix, right.T).T, rel=1e-7)
    assert own.times_gram(right) == pytest.approx(right @ whole.gram, rel=1e-9, abs=1e-3)
    assert one.pulled_more(1e-9) is None


@pytest.mark.usefixtures("wide")
def test_its_lower_bound_holds_and_is_near_that_of_the_whole_matrix(monkeypatch):
    for seed in range(5):
        made = system(seed, one_sided=True)
        found = lower_bound(made, OPTIONS)
        assert np.all(found <= least_squares(made, OPTIONS).after)
        with monkeypatch.context() as patch:
            patch.setattr(wide_rows, "is_wide", lambda _made: False)
            assert found == pytest.approx(lower_bound(made, OPTIONS), rel=1e-3, abs=1.0)


def test_which_layers_are_wide(monkeypatch):
    monkeypatch.setattr(wide_rows, "INPUTS", 33)
    monkeypatch.setattr(wide_rows, "ROWS", 20)
    assert is_wide(system(1))
    assert is_wide(system(1, rows=16))
    assert not is_wide(system(1, rows=17))
    assert is_wide(system(1, rows=20, inner=44))
    assert not is_wide(system(1, rows=21, inner=44))
    assert not is_wide(system(1, inner=32))
    assert not is_wide(system(1).of_rows(slice(0, 0)))


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_very_few_rows(rows):
    made = system(3, rows=rows)
    found = least_squares(made, PULLS)
    assert np.all(found.after <= found.before)


def test_no_matrix_of_all_inputs_is_formed():
    made = system(1, rows=40, inner=4096)
    tracemalloc.start()
    try:
        found = least_squares(made, PULLS)
        lower_bound(made, PULLS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4096**2 * 8 / 2
    assert np.all(found.after[:2] < found.before[:2])
