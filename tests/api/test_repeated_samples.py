"""A validation on samples of which some equal others says so, and claims no more for them."""

import io

import numpy as np

import mendlite
from mendlite.measure.intervals import intervals
from mendlite.report.terminal import show_validation
from mendlite.targets.load import find_target

DIGITS = find_target("digits").parent


def test_equal_samples_are_not_independent():
    with np.load(DIGITS / "digits.npz") as stored:
        images, labels = stored["images"][:60], stored["labels"][:60]
    once, found = (
        mendlite.validate(
            DIGITS / "int8.tflite",
            float_model=DIGITS / "float.tflite",
            samples=np.repeat(images, times, axis=0),
            labels=np.repeat(labels, times, axis=0),
        )
        for times in (1, 5)
    )
    assert (once.samples, once.distinct, once.int8.independent) == (60, 60, 60)
    assert (found.samples, found.distinct, found.int8.independent) == (300, 60, 60)
    assert found.int8.failing == 5 * once.int8.failing
    assert intervals(found).int8_failing == intervals(once).int8_failing
    stream = io.StringIO()
    show_validation("digits", "", found, stream)
    assert "(of 300 tests 60 are distinct)" in " ".join(stream.getvalue().split())
