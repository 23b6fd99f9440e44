"""The fast requantization is the exact one, and thresholds are where the output steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.arith.fixed_point import Rounding
from mendlite.arith.requantize import Requantizer, accumulator_threshold


def quantizer(real, *, rounding=Rounding.DOUBLE, zero_point=-5, low=-128, high=127):
    return Requantizer.of(
        real,
        rounding=rounding,
        zero_point=zero_point,
        low=low,
        high=high,
        dtype=np.dtype(np.int8),
        reach=2**23,
    )


@given(
    st.lists(st.floats(2.0**-14, 1.9), min_size=1, max_size=4),
    st.sampled_from(list(Rounding)),
    st.integers(-128, 127),
    st.integers(0, 2**32 - 1),
    st.sampled_from([np.float32, np.float64, np.int32]),
)
def test_fast_is_exact(real, rounding, zero_point, seed, dtype):
    requantize = quantizer(real, rounding=rounding, zero_point=zero_point)
    reach = min(2**23, int(300 / min(real)))
    acc = np.random.default_rng(seed).integers(-reach, reach, (4000, len(real)))
    channel = np.broadcast_to(np.arange(len(real)), acc.shape)
    wanted = requantize.exact(acc.reshape(-1), channel.reshape(-1)).reshape(acc.shape)
    assert np.array_equal(requantize(acc.astype(dtype)), wanted)


def test_every_tie_is_decided_exactly():
    # A multiplier of 2**-4: every 16th accumulator and its half steps are ties.
    requantize = quantizer([2.0**-4])
    acc = np.arange(-2100, 2100)[:, None]
    wanted = requantize.exact(acc[:, 0], np.zeros(len(acc), np.int64))
    assert np.array_equal(requantize(acc.astype(np.float32))[:, 0], wanted)
    assert wanted[acc[:, 0] == 8] == -5 + 1
    assert wanted[acc[:, 0] == -8] == -5 - 1
    # Rounded twice: 7 / 2 to 4, then 4 / 8 to 1, although 7 / 16 is below the tie.
    assert wanted[acc[:, 0] == 7] == -5 + 1
    assert wanted[acc[:, 0] == 6] == -5


def test_a_wrong_margin_would_be_noticed():
    requantize = quantizer([0.00317])
    object.__setattr__(requantize, "margin", np.array([0.0], np.float32))
    acc = np.arange(-40_000, 40_000)[:, None]
    exact = requantize.exact(acc[:, 0], np.zeros(len(acc), np.int64))
    assert not np.array_equal(requantize(acc.astype(np.float32))[:, 0], exact)


@given(st.floats(2.0**-14, 0.9), st.sampled_from(list(Rounding)), st.integers(-128, 127))
def test_a_threshold_is_where_the_output_reaches_the_value(real, rounding, value):
    requantize = quantizer([real], rounding=rounding)
    zero = np.zeros(1, np.int64)
    threshold = accumulator_threshold(requantize, zero, np.array([value]))
    if -(2**31) < threshold[0] < 2**31:
        assert requantize.exact(threshold, zero)[0] >= value
        assert requantize.exact(threshold - 1, zero)[0] < value


@pytest.mark.parametrize(("value", "expected"), [(-128, -(2**31)), (100, 2**31)])
def test_thresholds_that_no_accumulator_or_every_one_reaches(value, expected):
    requantize = quantizer([0.01], high=50)
    found = accumulator_threshold(requantize, np.zeros(1, np.int64), np.array([value]))
    assert found[0] == expected
