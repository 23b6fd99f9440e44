"""Channel factors where the best factor is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.algorithms.equalize import FACTORS, ChannelNoise, channel_factors

FREE = ChannelNoise(
    rounding=np.array([16.0]), own=np.ones(1), clipping=np.zeros((FACTORS.size, 1)),
    lower=np.array([1e-9]), upper=np.array([1e9]), free=np.array([1e9]),
)  # fmt: skip


def test_the_factor_balances_both_roundings():
    assert channel_factors(FREE).tolist() == pytest.approx([2.0])
    assert channel_factors(replace(FREE, own=np.array([256.0]))).tolist() == pytest.approx([0.5])


def test_no_weight_and_no_activation_leaves_its_range():
    assert channel_factors(replace(FREE, upper=np.array([1.5]))).tolist() == [1.5]
    assert channel_factors(replace(FREE, own=np.array([1e9]), lower=np.array([0.25]))).tolist() == [
        0.25
    ]


def test_outliers_are_clipped_where_that_costs_less_than_rounding():
    noisy = replace(FREE, rounding=np.array([64.0]), own=np.zeros(1), free=np.ones(1))
    clipping = np.where(FACTORS[:, None] <= 2, 0.5, 1000.0)
    found = channel_factors(replace(noisy, clipping=clipping))
    assert found.tolist() == [2.0]
    dear = np.full((FACTORS.size, 1), 1000.0)
    assert channel_factors(replace(noisy, clipping=dear)).tolist() == [1.0]


def test_what_is_out_of_range_already_is_not_made_worse():
    assert channel_factors(replace(FREE, upper=np.array([0.5]))).tolist() == [1.0]
    assert channel_factors(replace(FREE, own=np.array([1e9]), lower=np.array([3.0]))).tolist() == [
        1.0
    ]


def test_scales_that_follow_leave_the_range_to_decide():
    assert channel_factors(replace(FREE, own=np.zeros(1), upper=np.array([6.0]))).tolist() == [6.0]


def test_a_channel_that_is_not_rounded_stays():
    assert channel_factors(replace(FREE, rounding=np.zeros(1))).tolist() == [1.0]
    nothing = replace(FREE, own=np.zeros(1), upper=np.full(1, np.inf), free=np.full(1, np.inf))
    assert channel_factors(nothing).tolist() == [1.0]


@given(*[st.floats(0, 1e6)] * 4)
def test_factors_are_positive_and_finite(rounding, own, lower, upper):
    noise = ChannelNoise(
        rounding=np.array([rounding]), own=np.array([own]), lower=np.array([lower + 1e-6]),
        upper=np.array([upper]), clipping=np.ones((FACTORS.size, 1)), free=np.ones(1),
    )  # fmt: skip
    factor = channel_factors(noise)[0]
    assert np.isfinite(factor)
    assert factor > 0
