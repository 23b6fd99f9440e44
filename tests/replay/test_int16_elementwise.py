"""Operators on int16 activations against each installed runtime, byte by byte."""

import numpy as np
import pytest

from int16_models import RUNTIMES, differing, drawn
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.tflite.reader import read
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

runtimes = pytest.mark.parametrize("runtime", RUNTIMES.values(), ids=RUNTIMES)
EVERY = np.arange(-32768, 32768).astype(np.int16).reshape(1, 256, 256)
SYMMETRIC = 2.0**-15
FUSED = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}


def int16(name, shape, scale, kind="INT16", zero=0):
    quant = {} if kind == "FLOAT32" else {"scale": [float(scale)], "zero_point": [zero]}
    return TensorSpec(name, shape, kind, **quant)


def model_of(tensors, operator, inputs=(0,)):
    return read(build(ModelSpec(tensors, [operator], list(inputs), [operator.outputs[0]])))


def unary(op, scale, output, *, shape=(1, 256, 256), types=("INT16", "INT16"), zeros=(0, 0)):
    ends = zip("xy", (scale, output), types, zeros, strict=True)
    tensors = [int16(name, shape, step, *rest) for name, step, *rest in ends]
    options = ("SoftmaxOptions", {"Beta": 1.0}) if op == "SOFTMAX" else ("", {})
    return model_of(tensors, OpSpec(op, [0], [1], *options))


CURVES = (2.0**-12, 2.0**-11, 2.0**-13, 0.0003, 0.000271, 0.0041, 1.7, 3e-6, 2.0**-12 * 1.0003)


@pytest.mark.parametrize("scale", CURVES)
@pytest.mark.parametrize("op", ["LOGISTIC", "TANH"])
@runtimes
def test_every_input_of_a_curve(runtime, op, scale):
    assert differing(unary(op, scale, SYMMETRIC), runtime, [EVERY]) == []


@pytest.mark.parametrize("beta", [1.0, 0.37])
@pytest.mark.parametrize("scale", [0.0003, 0.00004, 0.01, 2.0**-12])
@runtimes
def test_softmax(runtime, scale, beta):
    rng = np.random.default_rng(0)
    spread = rng.normal(0, rng.uniform(100, 9000, (400, 1)), (400, 12))
    tensors = [int16("x", (1, 12), scale), int16("y", (1, 12), SYMMETRIC)]
    model = model_of(tensors, OpSpec("SOFTMAX", [0], [1], "SoftmaxOptions", {"Beta": beta}))
    x = np.clip(spread, -32768, 32767).astype(np.int16)
    x[0], x[1], x[2, 1:] = 0, -32768, -32768
    assert differing(model, runtime, [x]) == []


@runtimes
def test_softmax_of_many_classes(runtime):
    x = np.clip(np.random.default_rng(1).normal(0, 5000, (3, 3000)), -32768, 32767)
    model = unary("SOFTMAX", 0.0002, SYMMETRIC, shape=(1, 3000))
    assert differing(model, runtime, [x.astype(np.int16)]) == []


def pair(op, scales, activation="NONE", shapes=((1, 64), (1, 64), (1, 64)), pot=False):
    tensors = [int16(n, s, c) for n, s, c in zip("xyo", shapes, scales, strict=True)]
    fields = {"FusedActivationFunction": FUSED[activation]}
    if op != "MUL":
        fields["PotScaleInt16"] = pot
    return model_of(tensors, OpSpec(op, [0, 1], [2], f"{op.capitalize()}Options", fields), (0, 1))


@pytest.mark.parametrize("activation", list(FUSED))
@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
@runtimes
def test_pairs(runtime, op, activation):
    rng = np.random.default_rng(FUSED[activation])
    for _ in range(4):
        first, second = np.exp(rng.uniform(np.log(1e-5), np.log(1e-3), 2))
        sums = max(first, second) * rng.uniform(0.6, 2.2)
        product = first * second * rng.uniform(5000, 30000)
        model = pair(op, (first, second, product if op == "MUL" else sums), activation)
        assert differing(model, runtime, drawn(model, 200)) == []


@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
@runtimes
def test_pairs_that_broadcast(runtime, op):
    model = pair(op, (1e-4, 3e-4, 4e-4), shapes=((1, 5, 4, 6), (1, 1, 1, 6), (1, 5, 4, 6)))
    assert differing(model, runtime, drawn(model, 9)) == []


@pytest.mark.parametrize("op", ["ADD", "SUB"])
@pytest.mark.parametrize("pot", [True, False])
@runtimes
def test_sums_whose_scales_are_powers_of_two(runtime, pot, op):
    """LiteRT shifts such values where the file permits it: it runs them itself then."""
    model = pair(op, (2.0**-12, 2.0**-14, 2.0**-12), pot=pot)
    shifted = pot and runtime.name != "tflm"
    assert bool(prepare_model(model, runtime.profile).interpreted) == shifted
    assert differing(model, runtime, drawn(model, 200)) == []


