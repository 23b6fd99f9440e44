"""Lines and planes round clamps: by hand, and against a grid of points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendlite.certify.bounds.clamp_lines import clamp_lines
from mendlite.certify.bounds.difference_planes import Clamps, exact_range, make_region, planes
from mendlite.certify.bounds.interval import Interval

NONE = np.array([-np.inf]), np.array([np.inf])
RELU = np.array([0.0]), np.array([np.inf])


def box(low, high):
    return Interval(lower=np.array([float(low)]), upper=np.array([float(high)]))


def region(first, second, d, one=RELU, two=RELU):
    clamps = Clamps(low=one[0], high=one[1], second_low=two[0], second_high=two[1])
    return make_region(box(*first), box(*second), box(*d), clamps)


@pytest.mark.parametrize(
    ("first", "second", "d", "low", "high"),
    [
        # both active: the difference itself
        ((1, 3), (0.5, 3.5), (-0.5, 0.5), -0.5, 0.5),
        # both inactive
        ((-3, -1), (-3, -1), (-0.5, 0.5), 0, 0),
        # first inactive: what the second lets through
        ((-3, -0.2), (-3, 0.3), (-0.5, 0.5), 0, 0.3),
        # first active, second inactive: less the first
        ((0, 0.4), (-1, 0), (-2, 2), -0.4, 0),
        # both undecided: |max(x + d, 0) - max(x, 0)| <= |d|
        ((-1, 2), (-1.5, 2.5), (-0.5, 0.25), -0.5, 0.25),
        # the sign of d is the sign of what is left of it
        ((-1, 2), (-1, 2.5), (0.1, 0.5), 0, 0.5),
    ],
)
def test_the_range_of_two_relus_by_hand(first, second, d, low, high):
    found = exact_range(region(first, second, d))
    assert found.lower[0] == pytest.approx(low, abs=1e-8)
    assert found.upper[0] == pytest.approx(high, abs=1e-8)
    assert found.lower[0] <= low
    assert found.upper[0] >= high


def test_a_saturated_second_network_lags_behind():
    top = np.array([0.0]), np.array([2.0])
    found = exact_range(region((1, 5), (1, 5), (-0.5, 0.5), RELU, top))
    assert found.lower[0] == pytest.approx(-3.0)
    assert found.upper[0] == pytest.approx(0.5)


def test_a_relu_has_the_chord_above_and_a_line_through_zero_below():
    x = box(-1, 3)
    above, below = (clamp_lines(x, *RELU, above=a) for a in (True, False))
    assert above.slope[0] == pytest.approx(0.75)
    assert above.offset[0] == pytest.approx(0.75)
    assert below.slope[0] == 1.0
    assert below.offset[0] == pytest.approx(0.0, abs=1e-12)


pair = st.tuples(st.floats(-4, 4), st.floats(-4, 4))


@settings(max_examples=300, deadline=None)
@given(st.tuples(pair, pair, pair), st.sampled_from([np.inf, 1.0, 2.5]))
def test_no_point_leaves_its_planes_and_lines(ends, top):
    xs, ds, clamp = (sorted(pair) for pair in ends)
    clamps = (np.array(clamp[:1]), np.array(clamp[1:])), (np.array([0.0]), np.array([top]))
    grid_x, grid_d = (v.ravel() for v in np.meshgrid(np.linspace(*xs, 23), np.linspace(*ds, 23)))
    found = region(xs, (xs[0] + ds[0], xs[1] + ds[1]), ds, *clamps)
    values = np.clip(grid_x + grid_d, *clamps[1]) - np.clip(grid_x, *clamps[0])
    limits = exact_range(found)
    assert (values <= limits.upper).all()
    assert (values >= limits.lower).all()
    lines = [clamp_lines(box(*xs), *clamps[0], above=above) for above in (True, False)]
    for line, sign in zip(lines, (1, -1), strict=True):
        assert (sign * (line.slope * grid_x + line.offset - np.clip(grid_x, *clamps[0])) >= 0).all()
    slopes = (lines[0].slope, lines[1].slope, lines[0].slope, lines[1].slope)
    for sign in (1, -1):
        plane = planes(found, box(*ds), slopes, above=sign > 0)
        height = plane.on_difference * grid_d + plane.on_value * grid_x + plane.offset
        assert (sign * (height - values) >= 0).all()


def test_bounds_that_contradict_each_other_still_give_a_region():
    found = exact_range(region((1, 2), (5, 6), (-0.1, 0.1)))
    assert np.isfinite(found.lower).all()
    assert np.isfinite(found.upper).all()
