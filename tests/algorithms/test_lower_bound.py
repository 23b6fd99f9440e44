"""Bounds against all integers of boxes that are small enough to try."""

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from test_least_squares import one_sided, system

from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.algorithms.lower_bound import lower_bound
from mendlite.algorithms.system import accumulators, residuals, squared_error

OPTIONS = LeastSquaresOptions(delta_limit=2, ridge=1e-3)


def best_of_all(made, reach):
    """The least error f64[C] over all deltas of K weights and biases near the best real one."""
    channels, inner = made.weights.shape
    least = np.full(channels, np.inf)
    for delta in product(range(-reach, reach + 1), repeat=inner):
        moved = replace(made, weights=np.clip(made.weights + np.array(delta), -127, 127))
        if made.bias is None:
            biases = [None]
        else:
            mean = residuals(moved, accumulators(moved)).mean(axis=0) / 16
            biases = [np.rint(mean).astype(np.int64) + d for d in range(-40, 41, 8)]
        for bias in biases:
            tried = moved if bias is None else replace(moved, bias=moved.bias + bias)
            least = np.minimum(least, squared_error(residuals(tried, accumulators(tried))))
    return least


@given(st.integers(0, 1000), st.booleans(), st.booleans(), st.booleans())
def test_no_integers_go_below_the_bound(seed, depthwise, bias, saturating):
    made = system(seed, rows=30, inner=2, channels=2, depthwise=depthwise, bias=bias)
    made = one_sided(made) if saturating else made
    found = lower_bound(made, OPTIONS)
    assert np.all(found <= best_of_all(made, 2))
    assert np.all(found <= least_squares(made, OPTIONS).after)


def test_the_bound_is_near_what_is_reached():
    made = system(1, rows=2000, inner=12, channels=3)
    repair = least_squares(made, OPTIONS)
    found = lower_bound(made, OPTIONS)
    assert np.all(found <= repair.after)
    # The targets are float's own outputs: the reals reach them, up to the box and the rounding.
    assert np.all(found < 0.2 * repair.before)


def test_a_tight_box_gives_a_tight_bound():
    made = system(2, rows=500, inner=4, channels=3, bias=False)
    still = replace(made, weights=made.weights + 20)
    found = lower_bound(still, LeastSquaresOptions(delta_limit=1, ridge=1e-3))
    reached = least_squares(still, LeastSquaresOptions(delta_limit=1, ridge=1e-9)).after
    assert np.all(found <= reached)


def test_a_frozen_channel_is_bounded_by_itself():
    made = replace(system(3), editable=np.zeros(4, bool))
    before = squared_error(residuals(made, accumulators(made)))
    assert np.allclose(lower_bound(made, OPTIONS), before, rtol=1e-6)
