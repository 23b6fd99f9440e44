"""Compiled sums in a fixed order, ends and histograms give the numbers of numpy's, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendlite.arith.ordered_sums import ordered_sum
from mendlite.compiled.library import library
from mendlite.compiled.moments import Moment, channel_ends, count_bins, ordered_moment
from mendlite.repair.layers import calibration, channel_sums

pytestmark = pytest.mark.skipif(library().loaded is None, reason="no C compiler")

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed, *shape):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4, shape[-1])).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 70), channels=st.integers(1, 37), seed=SEEDS)
def test_sums_are_added_in_numpys_order(rows, channels, seed):
    values, ends = drawn(seed, rows, channels), (-0.7, 1.3)
    exact = values.astype(np.float64)
    inside = np.clip(exact, *ends)
    right = [exact, exact * exact, inside, inside * inside, exact * inside]
    for of in Moment:
        assert np.array_equal(ordered_moment(values, of, ends), ordered_sum(right[of]))
    low, high = channel_ends(values)
    assert np.array_equal(low, values.min(axis=0))
    assert np.array_equal(high, values.max(axis=0))


def test_only_wanted_channels_are_summed():
    values, wanted = drawn(1, 16, 40), np.arange(40) % 7 == 3
    found = ordered_moment(values, Moment.VALUE, wanted=wanted)
    assert np.array_equal(found[wanted], ordered_sum(values.astype(np.float64))[wanted])
    none = ordered_moment(values, Moment.VALUE, wanted=np.zeros(40, np.bool_))
    assert not none.any()


def test_nan_stays_in_its_channel():
    values = drawn(2, 9, 3)
    values[4, 1] = np.nan
    for found in (*channel_ends(values), ordered_moment(values, Moment.CLIPPED, (-1.0, 1.0))):
        assert np.isnan(found).tolist() == [False, True, False]


def test_no_rows_sum_to_zero_and_have_no_ends():
    none = np.zeros((0, 4), np.float32)
    assert not ordered_moment(none, Moment.SQUARE).any()
    with pytest.raises(ValueError, match="no rows"):
        channel_ends(none)


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 1500), seed=SEEDS)
def test_histograms_are_numpys(count, seed):
    values = drawn(seed, count, 1).reshape(-1)
    low, high = -0.31, 2.7  # some values lie outside
    place = (values.astype(np.float64) - low) * (50 / (high - low))
    right = np.bincount(np.clip(place, 0, 49).astype(np.int64), minlength=50)
    assert np.array_equal(count_bins(values, low, high, 50), right)


def test_a_histogram_with_nan_is_left_to_numpy():
    assert count_bins(np.array([0.5, np.nan], np.float32), 0.0, 1.0, 4) is None
    with pytest.raises(ValueError, match="negative"), np.errstate(invalid="ignore"):
        calibration.count_bins(np.array([0.5, np.nan], np.float32), 0.0, 1.0)


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("stride", [1, 3])
def test_sums_of_channels_do_not_depend_on_the_compiler(monkeypatch, averaged, stride):
    values, wanted = drawn(3, 6, 25, 21)[:, ::stride], np.arange(21) % 4 > 0
    found = []
    for compiled in (True, False):
        monkeypatch.setattr(channel_sums, "usable", lambda compiled=compiled: compiled)
        sums = channel_sums.ClippedSums.of(values, averaged=averaged)
        found.append((*sums.plain(), *sums.ends(), *sums.clipped((-0.5, 0.8), wanted)))
        found[-1] += (channel_sums.sum_of_squares(values.reshape(-1, 21)),)
    assert all(np.array_equal(*both) for both in zip(*found, strict=True))
