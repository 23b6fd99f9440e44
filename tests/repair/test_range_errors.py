"""What ranges cost to first order: hand-computed, against brute force, and in a linear network."""

import numpy as np
import pytest

from mendlite.repair.layers.activation_range import Range
from mendlite.repair.layers.range_errors import NOW, SHARES, RangeErrors, joined

WIDE = Range(scale=0.1, zero_point=0)
"""From -12.8 to 12.7."""


def clipping(now, values, slopes, low, high):
    """The mean square of what clipping to shares of both ends moves each sample's output by."""
    bottom, top = now.ends
    moved = (slopes * (np.clip(values, bottom * low, top * high) - values)).sum(1)
    return np.square(moved).mean()


def test_the_present_ends_are_among_the_shares():
    assert SHARES[NOW] == 1
    assert (np.diff(SHARES) > 0).all()


def test_a_value_beyond_the_end_costs_its_slope_times_the_distance():
    errors = RangeErrors.of(WIDE, np.array([[20.0, 0.0], [-12.9, 3.0]]), np.array([[2, 9], [1, 4]]))
    # Zero is exact and is not rounded: 2**2 + 1 + 4**2.
    assert errors.squares == 21
    assert errors.high[:, NOW] == pytest.approx([2 * (12.7 - 20), 0])
    assert errors.low[:, NOW] == pytest.approx([0, 1 * (-12.8 + 12.9)])
    cost = errors.costs(WIDE)[NOW, NOW]
    clipped = ((2 * 7.3) ** 2 + 0.1**2) / 2
    assert cost == pytest.approx(0.1**2 / 12 * 21 / 2 + clipped)


@pytest.mark.parametrize("now", [WIDE, Range(scale=0.05, zero_point=-128)])
def test_costs_are_those_of_brute_force(now):
    rng = np.random.default_rng(3)
    values, slopes = rng.normal(0, 6, (20, 30)), rng.normal(size=(20, 30))
    if now.ends[0] == 0:
        values = np.maximum(values, 0)
    costs = RangeErrors.of(now, values, slopes).costs(now)
    squares = np.square(slopes[values != 0]).sum() / 20
    for low in (0, NOW, SHARES.size - 1):
        for high in (0, 4, NOW, SHARES.size - 1):
            step = (now.ends[1] * SHARES[high] - now.ends[0] * SHARES[low]) / 255
            lost = clipping(now, values, slopes, SHARES[low], SHARES[high])
            assert costs[low, high] == pytest.approx(step**2 / 12 * squares + lost, rel=1e-9)


def test_clipped_values_of_a_sample_add_up_before_they_are_squared():
    values = np.full((1, 4), 14.7)
    alike, mixed = np.ones((1, 4)), np.array([[1.0, -1.0, 1.0, -1.0]])
    same, against = (RangeErrors.of(WIDE, values, slopes) for slopes in (alike, mixed))
    assert same.high[0, NOW] == pytest.approx(-8)
    assert against.high[0, NOW] == 0
    assert same.squares == against.squares == 4


def test_slices_joined_and_tensors_added_are_the_whole():
    rng = np.random.default_rng(5)
    values, slopes = rng.normal(0, 9, (6, 8)), rng.normal(size=(6, 8))
    whole = RangeErrors.of(WIDE, values, slopes)
    slices = joined([RangeErrors.of(WIDE, values[i : i + 4], slopes[i : i + 4]) for i in (0, 4)])
    columns = RangeErrors.of(WIDE, values[:, :3], slopes[:, :3]) + RangeErrors.of(
        WIDE, values[:, 3:], slopes[:, 3:]
    )
    for other in (slices, columns):
        assert other.costs(WIDE) == pytest.approx(whole.costs(WIDE))


def test_rounding_errors_of_a_linear_output_have_the_variance_that_is_predicted():
    rng = np.random.default_rng(7)
    values, slopes = rng.uniform(-12, 12, (4000, 16)), np.tile(rng.normal(size=16), (4000, 1))
    errors = RangeErrors.of(WIDE, values, slopes)
    moved = (slopes * (np.rint(values / 0.1) * 0.1 - values)).sum(1)
    assert errors.costs(WIDE)[NOW, NOW] == pytest.approx(np.square(moved).mean(), rel=0.05)
