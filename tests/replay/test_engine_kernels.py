"""The firmware's engine, built for this computer, gives the bytes of the host's kernels."""

import pytest
import test_copying

from differential import Outcome, compare
from mendlite.model.rounding import Profile
from tiny_models import build


@pytest.mark.parametrize("name", test_copying.TABLE)
def test_values_are_copied_as_on_the_host(name):
    # TFLite Micro pads with what its memory happens to hold.
    batches = test_copying.TABLE[name][0] == "SPACE_TO_BATCH_ND"
    profiles = (Profile.TFLITE_REF,) if batches else tuple(Profile)
    for kind in test_copying.TYPES:
        verdict = compare(build(test_copying.spec_of(name, kind)), 0, profiles)
        assert verdict.outcome is Outcome.EQUAL, (kind, verdict.reason)
