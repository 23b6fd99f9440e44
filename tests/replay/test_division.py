"""int8 DIV by constants: our kernel against both runtimes, and what they do not define."""

import numpy as np
import pytest

from division_models import DIVISIONS, division_spec, every_byte
from mendlite.errors import UndefinedResultError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from own_kernels import compared
from tiny_models import build


@pytest.mark.parametrize("form", DIVISIONS.values(), ids=DIVISIONS)
def test_it_has_the_bytes_of_both_runtimes(form):
    inputs = every_byte(len(form["divisors"][0]))
    assert compared(division_spec(**form), inputs=inputs) == {"litert", "tflm"}


@pytest.mark.parametrize("seed", range(4))
def test_the_desktop_divides_scales_in_float32_and_micro_in_double(seed):
    # 127 x / 100 has ties, which the last bits of the multiplier decide.
    rng = np.random.default_rng(seed)
    for _ in range(6):
        first, second = rng.uniform(0.01, 1), rng.uniform(0.001, 0.01)
        spec = division_spec(scales=(first, second, first / second / 127))
        assert compared(spec, inputs=every_byte(1)) == {"litert", "tflm"}


def test_by_hand():
    # 0.1 x / (50 / 100) in steps of 0.2 / 100: 100 x, cut to int8.
    spec = division_spec(scales=(0.1, 0.01, 0.2), divisors=[[50]], zeros=(0, 0, 7))
    model = read(build(spec))
    found = collect(ReferenceRunner(model=model, profile=Profile.TFLM), every_byte(1), [2])[2]
    assert found.reshape(-1)[[0, 126, 127, 128, 129, 130, 255]].tolist() == [
        -121, 5, 6, 7, 8, 9, 127,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"divisors": [[100, 0]]}, "holds a 0"),
        ({"zeros": (0, 5, 0), "divisors": [[5]]}, "holds a 0"),
        # Both runtimes give -128 for -0.1 / 4 here, and 1 for 0 / 4.
        ({"scales": (0.1, 0.04, 0.13)}, "more than 31 bits"),
        ({"scales": (0.1, 0.5, 0.5), "divisors": [[3]]}, "more than 31 bits"),
    ],
)
def test_what_no_kernel_defines_is_refused(form, why):
    with pytest.raises(UndefinedResultError, match=why):
        prepare_model(read(build(division_spec(**form))), Profile.TFLM)


@pytest.mark.parametrize(
    ("form", "profile", "why"),
    [
        ({"computed": True}, Profile.TFLM, "divisor is computed"),
        ({}, Profile.SINGLE, "round once"),
    ],
)
def test_other_forms_are_left_to_an_interpreter(form, profile, why):
    assert why in prepare_model(read(build(division_spec(**form))), profile).interpreted[0]
