"""What host and firmware both accept is equal, and the comparison notices what is not."""

from pathlib import Path

import pytest

import differential
from differential import Outcome, compare
from mendlite.model.rounding import Profile
from tiny_models import build, dense_spec

DIGITS = Path(__file__).parents[1] / "targets" / "models" / "digits" / "int8.tflite"


def test_the_digits_are_equal_under_every_profile():
    assert compare(DIGITS.read_bytes(), 0).outcome is Outcome.EQUAL


def test_other_kernels_are_noticed(monkeypatch):
    monkeypatch.setitem(differential.PROFILES, Profile.TFLM, 2)
    verdict = compare(DIGITS.read_bytes(), 0, (Profile.TFLM,))
    assert verdict.outcome is Outcome.DIFFERS
    assert "on the host and" in verdict.reason


@pytest.mark.parametrize("size", [0, 7, 100])
def test_a_file_cut_off_is_refused_by_both(size):
    verdict = compare(DIGITS.read_bytes()[:size], 0)
    assert verdict.outcome is Outcome.BOTH_REFUSE
    assert verdict.good


def test_an_operator_that_the_firmware_lacks_is_counted_with_its_reason():
    float_model = DIGITS.with_name("float.tflite")
    verdict = compare(float_model.read_bytes(), 0)
    assert verdict.outcome is Outcome.FIRMWARE_REFUSES
    assert verdict.reason == "unsupported at operator 0"


def test_complex_inputs_are_drawn_and_refused_by_both():
    spec = dense_spec()
    spec.tensors[0].type, spec.tensors[0].scale, spec.tensors[0].zero_point = (
        "COMPLEX64",
        None,
        None,
    )
    assert compare(build(spec), 0, (Profile.TFLM,)).outcome is Outcome.BOTH_REFUSE
