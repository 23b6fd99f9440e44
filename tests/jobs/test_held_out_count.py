"""How many samples the front door holds out."""

import pytest

from mendlite.case.samples import MOST_HELD_OUT, held_out_count


@pytest.mark.parametrize(
    ("samples", "held_out"),
    [(20, 10), (400, 200), (12_000, MOST_HELD_OUT), (12_001, MOST_HELD_OUT), (11_999, 9_999)],
)
def test_the_rest_is_held_out_up_to_a_number(samples, held_out):
    assert held_out_count(samples) == held_out
