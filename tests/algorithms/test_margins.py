"""Margins on last layers small enough to see through."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.algorithms.margins import ClassMargins, ErrorBounds, LastLayer, repair_margins


def layer(rows, weights, bias=None, unit=1.0):
    weights = np.array(weights, np.int64)
    return LastLayer(
        rows=np.array(rows, np.int64),
        weights=weights,
        bias=None if bias is None else np.array(bias, np.int64),
        unit=np.full(len(weights), unit),
    )


def test_one_byte_decides_a_tie():
    # Two equal outputs for a sample that should be of class 1: one weight up by one.
    given_ = layer([[3, 0]], [[5, 1], [5, 1]])
    found = repair_margins(given_, ClassMargins(required=np.array([1]), weight=np.ones(1)), 10)
    assert np.abs(found.weights - given_.weights).sum() == 1
    assert found.outputs().argmax(axis=1).tolist() == [1]


def test_a_passing_test_is_not_given_up_for_a_failing_one():
    given_ = layer([[1], [1]], [[1], [0]])
    margins = ClassMargins(required=np.array([0, 1]), weight=np.array([100.0, 1.0]))
    assert np.array_equal(repair_margins(given_, margins, 20).weights, given_.weights)


def test_the_room_bounds_the_bytes():
    rng = np.random.default_rng(0)
    given_ = layer(rng.integers(0, 100, (60, 12)), rng.integers(-60, 60, (5, 12)), unit=0.001)
    margins = ClassMargins(required=rng.integers(0, 5, 60), weight=np.ones(60))
    free = repair_margins(given_, margins, 200)
    tight = repair_margins(given_, margins, 200, 7)
    assert np.count_nonzero(free.weights != given_.weights) > 7
    assert 0 < np.count_nonzero(tight.weights != given_.weights) <= 7


@pytest.mark.parametrize("ends", [(-7, 7), (-8, 7), (-127, 127)])
def test_weights_stay_within_their_type(ends):
    rng = np.random.default_rng(0)
    weights = ends[1] - rng.integers(0, 3, (5, 12))
    given_ = replace(layer(rng.integers(0, 100, (60, 12)), weights, unit=0.01), weight_range=ends)
    margins = ClassMargins(required=rng.integers(0, 5, 60), weight=np.ones(60))
    found = repair_margins(given_, margins, 200).weights
    assert np.any(found != given_.weights)
    assert ends[0] <= found.min()
    assert found.max() <= ends[1]


def test_error_bounds_pull_outputs_inside():
    given_ = layer([[10], [20]], [[1]], bias=[0], unit=0.1)
    found = repair_margins(given_, ErrorBounds(target=np.array([[1.5], [2.5]]), tolerance=0.1), 50)
    assert np.abs(found.outputs() - [[1.5], [2.5]]).max() <= 0.1 + 1e-9


@given(st.integers(0, 50))
def test_violations_never_grow(seed):
    rng = np.random.default_rng(seed)
    given_ = layer(
        rng.integers(-50, 50, (20, 4)),
        rng.integers(-127, 128, (3, 4)),
        rng.integers(-9, 9, 3),
        0.05,
    )
    margins = ClassMargins(required=rng.integers(0, 3, 20), weight=np.ones(20))

    def total(found):
        outputs = found.outputs()
        return float(margins.total(outputs, 0, outputs[:, :1])[0])

    found = repair_margins(given_, margins, 15)
    assert total(found) <= total(given_) + 1e-9
    assert np.abs(found.weights).max() <= 127


def test_the_sum_is_the_sum_of_hinges():
    outputs = np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 99.0, 0.0]])
    margins = ClassMargins(required=np.array([0, 1, 2]), weight=np.array([1.0, 2.0, 1.0]))
    # leads 2, 0, -99: hinges 0, 1 twice, and the cap of 7
    assert margins.total(outputs, 1, outputs[:, 1:2])[0] == 2 + 7
