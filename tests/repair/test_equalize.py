"""Channel factors on junctions whose best factor is known."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.repair.equalize import Junction, channel_factors


def junction(**changes):
    one = np.ones(1)
    fields = {
        "weight_reach": 1e9 * one, "first_step": one, "input_energy": 1.0, "largest": one,
        "energy": one, "step": 1.0, "reach": 1e9, "second_largest": 0.001 * one,
        "second_energy": one, "second_noise": one,
    }  # fmt: skip
    return Junction(**(fields | changes))


def test_the_factor_balances_both_roundings():
    # (step^2 + first_step^2) * 8 = 16 against 1: f = 16 ** (1 / 4).
    found = channel_factors(junction(second_energy=np.array([8.0])))
    assert found.tolist() == pytest.approx([2.0])


def test_no_weight_and_no_activation_leaves_its_range():
    strong = junction(second_energy=np.array([1e12]))
    assert channel_factors(replace(strong, reach=5.0)).tolist() == [5.0]
    assert channel_factors(replace(strong, weight_reach=np.array([2.5]))).tolist() == [2.5]
    weak = junction(second_energy=np.array([1e-12]), second_largest=np.array([0.25]))
    assert channel_factors(weak).tolist() == [0.25]


def test_what_is_clipped_already_is_not_made_worse():
    full = junction(reach=0.5, second_energy=np.array([1e12]))
    assert channel_factors(full).tolist() == [1.0]


@pytest.mark.parametrize("field", ["largest", "second_energy"])
def test_a_channel_that_carries_nothing_stays(field):
    assert channel_factors(junction(**{field: np.zeros(1)})).tolist() == [1.0]


def test_scales_that_follow_leave_the_range_to_decide():
    free = junction(weight_reach=np.array([np.inf]), first_step=np.zeros(1), reach=6.0)
    assert channel_factors(replace(free, second_noise=np.zeros(1))).tolist() == [6.0]
