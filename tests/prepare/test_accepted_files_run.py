"""What preparation accepts runs: on any input, with the file's shapes and types, alike everywhere."""

import copy
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import Given, constant, model

from mendlite.certify.lowering.lower import lower
from mendlite.checker.evaluate import KERNELS, evaluate, evaluate_fast
from mendlite.checker.graph import read_graph
from mendlite.emit.c_harness import c_harness
from mendlite.errors import BadInputError, MendliteError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.replay.collect import collect
from mendlite.replay.package_profiles import runner_profile
from mendlite.replay.registry import make_runner
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec, float_twin, transpose_conv_spec

POOL = {"Padding": 1, "StrideH": 1, "StrideW": 2, "FilterHeight": 2, "FilterWidth": 2}
CURVE = Given((1, 8), scale=1 / 256, zero=-128)
IMAGE, FLAT = Given((1, 4, 5, 2)), Given((1, 8))


def spatial(shape, **values):
    return Given(shape, **values)


BASES = [
    dense_spec(),
    conv_spec(),
    conv_spec(padding=1, stride=(2, 2), dilation=(1, 1), activation=3),
    conv_spec(depthwise=True, filters=6),
    transpose_conv_spec(),
    float_twin(dense_spec()),
    float_twin(conv_spec()),
    model("ADD", [IMAGE, Given((1, 4, 5, 2), scale=0.2)], IMAGE, "AddOptions"),
    model("MUL", [FLAT, Given((1, 8), scale=0.2, zero=3)], FLAT, "MulOptions"),
    model("AVERAGE_POOL_2D", [IMAGE], Given((1, 3, 2, 2)), "Pool2DOptions", **POOL),
    model("MAX_POOL_2D", [IMAGE], Given((1, 3, 2, 2)), "Pool2DOptions", **POOL),
    model("MEAN", [IMAGE, constant([1, 2])], Given((1, 2), scale=0.04), "ReducerOptions"),
    model("SOFTMAX", [FLAT], CURVE, "SoftmaxOptions", Beta=1.0),
    model("LOGISTIC", [FLAT], CURVE),
    model("TANH", [FLAT], Given((1, 8), scale=1 / 128)),
    model("RELU", [FLAT], Given((1, 8), scale=0.05, zero=-128)),
    model("QUANTIZE", [FLAT], Given((1, 8), scale=0.3, zero=7)),
    model("DEQUANTIZE", [FLAT], Given((1, 8), "f4")),
    model("RESHAPE", [IMAGE, constant([1, -1])], Given((1, 40))),
    model("SQUEEZE", [Given((1, 1, 8))], FLAT, "SqueezeOptions", SqueezeDims=(1,)),
    model("EXPAND_DIMS", [FLAT, constant([1])], Given((1, 1, 8))),
    model("PAD", [FLAT, constant([[0, 0], [2, 1]])], Given((1, 11))),
    model("TRANSPOSE", [IMAGE, constant([0, 2, 1, 3])], Given((1, 5, 4, 2))),
    model("CONCATENATION", [FLAT, FLAT], Given((1, 16)), "ConcatenationOptions", Axis=1),
    model("STRIDED_SLICE", [IMAGE, constant([0, 1]), constant([1, 4]), constant([1, 2])],
          Given((1, 2, 5, 2)), "StridedSliceOptions", EndMask=1),
]  # fmt: skip

EXTENTS = st.sampled_from([0, 1, 2, 3, 4, 5, 8, 16])
SCALES = st.floats(2.0**-24, 2.0**12, width=32)
NUMBERS = st.sampled_from([-3, -2, -1, 0, 1, 2, 3, 4, 7, 100, 2**30])


