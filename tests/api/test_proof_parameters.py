"""A parameter of ``mendlite.certify`` that would have no effect is an error, not left out."""

import numpy as np
import pytest

import mendlite
from mendlite.errors import BadInputError

RANGES = (np.zeros(64), np.zeros(64))


@pytest.fixture(scope="module")
def digits():
    return mendlite.load_target("digits")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"wanted": 0}, "`wanted` has no effect with `property` class: it belongs to class-is"),
        ({"epsilon": 0.5}, "`epsilon` has no effect with `property` class: it belongs to error"),
        ({"outputs": (1,)}, "`outputs` has no effect with `property` class"),
        ({"property": "error", "smallest": True}, "`smallest` has no effect with `property` error"),
        ({"ranges": RANGES, "sample": 0}, "`sample` has no effect with `ranges`"),
        ({"ranges": RANGES, "radius": 0.0}, "`radius` has no effect with `ranges`"),
        ({"ranges": RANGES, "unit": "steps"}, "`unit` has no effect with `ranges`"),
        ({"unit": "step"}, "`unit` is one of steps, raw, not 'step'"),
    ],
)
def test_what_has_no_effect_is_an_error(digits, given, message):
    with pytest.raises(BadInputError, match=message):
        mendlite.certify(
            digits.int8, float_model=digits.float_model, samples=digits.samples,
            preprocessing=digits.preprocessing, solver="none", **given,
        )  # fmt: skip
