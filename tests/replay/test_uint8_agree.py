"""uint8 operators (TF 1 quantization) against LiteRT's and tflite-runtime's reference kernels.

Every byte of every input, or random ones with the extremes. TFLite Micro has no uint8 kernels but
for QUANTIZE and DEQUANTIZE.
"""

import numpy as np
import pytest

from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.reader import read
from random_inputs import random_inputs
from tiny_models import ModelSpec, OpSpec, TensorSpec, build
from uint8_models import uint8, uint8_conv_spec, uint8_dense_spec, uint8_transposed_spec

RUNTIMES = [runtime for runtime in installed() if runtime.name != "tflm"]
EACH = pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda r: r.name)


def inputs_of(model, count, seed=0):
    """Random samples, the first two of them the extremes."""
    inputs = random_inputs(model, count, seed)
    for values in (x for x in inputs if x.dtype.kind in "iu"):
        limits = np.iinfo(values.dtype)
        values[0], values[1] = limits.min, limits.max
    return inputs


def require_equal(spec, runtime, count=60):
    model = read(build(spec))
    program = prepare(model, runtime.profile)
    assert not program.prepared.interpreted
    x, outputs = inputs_of(model, count), list(model.outputs)
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), x, outputs)
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), x, outputs)
    for tensor in outputs:
        assert ours[tensor].tobytes() == theirs[tensor].tobytes()


def drawn(seed):
    """A scale and two zero-points, each end of the range among them."""
    rng = np.random.default_rng(seed)
    scale = float(np.float32(np.exp(rng.uniform(np.log(0.005), 0.0))))
    return rng, scale, [0, 255, 128, int(rng.integers(1, 255))][seed % 4], int(rng.integers(256))


@pytest.mark.parametrize("weight_zero", [0, 1, 100, 128, 255])
@EACH
def test_dense_layers(runtime, weight_zero):
    spec = uint8_dense_spec(weight_zero, weight_zero, inputs=40, hidden=30, classes=20)
    require_equal(spec, runtime, 200)


FORMS = {
    "fused": {"activation": 3},
    "strides": {"stride": (2, 1), "padding": 1, "activation": 0},
    "dilated": {"dilation": (2, 2), "activation": 2},
    "pointwise": {"kernel": (1, 1), "filters": 20},
    "depthwise": {"depthwise": True, "stride": (2, 2)},
    "multiplier": {"depthwise": True, "filters": 9, "activation": 0},
}


@pytest.mark.parametrize("weight_zero", [0, 117, 255])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@EACH
def test_convolutions(runtime, form, weight_zero):
    require_equal(uint8_conv_spec(weight_zero, weight_zero, **form), runtime)


@pytest.mark.parametrize("padding", [0, 1])
@EACH
def test_transposed_convolutions(runtime, padding):
    require_equal(uint8_transposed_spec(3, 140, padding=padding), runtime)


def pair(op, seed):
    rng, first, zero, _ = drawn(seed)
    second = first * rng.uniform(0.3, 3)
    output = first * second * rng.uniform(20, 130) if op == "MUL" else first * rng.uniform(1, 4)
    zeros = (zero, *rng.integers(0, 256, 2))
    tensors = [
        uint8(name, (1, 512), scale, z)
        for name, scale, z in zip("xyo", (first, second, output), zeros, strict=True)
    ]
    fields = {"FusedActivationFunction": seed % 4}
    operator = OpSpec(op, [0, 1], [2], f"{op.capitalize()}Options", fields)
    return ModelSpec(tensors, [operator], [0, 1], [2])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
@EACH
def test_pairs(runtime, op, seed):
    require_equal(pair(op, seed), runtime)


def one(op, tensors, inputs, *options):
    given = [i for i in inputs if tensors[i].data is None]
    return ModelSpec(tensors, [OpSpec(op, inputs, [len(tensors) - 1], *options)], given,
                     [len(tensors) - 1])  # fmt: skip


CURVES = {"LOGISTIC": (1 / 256, 0), "TANH": (1 / 128, 128)}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("op", ["LOGISTIC", "TANH", "RELU", "RELU6", "RELU_N1_TO_1"])
@EACH
def test_activations_of_every_byte(runtime, op, seed):
    rng, scale, zero, other = drawn(seed)
    output = CURVES.get(op, (scale * rng.uniform(0.5, 2), other))
    model = read(build(one(op, [uint8("x", (1, 64), scale, zero), uint8("o", (1, 64), *output)],
                           [0])))  # fmt: skip
    every = [np.arange(256).astype(np.uint8).reshape(4, 64)]
    ours = collect(ReferenceRunner(model=model, profile=Profile.TFLITE_REF), every, [1])[1]
    assert np.array_equal(
        ours, collect(IsolatedRunner(model=model, runtime=runtime), every, [1])[1]
    )