@st.composite
def mutants(draw):
    """A base with up to two of its shapes, scales, zero-points, options or constants changed."""
    spec = copy.deepcopy(draw(st.sampled_from(BASES)))
    for _ in range(draw(st.integers(0, 2))):
        tensor = draw(st.sampled_from(spec.tensors))
        what = draw(st.sampled_from(["shape", "scale", "zero", "option", "constant", "input"]))
        if what == "shape" and tensor.data is None and tensor.shape:
            axis = draw(st.integers(0, len(tensor.shape) - 1))
            tensor.shape = (*tensor.shape[:axis], draw(EXTENTS), *tensor.shape[axis + 1 :])
        elif what == "scale" and tensor.scale:
            tensor.scale = [draw(SCALES)] * len(tensor.scale) if draw(st.booleans()) else None
        elif what == "zero" and tensor.zero_point:
            tensor.zero_point = [draw(st.integers(-128, 127))] * len(tensor.zero_point)
        elif what == "option" and spec.ops[0].fields:
            name = draw(st.sampled_from(sorted(spec.ops[0].fields)))
            old = spec.ops[0].fields[name]
            small = name in {"Padding", "FusedActivationFunction"}
            new = draw(st.integers(0, 4)) if small else draw(NUMBERS)
            spec.ops[0].fields[name] = (new,) if isinstance(old, tuple) else type(old)(new)
        elif what == "constant" and tensor.data is not None and tensor.data.dtype == "<i4":
            tensor.data = tensor.data.copy()
            tensor.data.reshape(-1)[:1] = draw(NUMBERS)
        elif what == "input":
            at = draw(st.integers(0, len(spec.ops[0].inputs) - 1))
            spec.ops[0].inputs[at] = draw(st.integers(-1, len(spec.tensors) - 1))
    return build(spec)


def samples(parsed, seed):
    """Two extreme samples and some random ones."""
    rng, found = np.random.default_rng(seed), []
    for index in parsed.inputs:
        tensor = parsed.tensors[index]
        shape = (5, *tensor.shape[1:])
        if tensor.dtype.numpy.kind == "f":
            x = rng.normal(size=shape).astype("<f4")
        else:
            limits = np.iinfo(tensor.dtype.numpy)
            x = rng.integers(limits.min, limits.max, shape, tensor.dtype.numpy, endpoint=True)
            x[0], x[1] = limits.min, limits.max
        found.append(x)
    return found


def accepted(data, profile=Profile.TFLM):
    """(model, inputs, outputs) of a file that our kernels accept on their own; None else."""
    try:
        parsed = read(data)
        prepared = prepare_model(parsed, profile)
        if prepared.interpreted or prepared.one_by_one:
            return None
        x = samples(parsed, 1)
        return parsed, x, collect(make_runner("reference", parsed, profile), x, parsed.outputs)
    except BadInputError:
        return None


@pytest.mark.parametrize("number", range(len(BASES)))
def test_each_base_is_accepted(number):
    assert accepted(build(BASES[number])) is not None


@given(mutants())
@settings(max_examples=200)
def test_every_accepted_file_runs(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = accepted(data)
        if found is None:
            return
        parsed, x, values = found
        for out in parsed.outputs:
            tensor = parsed.tensors[out]
            assert values[out].dtype == tensor.dtype.numpy
            assert values[out].shape == (5 * tensor.shape[0], *tensor.shape[1:])
        _run_by_the_checker(data, parsed, x, values)
        for other in (lower, lambda m, p: c_harness(m, p, None)):
            try:
                other(parsed, Profile.TFLM)
            except BadInputError:
                continue


def _run_by_the_checker(data, parsed, x, values):
    if not all(operator.op in KERNELS for operator in parsed.operators):
        return
    out = parsed.outputs[0]
    for evaluated in (evaluate, evaluate_fast):
        theirs = evaluated(read_graph(data), "tflm", x, [out])[out]
        if values[out].dtype.kind == "f":
            assert np.allclose(values[out], theirs, rtol=1e-3, atol=1e-3, equal_nan=True)
        else:
            assert np.array_equal(values[out], theirs)


@given(mutants())
@settings(max_examples=80)
@pytest.mark.parametrize("runner", ["tflm", "interpreter"])
def test_other_runtimes_give_the_same_bytes(runner, data):
    profile = runner_profile(runner)
    found = accepted(data, profile)
    if found is None or (runner == "interpreter" and _desktop(found[0])):
        return
    parsed, x, values = found
    out = parsed.outputs[0]
    try:
        theirs = collect(make_runner(runner, parsed, profile), x, [out])[out]
    except MendliteError:
        return
    assert theirs.shape == values[out].shape
    if theirs.dtype.kind != "f":
        assert np.array_equal(values[out], theirs)


def _desktop(parsed):
    """Operators that the desktop computes otherwise under any profile that rounds twice."""
    return {o.op for o in parsed.operators} & {"MUL", "RELU", "TANH", "LOGISTIC"}
