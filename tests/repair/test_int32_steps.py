"""No repair makes an accumulator that may wrap, and a file that has one is not repaired."""

from dataclasses import replace

import numpy as np
import pytest
from lying_moves import with_bias

from digits_case import OPTIONS
from mendlite.errors import UnsupportedModelError
from mendlite.jobs.repair import repair
from mendlite.model.rounding import Profile
from mendlite.prepare.int32 import wrapping_channels
from mendlite.repair.engine.admissible import refusal
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import scale_groups
from tiny_models import build, conv_spec, dense_spec

SETTINGS = Settings.of("bias")


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def test_a_file_that_may_wrap_is_not_repaired(digits):
    case = replace(
        digits, quantized=with_bias(digits.quantized, digits.quantized.layers[-1], -(2**31))
    )
    with pytest.raises(UnsupportedModelError, match=r"accumulator of channel 0 may leave int32"):
        repair(case, SETTINGS, ("float", "int8", "repaired"))


def test_a_file_that_no_runtime_prepares_is_no_step():
    spec = conv_spec()
    spec.tensors[3].shape = (1, 7, 6, 5)
    assert "writes [1, 7, 6, 4]" in (refusal(read(build(spec)), Profile.TFLM) or "")
    assert refusal(read(build(conv_spec())), Profile.TFLM) is None


def test_biases_in_new_steps_leave_room_for_the_products():
    """A range a billion times narrower: biases end where the sums still fit."""
    model = read(build(dense_spec()))
    for group in scale_groups(model):
        if group.frozen is None:
            scale = float(model.tensors[group.tensors[0]].quantization().scale[0])
            model = patched(model, rescale_edits(model, group, scale * 1e-9, -128))
    for layer in model.layers:
        biases = model.tensors[layer.bias].constant().astype(np.int64)
        weights = np.abs(model.tensors[layer.weights].constant().astype(np.int64)).sum(axis=1)
        assert (np.abs(biases) + 255 * weights < 2**31).all()
    assert not any(wrapping_channels(model, layer).size for layer in model.layers[1:])
