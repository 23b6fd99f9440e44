"""What interpreters do not compute of int4 weights is said by operator, not by their own message."""

import numpy as np
import pytest

from int4_models import SPECS, dynamic_range, with_int4
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import TFLITE_2_14, Profile
from mendlite.replay.collect import collect
from mendlite.replay.int4_gaps import lacks_kernel, misread_by_2_14
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import MODULES, installed
from mendlite.replay.tflm import arena_bytes
from mendlite.tflite.reader import read
from tiny_models import ModelSpec, OpSpec, TensorSpec, build, conv_spec, dense_spec

RUNTIMES = {runtime.name: runtime for runtime in installed()}


def model_of(name):
    make, places = SPECS[name]
    return read(with_int4(make(), *places)[0])


def inputs(model):
    tensor = model.tensors[model.inputs[0]]
    rng = np.random.default_rng(0)
    if tensor.dtype.numpy.kind == "f":
        return [rng.normal(size=(2, *tensor.shape[1:])).astype(np.float32)]
    return [rng.integers(-128, 128, (2, *tensor.shape[1:])).astype(np.int8)]


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_each_runtime_computes_our_bytes_or_names_the_operator(runtime, name):
    model, chosen = model_of(name), RUNTIMES[runtime]
    x, outputs = inputs(model), list(model.outputs)
    if why := lacks_kernel(MODULES[runtime], model):
        with pytest.raises(UnsupportedModelError, match="operator 0 FULLY_CONNECTED: int4 weights"):
            collect(chosen.runner(model), x, outputs)
        assert "with a scale a channel" in why
        return
    theirs = collect(chosen.runner(model), x, outputs)[outputs[0]]
    ours = collect(ReferenceRunner(model=model, profile=chosen.profile), x, outputs)[outputs[0]]
    assert np.array_equal(theirs, ours)


def test_only_dense_layers_with_a_scale_a_channel_are_lacking():
    lacking = {(m, n) for m in MODULES for n in SPECS if lacks_kernel(MODULES[m], model_of(n))}
    assert lacking == {("tflm", "dense per channel"), ("tflite-runtime", "dense per channel")}


def test_tflite_micro_has_no_float_activations_over_int4():
    for model in (read(dynamic_range(s, 1)) for s in (dense_spec(), conv_spec())):
        assert "under a float input" in lacks_kernel(MODULES["tflm"], model)
        assert lacks_kernel(MODULES["litert"], model) == ""


def test_a_hybrid_depthwise_layer_is_refused_as_no_runtime_runs_it():
    model = read(dynamic_range(conv_spec(depthwise=True), 1))
    runner = ReferenceRunner(model=model, profile=Profile.TFLITE_REF)
    with pytest.raises(UnsupportedModelError, match="operator 0 DEPTHWISE_CONV_2D"):
        collect(runner, inputs(model), list(model.outputs))


def test_the_arena_of_tflite_micro_holds_an_unpacked_layer():
    plain = read(with_int4(conv_spec(), 1)[0])
    elements = plain.tensors[1].elements
    none = read(with_int4(conv_spec())[0])
    assert arena_bytes(plain) >= arena_bytes(none) + elements


def dense_at(shape, channels):
    """A dense int8 layer with an output of this shape and so many scales."""
    rng = np.random.default_rng(0)
    scales = [float(v) for v in rng.uniform(0.002, 0.03, channels)]
    bias = [0.05 * v for v in scales]
    zeros, (width, inner) = [0] * channels, (shape[-1], 6)
    weights = rng.integers(-127, 128, (width, inner)).astype(np.int8)
    tensors = [
        TensorSpec("x", (*shape[:-1], inner), scale=[0.05], zero_point=[3]),
        TensorSpec("w", weights.shape, data=weights, scale=scales, zero_point=zeros),
        TensorSpec("b", (width,), "INT32", np.arange(width, dtype=np.int32), scale=bias, zero_point=zeros),
        TensorSpec("y", shape, scale=[0.3], zero_point=[0]),
    ]  # fmt: skip
    op = OpSpec("FULLY_CONNECTED", [0, 1, 2], [3], "FullyConnectedOptions", {"KeepNumDims": True})
    return read(build(ModelSpec(tensors, [op], [0], [3])))


@pytest.mark.parametrize("shape", [(1, 5), (1, 3, 5), (1, 2, 3, 5)])
@pytest.mark.parametrize("channels", [1, 5])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_dense_layers_at_several_positions(runtime, channels, shape):
    model, chosen = dense_at(shape, channels), RUNTIMES[runtime]
    x = [np.random.default_rng(1).integers(-128, 128, (9, *shape[1:-1], 6)).astype(np.int8)]
    old = chosen.profile is TFLITE_2_14
    misread = channels > 1 and len(shape) > 2
    assert ("second axis" in misread_by_2_14(model)) == misread
    if old and misread:
        with pytest.raises(UnsupportedModelError, match="second axis"):
            collect(chosen.runner(model), x, [3])
        return
    theirs = collect(chosen.runner(model), x, [3])[3]
    ours = collect(ReferenceRunner(model=model, profile=chosen.profile), x, [3])[3]
    assert np.array_equal(theirs, ours)