@pytest.mark.parametrize("axes", [[1, 2], [3], [1, 2, 3]])
@pytest.mark.parametrize("scales", [(1e-3, 1e-3), (1e-3, 7e-4), (4e-4, 9e-4)])
@runtimes
def test_mean(runtime, scales, axes):
    left = [n for a, n in enumerate((1, 5, 6, 7)) if a not in axes]
    tensors = [
        int16("x", (1, 5, 6, 7), scales[0]), int16("y", tuple(left), scales[1]),
        TensorSpec("axes", (len(axes),), "INT32", np.array(axes, "<i4")),
    ]  # fmt: skip
    model = model_of(tensors, OpSpec("MEAN", [0, 2], [1], "ReducerOptions", {"KeepDims": False}))
    assert differing(model, runtime, drawn(model, 40)) == []


@pytest.mark.parametrize("op", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
@pytest.mark.parametrize("padding", [0, 1])
@runtimes
def test_pools(runtime, padding, op):
    fields = {"Padding": padding, "StrideW": 2, "StrideH": 2, "FilterWidth": 3, "FilterHeight": 3}
    fields["FusedActivationFunction"] = 1
    size = (4, 3) if padding == 0 else (3, 2)
    tensors = [int16("x", (1, 7, 6, 3), 1e-3), int16("y", (1, *size, 3), 1e-3)]
    model = model_of(tensors, OpSpec(op, [0], [1], "Pool2DOptions", fields))
    assert differing(model, runtime, drawn(model, 20)) == []


CONVERSIONS = {
    "wider": (("INT8", "INT16"), (0.02, 0.00011), (7, 0)),
    "narrower": (("INT16", "INT8"), (0.0003, 0.051), (0, -9)),
    "finer": (("INT16", "INT16"), (0.0003, 0.0001), (0, 0)),
    "coarser": (("INT16", "INT16"), (0.0003, 0.0007), (0, 0)),
    "to real": (("INT16", "FLOAT32"), (0.0003, 1.0), (0, 0)),
}


@pytest.mark.parametrize("kind", CONVERSIONS)
@runtimes
def test_conversions(runtime, kind):
    types, scales, zeros = CONVERSIONS[kind]
    op = "DEQUANTIZE" if types[1] == "FLOAT32" else "QUANTIZE"
    model = unary(op, *scales, shape=(1, 64), types=types, zeros=zeros)
    if kind == "wider" and runtime.name == "tflite-runtime":
        with pytest.raises(UnsupportedModelError, match="cannot run this file"):
            differing(model, runtime, drawn(model, 4))
        return
    assert differing(model, runtime, drawn(model, 200)) == []


@runtimes
def test_from_real(runtime):
    model = unary("QUANTIZE", 1.0, 0.0003, shape=(1, 64), types=("FLOAT32", "INT16"))
    x = np.random.default_rng(0).normal(0, 5, (100, 64)).astype(np.float32)
    assert differing(model, runtime, [x]) == []


def vector(name, values):
    return TensorSpec(name, np.shape(values), "INT32", np.array(values, "<i4"))


MOVES = {
    "PAD": ([vector("p", [[0, 0], [1, 2]])], (1, 9), "", {}),
    "TRANSPOSE": ([vector("p", [0, 1])], (1, 6), "", {}),
    "STRIDED_SLICE": (
        [vector("b", [0, 1]), vector("e", [1, 6]), vector("s", [1, 2])],
        (1, 3),
        "StridedSliceOptions",
        {},
    ),
    "RESHAPE": ([vector("s", [1, 2, 3])], (1, 2, 3), "", {}),
}


@pytest.mark.parametrize("op", MOVES)
@runtimes
def test_what_moves_values(runtime, op):
    more, shape, options, fields = MOVES[op]
    tensors = [int16("x", (1, 6), 1e-3), *more, int16("y", shape, 1e-3)]
    operator = OpSpec(op, list(range(len(tensors) - 1)), [len(tensors) - 1], options, fields)
    model = model_of(tensors, operator)
    assert not prepare_model(model, Profile.TFLM).interpreted
    assert differing(model, runtime, drawn(model, 20)) == []


@runtimes
def test_concatenation(runtime):
    tensors = [int16("x", (1, 6), 1e-3), int16("y", (1, 5), 1e-3), int16("o", (1, 11), 1e-3)]
    operator = OpSpec("CONCATENATION", [0, 1], [2], "ConcatenationOptions", {"Axis": 1})
    model = model_of(tensors, operator, (0, 1))
    assert differing(model, runtime, drawn(model, 20)) == []
