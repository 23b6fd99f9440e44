"""int16 activations with int8 weights: our kernels against each installed runtime, byte by byte."""

import copy

import numpy as np
import pytest

from conv_geometries import GEOMETRIES
from int16_models import RUNTIMES, differing, drawn, int16x8, int16x8_file
from mendlite.errors import UndefinedResultError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec, transpose_conv_spec

runtimes = pytest.mark.parametrize("runtime", RUNTIMES.values(), ids=RUNTIMES)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@runtimes
def test_a_convolution(geometry, runtime):
    model = read(int16x8_file(conv_spec(**geometry)))
    assert differing(model, runtime, drawn(model)) == []


TRANSPOSED = [
    {},
    {"padding": 1},
    {"kernel": (5, 4), "stride": (1, 2), "per_channel": False},
    {"kernel": (2, 2), "stride": (3, 3), "padding": 1},
]


@pytest.mark.parametrize("geometry", TRANSPOSED)
@runtimes
def test_a_transposed_convolution(geometry, runtime):
    model = read(int16x8_file(transpose_conv_spec(**geometry)))
    assert differing(model, runtime, drawn(model)) == []


@runtimes
def test_dense_layers(runtime):
    model = read(int16x8_file(dense_spec(hidden=40)))
    assert differing(model, runtime, drawn(model, 40)) == []


def without_bias(spec):
    for op in spec.ops:
        op.inputs = op.inputs[:-1]
    return spec


UNBIASED = {
    "dense": lambda: without_bias(dense_spec(hidden=40)),
    "transposed": lambda: transpose_conv_spec(bias=False),
}


@pytest.mark.parametrize("bias", ["INT64", "INT32"])
@pytest.mark.parametrize("kind", UNBIASED)
@runtimes
def test_without_a_bias(kind, bias, runtime):
    """The file may state what is summed in; tflite-runtime 2.14 sums in int32 whatever it states."""
    model = read(int16x8_file(UNBIASED[kind](), bias=bias))
    if runtime.why_not(model):
        assert (runtime.name, bias) == ("tflite-runtime", "INT64")
        with pytest.raises(UnsupportedModelError, match="sums int16 activations in int32"):
            differing(model, runtime, drawn(model))
        return
    assert differing(model, runtime, drawn(model, 20)) == []


INT32_BIASES = {
    "conv": conv_spec,
    "dense": lambda: dense_spec(hidden=40),
    "transposed": transpose_conv_spec,
    "depthwise": lambda: conv_spec(depthwise=True),
}


@pytest.mark.parametrize("kind", INT32_BIASES)
@runtimes
def test_int32_biases_as_newer_converters_write_them(kind, runtime):
    model = read(int16x8_file(INT32_BIASES[kind](), bias="INT32"))
    if kind == "depthwise" or (kind, runtime.name) == ("transposed", "tflm"):
        with pytest.raises(UnsupportedModelError, match="is INT32"):
            differing(model, runtime, drawn(model))
        return
    assert differing(model, runtime, drawn(model, 20)) == []


@pytest.mark.parametrize("kind", ["conv", "dense", "transposed"])
def test_litert_would_read_past_an_int32_bias_that_the_file_does_not_state(kind):
    spec = int16x8(INT32_BIASES[kind](), bias="INT32")
    for op in spec.ops:
        del op.fields["QuantizedBiasType"]
    model = read(build(spec))
    with pytest.raises(UndefinedResultError, match="is INT32, and the kernel reads INT64 there"):
        prepare_model(model, Profile.TFLITE_REF)


def test_int32_accumulators_wrap_as_they_do_in_every_runtime():
    spec = dense_spec(inputs=700, hidden=4)
    spec.tensors[1].data[:] = 127
    model = read(int16x8_file(spec, bias="INT32"))
    x = [np.full((1, 700), 32767, np.int16)]
    for runtime in RUNTIMES.values():
        assert differing(model, runtime, x) == []


def test_a_nudged_weight_is_noticed():
    spec = int16x8(conv_spec())
    changed, model = copy.deepcopy(spec), read(build(spec))
    changed.tensors[1].data.reshape(-1)[7] ^= 1
    runtime = next(iter(RUNTIMES.values()))
    x = drawn(model)
    ours = collect(ReferenceRunner(model=read(build(changed)), profile=runtime.profile), x, [3])
    theirs = collect(ReferenceRunner(model=model, profile=runtime.profile), x, [3])
    assert ours[3].tobytes() != theirs[3].tobytes()
