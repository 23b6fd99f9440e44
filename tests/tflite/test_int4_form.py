"""Layers with int8 weights in 4 bits, in place."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.model.tensor import DType
from mendlite.tflite.edits import data_edit
from mendlite.tflite.int4_form import bytes_saved, in_int4, why_not_int4
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec

SPECS = {
    "dense": dense_spec,
    "conv": conv_spec,
    "odd": lambda: conv_spec(channels=1, filters=3, kernel=(3, 3)),
    "depthwise": lambda: conv_spec(depthwise=True),
}


@pytest.mark.parametrize("name", SPECS)
def test_the_layers_weights_are_int4_and_all_else_stays(name):
    model = read(build(SPECS[name]()))
    layer = model.layers[0]
    assert why_not_int4(model, layer) == ""
    other = in_int4(model, [layer])
    weights = other.tensors[layer.weights]
    assert weights.dtype is DType.INT4
    assert not weights.data.any()
    assert len(other.data) == len(model.data)
    for a, b in zip(model.tensors, other.tensors, strict=True):
        if a.index != layer.weights:
            assert (a.dtype, a.buffer) == (b.dtype, b.buffer)
            assert a.data is None or np.array_equal(a.data, b.data)


@pytest.mark.parametrize(
    ("outputs", "inputs", "saved"), [(1, 16, 0), (1, 17, 16), (2, 16, 16), (24, 256, 3072)]
)
def test_bytes_saved_are_those_between_two_places_where_constants_begin(outputs, inputs, saved):
    model = read(build(dense_spec(0, inputs, outputs)))
    assert bytes_saved(model, model.layers[0]) == saved


def test_weights_can_be_written_into_it():
    model = read(build(conv_spec()))
    layer = model.layers[0]
    other = in_int4(model, [layer])
    shape = other.tensors[layer.weights].shape
    values = np.random.default_rng(1).integers(-8, 8, shape).astype(np.int8)
    written = patched(other, [data_edit(other, layer.weights, values)])
    assert np.array_equal(written.tensors[layer.weights].data, values)


def test_a_layer_that_is_int4_already_is_named():
    model = read(build(dense_spec()))
    other = in_int4(model, model.layers[:1])
    assert why_not_int4(other, other.layers[0]) == "its weights are INT4"


def test_scales_that_two_tensors_share_rule_it_out():
    spec = dense_spec()
    model = read(build(spec))
    first, second = model.layers[0], model.layers[1]
    quant = model.tensors[first.weights].quant
    tensors = list(model.tensors)
    tensors[second.weights] = replace(tensors[second.weights], quant=quant)
    shared = replace(model, tensors=tuple(tensors))
    assert "share their scales" in why_not_int4(shared, shared.layers[0])
