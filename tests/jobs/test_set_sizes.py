"""How many samples of a source the front door gives to each set."""

import pytest

from mendlite.jobs.front_door.find_target import MOST_HELD_OUT, set_sizes


@pytest.mark.parametrize(
    ("samples", "sizes"),
    [
        (19, ()),
        (20, (8, 2, 10)),
        (400, (160, 40, 200)),
        (11_999, (1000, 1000, 9_999)),
        (12_001, (1000, 1000, MOST_HELD_OUT)),
    ],
)
def test_the_rest_is_held_out_up_to_a_number(samples, sizes):
    assert set_sizes(samples) == sizes