@pytest.mark.parametrize("seed", range(4))
@EACH
def test_softmax(runtime, seed):
    _, scale, zero, _ = drawn(seed)
    tensors = [uint8("x", (1, 20), scale, zero), uint8("o", (1, 20), 1 / 256, 0)]
    require_equal(one("SOFTMAX", tensors, [0], "SoftmaxOptions", {"Beta": 1.0}), runtime, 300)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("op", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
@EACH
def test_pools(runtime, op, seed):
    """A mean's half rounds up: away from 0 as the kernel counts, not as its real value does."""
    _, scale, zero, _ = drawn(seed)
    fields = {"StrideW": 2, "StrideH": 1, "FilterWidth": 2, "FilterHeight": 2 + seed % 2,
              "FusedActivationFunction": seed}  # fmt: skip
    tensors = [uint8("x", (1, 7, 6, 3), scale, zero), uint8("o", (1, 7, 3, 3), scale, zero)]
    require_equal(one(op, tensors, [0], "Pool2DOptions", fields), runtime)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("axes", [(1, 2), (3,), (2,)])
@EACH
def test_means(runtime, axes, seed):
    _, scale, zero, other = drawn(seed)
    shape = [n for axis, n in enumerate((1, 7, 6, 3)) if axis not in axes]
    output = (scale, zero) if seed == 0 else (scale * 0.6, other)
    tensors = [
        uint8("x", (1, 7, 6, 3), scale, zero),
        TensorSpec("axes", (len(axes),), "INT32", np.array(axes, "<i4")),
        uint8("o", shape, *output),
    ]
    require_equal(one("MEAN", tensors, [0, 1], "ReducerOptions", {"KeepDims": False}), runtime)


@pytest.mark.parametrize("seed", range(4))
@EACH
def test_inputs_of_other_steps_are_joined(runtime, seed):
    """uint8 CONCATENATION rescales, where int8 kernels copy and files with such are refused."""
    rng, scale, zero, _ = drawn(seed)
    parts = [
        uint8(f"x{i}", (1, 256), scale * rng.uniform(0.3, 3), rng.integers(256)) for i in range(2)
    ]
    tensors = [*parts, uint8("same", (1, 9), scale, zero), uint8("o", (1, 521), scale, zero)]
    spec = one("CONCATENATION", tensors, [0, 1, 2], "ConcatenationOptions", {"Axis": 1})
    require_equal(spec, runtime, 300)


@EACH
def test_moves(runtime):
    _, scale, zero, _ = drawn(3)
    pads = TensorSpec("p", (4, 2), "INT32", np.array([0, 0, 1, 2, 0, 1, 0, 0], "<i4"))
    tensors = [uint8("x", (1, 3, 4, 2), scale, zero), pads, uint8("o", (1, 6, 5, 2), scale, zero)]
    require_equal(one("PAD", tensors, [0, 1], "PadOptions"), runtime)
    shape = TensorSpec("s", (2,), "INT32", np.array([1, 24], "<i4"))
    tensors = [uint8("x", (1, 3, 4, 2), scale, zero), shape, uint8("o", (1, 24), scale, zero)]
    require_equal(one("RESHAPE", tensors, [0, 1]), runtime)


def with_drawn_scales(spec, seed):
    """The model with scales of all bits: products in float32 and in double then differ."""
    rng = np.random.default_rng(100 + seed)
    for tensor in (t for t in spec.tensors if t.scale):
        tensor.scale = [float(np.float32(tensor.scale[0] * rng.uniform(0.7, 1.4)))]
    for op in spec.ops:
        source, bias = (2, 3) if op.op == "TRANSPOSE_CONV" else (0, 2)
        product = spec.tensors[op.inputs[source]].scale[0] * spec.tensors[op.inputs[1]].scale[0]
        spec.tensors[op.inputs[bias]].scale = [float(np.float32(product))]
    return spec


LAYERS = {
    "dense": lambda seed: uint8_dense_spec(seed, inputs=40, hidden=60, classes=20),
    "convolution": lambda seed: uint8_conv_spec(seed, filters=24, activation=0),
    "depthwise": lambda seed: uint8_conv_spec(seed, depthwise=True, filters=9, activation=0),
    "transposed": uint8_transposed_spec,
}


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
@EACH
def test_multipliers_next_to_a_tie(runtime, make):
    """uint8 convolutions multiply two scales in float32, dense layers of LiteRT in double."""
    for seed in range(8):
        require_equal(with_drawn_scales(make(seed), seed), runtime, 300)
