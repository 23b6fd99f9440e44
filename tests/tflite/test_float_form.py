"""The float twin that is computed back from a quantized file."""

import dataclasses

import numpy as np
import pytest

from interpreted_models import detection_spec
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.prepare.model import prepare_model
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.float_form import in_float
from mendlite.tflite.reader import read
from random_inputs import random_inputs
from recurrent_models import lstm_spec
from small_networks import residual_spec, with_uint8_ends
from svdf_models import svdf_spec
from tiny_models import (
    ModelSpec,
    OpSpec,
    TensorSpec,
    build,
    conv_spec,
    dense_spec,
    float_twin,
    transpose_conv_spec,
)
from uint8_models import as_uint8, uint8_network_spec

LITERT = next(runtime for runtime in installed() if runtime.name == "litert")
SPECS = {
    "dense": dense_spec(),
    "per channel": conv_spec(),
    "depthwise": conv_spec(depthwise=True),
    "transposed": transpose_conv_spec(),
    "a sum and a mean": residual_spec(0),
    "conversions at the ends": with_uint8_ends(dense_spec()),
    "constants behind the tables": dataclasses.replace(dense_spec(), outside=True),
    "uint8": uint8_network_spec(),
}


def outputs(runner, model, x):
    return list(collect(runner, x, model.outputs).values())


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_the_twin_is_the_network_that_the_file_stands_for(spec):
    model = read(build(spec))
    twin = read(in_float(model))
    assert all(t.dtype is not DType.INT8 and t.dtype is not DType.UINT8 for t in used(twin))
    assert len(twin.inputs) == len(model.inputs)
    x = random_inputs(twin, 8, deviation=1)
    ours = outputs(ReferenceRunner(model=twin, profile=Profile.TFLITE_REF), twin, x)
    theirs = outputs(IsolatedRunner(model=twin, runtime=LITERT), twin, x)
    assert np.allclose(ours[0], theirs[0], rtol=1e-5, atol=1e-5)
    if "QUANTIZE" not in {op.op for op in spec.ops}:
        known = read(build(float_twin(spec)))
        known_outputs = outputs(ReferenceRunner(model=known, profile=Profile.TFLITE_REF), known, x)
        assert np.allclose(ours[0], known_outputs[0], rtol=1e-4, atol=1e-4)


def used(model):
    return [model.tensors[t] for o in model.operators for t in (*o.inputs, *o.outputs) if t >= 0]


def test_a_custom_operator_keeps_its_options():
    spec = as_uint8(detection_spec())
    twin = read(in_float(read(build(spec))))
    assert [o.op for o in twin.operators] == [
        "FULLY_CONNECTED", "RESHAPE", "FULLY_CONNECTED", "RESHAPE",
        "CUSTOM:TFLite_Detection_PostProcess",
    ]  # fmt: skip
    found = outputs(IsolatedRunner(model=twin, runtime=LITERT), twin, random_inputs(twin, 2))
    assert found[0].shape == (2, 4, 4)


def shared(scale):
    spec = dense_spec(inputs=5, hidden=5, classes=5)
    spec.tensors[4].buffer_of, spec.tensors[4].data = 1, spec.tensors[1].data
    spec.tensors[4].scale = [scale]
    return spec


def test_tensors_that_share_bytes_share_them_in_float_where_they_mean_the_same():
    twin = read(in_float(read(build(shared(0.01)))))
    assert twin.tensors[4].buffer.index == twin.tensors[1].buffer.index
    with pytest.raises(UnsupportedModelError, match="share their bytes and mean other values"):
        in_float(read(build(shared(0.02))))


def test_what_has_no_twin_is_refused():
    with pytest.raises(UnsupportedModelError, match="it is a float model already"):
        in_float(read(build(float_twin(dense_spec()))))
    sparse = dense_spec()
    sparse.tensors[1].sparse = True
    with pytest.raises(UnsupportedModelError, match="is sparse"):
        in_float(read(build(sparse)))
    several = dense_spec()
    several.subgraphs = 2
    with pytest.raises(UnsupportedModelError, match="several subgraphs"):
        in_float(read(build(several)))


def test_a_file_of_conversions_alone_has_no_twin():
    tensors = [
        TensorSpec("x", (1, 4), "FLOAT32"),
        TensorSpec("q", (1, 4), "UINT8", scale=[0.1], zero_point=[3]),
    ]
    with pytest.raises(UnsupportedModelError, match="computes nothing"):
        in_float(read(build(ModelSpec(tensors, [OpSpec("QUANTIZE", [0], [1])], [0], [1]))))


@pytest.mark.parametrize("spec", [lstm_spec(), svdf_spec(rank=2), svdf_spec(state="INT8")])
def test_biases_of_recurrent_layers_count_in_their_own_units(spec):
    found, wanted = read(in_float(read(build(spec)))), read(build(float_twin(spec)))
    for ours, theirs in zip(found.tensors, wanted.tensors, strict=True):
        if theirs.data is not None and theirs.dtype is DType.FLOAT32:
            assert ours.dtype is DType.FLOAT32, ours.name
            np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-5, atol=1e-6)
    assert prepare_model(found, Profile.TFLM).interpreted == {}
