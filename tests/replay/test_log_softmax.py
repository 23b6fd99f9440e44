"""LOG_SOFTMAX: our kernels against values computed by hand and each runtime, byte by byte."""

import numpy as np
import pytest

from log_softmax_models import SCALES, classifier, log_softmax_spec
from mendlite.arith.fixed_logarithm import logarithm
from mendlite.arith.fixed_point import Rounding
from mendlite.arith.log_softmax import make_log_softmax
from mendlite.errors import MendliteError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from own_kernels import compared
from tiny_models import build, float_twin
from uint8_models import as_uint8


@pytest.mark.parametrize("scale", SCALES)
def test_it_has_the_bytes_of_both_runtimes(scale):
    for shape in ((1, 1), (1, 2), (1, 10), (1, 7, 33), (3, 200)):
        assert compared(log_softmax_spec(scale, shape), count=40) == {"litert", "tflm"}


def test_long_rows_and_near_ones():
    spec = log_softmax_spec(0.02, (1, 4095))
    rng = np.random.default_rng(2)
    near = [rng.integers(-3, 4, (6, 4095)).astype(np.int8)]
    assert compared(spec, inputs=near) == {"litert", "tflm"}


@pytest.mark.parametrize("scale", [0.1, 1.3])
def test_uint8_has_the_bytes_of_litert(scale):
    assert "litert" in compared(as_uint8(log_softmax_spec(scale)), names=("litert",), count=40)


def test_float_is_near():
    spec = float_twin(log_softmax_spec(shape=(1, 3, 11)))
    assert compared(spec, count=20, floats=1e-5) == {"litert", "tflm"}


def test_by_hand():
    """Halves are -0.693 = -11.09 steps of 1/16, a tenth -2.303 = -36.84, 0.0 stays 127."""
    of = make_log_softmax(0.1, Rounding.DOUBLE)
    assert of(np.array([[5, 5]], np.int8)).tolist() == [[116, 116]]
    assert of(np.full((1, 10), -7, np.int8)).tolist() == [[90] * 10]
    # 12.7 below the largest: -203.2 steps, and what is left of the largest.
    assert of(np.array([[127, 0]], np.int8)).tolist() == [[127, -76]]
    # 25.5 below is more than 16: the smallest value.
    assert of(np.array([[127, -128]], np.int8)).tolist() == [[127, -128]]


def test_the_logarithm_is_near():
    """Of Q12.19 in Q5.26, from 1 to 4095."""
    x = np.unique(np.geomspace(1, 4095, 3000) * 2**19).astype(np.int64)
    found = logarithm(x, 12, 5) / 2.0**26
    assert np.abs(found - np.log(x / 2.0**19)).max() < 1e-6


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (log_softmax_spec(out=(1 / 16, 126)), "zero-point other than 127"),
        (log_softmax_spec(out=(1 / 32, 127)), "output scale other than 1/16"),
        (log_softmax_spec(scale=2.0**-26), "below 2^-25"),
    ],
)
def test_other_steps_are_left_to_an_interpreter(spec, why):
    assert why in prepare_model(read(build(spec)), Profile.TFLM).interpreted[0]


def test_too_long_a_row_is_refused():
    with pytest.raises(MendliteError, match="4096 exponentials"):
        prepare_model(read(build(log_softmax_spec(shape=(1, 4096)))), Profile.TFLM)


def test_the_range_before_it_may_change():
    spec = classifier()
    groups = {t: g.frozen for g in scale_groups(read(build(spec))) for t in g.tensors}
    assert groups[6] is None
    assert groups[7] == "an output of the graph"
