"""Samples of 8 bits are looked up in a table: the same inputs as value by value."""

import numpy as np
import pytest

from mendlite.arith.conversion import quantize
from mendlite.case.preprocess import LOOKED_UP, quantized_inputs, real_input
from mendlite.case.recipe import Preprocessing
from mendlite.errors import BadInputError
from mendlite.model.samples import Samples
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec

RULES = [
    Preprocessing(subtract=3.5, multiply=0.1),
    Preprocessing(subtract=[1, 2, 3], multiply=[0.1, 0.2, 0.3]),
    Preprocessing(subtract=0.0, multiply=[1.0]),
]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("count", [1, LOOKED_UP])
def test_real_inputs_are_those_of_wider_integers(rule, dtype, count):
    raw = np.random.default_rng(0).integers(0, 256, (count, 4, 3), np.uint8).view(dtype)
    found, wanted = real_input(rule, raw), real_input(rule, raw.astype(np.int16))
    assert found.dtype == wanted.dtype == np.float32
    assert found.shape == raw.shape
    assert np.array_equal(found, wanted)


def test_a_view_of_samples_is_read_in_its_own_order():
    raw = np.random.default_rng(1).integers(0, 256, (64, 3, 64), np.uint8).transpose(0, 2, 1)
    wanted = real_input(RULES[1], raw.astype(np.int16))
    assert np.array_equal(real_input(RULES[1], raw), wanted)


def test_a_value_that_no_sample_has_may_leave_float32():
    raw = np.full((LOOKED_UP, 2), 1, np.uint8)
    rule = Preprocessing(multiply=2e38)
    assert np.array_equal(real_input(rule, raw), np.full(raw.shape, np.float32(2e38)))
    with pytest.raises(BadInputError, match="no finite float32"):
        real_input(rule, raw + np.uint8(1))


def test_quantized_inputs():
    model = read(build(conv_spec()))
    tensor = model.tensors[model.inputs[0]]
    shape = (LOOKED_UP, *tensor.shape[1:])
    raw = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    rule = Preprocessing(subtract=100.0, multiply=0.05)
    rows = np.arange(LOOKED_UP)
    samples = Samples(name="drawn", source="made", rows=rows, raw=(raw,), labels=None)
    (found,) = quantized_inputs([rule], samples, model)
    (scale,), (zero,) = tensor.quant.scale, tensor.quant.zero_point
    wanted = quantize(real_input(rule, raw.astype(np.int16)), scale, zero, np.dtype(np.int8))
    assert np.array_equal(found, wanted)
