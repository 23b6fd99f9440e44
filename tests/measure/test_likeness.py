"""Shares of two sets of samples near a decision, by hand and at both limits."""

import numpy as np
import pytest

from mendlite.measure.likeness import NearShares

MARGINS = np.arange(1000.0)
"""The twentieth part are 0 to 49."""


def test_near_are_the_margins_of_a_twentieth_of_the_others():
    shares = NearShares.of(np.array([49.0, 50.0, 3.0, 700.0]), MARGINS)
    assert (shares.near, shares.count) == (2, 4)
    assert (shares.other_near, shares.other_count) == (50, 1000)
    assert (shares.share, shares.other_share) == (0.5, 0.05)


def test_equal_margins_are_near_together():
    shares = NearShares.of(np.zeros(10), np.array([0.0, 0.0, 0.0, 5.0]))
    assert (shares.near, shares.other_near) == (10, 3)


@pytest.mark.parametrize(
    ("near", "unlike"),
    [
        (0, True),
        (20, True),  # 4.3 standard errors
        (25, False),  # half the share, but 3.5 standard errors
        (50, False),
        (99, False),  # 6.5 standard errors, but not twice the share
        (101, True),
    ],
)
def test_shares_that_differ_twofold_beyond_chance_are_unlike(near, unlike):
    margins = np.repeat([0.0, 999.0], [near, 1000 - near])
    others = np.tile(MARGINS, 10)
    assert NearShares.of(margins, others).unlike is unlike


def test_few_samples_do_not_tell():
    assert not NearShares.of(np.full(20, 999.0), MARGINS).unlike
    assert not NearShares.of(np.zeros(0), MARGINS).unlike
    assert not NearShares.of(MARGINS, np.zeros(0)).unlike
