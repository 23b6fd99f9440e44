"""What TFLite's preparation refuses or leaves undefined ends in one line: operator, tensor, values."""

import copy

import numpy as np
import pytest
from small_models import Given, constant, model

from mendlite.checker.graph import read_graph
from mendlite.checker.prepare import RULES as CHECKED
from mendlite.checker.prepare import require_prepared
from mendlite.errors import BadInputError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec, transpose_conv_spec

CURVE = Given((1, 4), scale=1 / 256, zero=-128)


def changed(spec, **changes):
    """A spec with other tensors (t<index>_<field>) or options (o_<Field>) or inputs."""
    spec = copy.deepcopy(spec)
    for name, value in changes.items():
        where, _, what = name.partition("_")
        if where == "o":
            spec.ops[0].fields[what] = value
        elif where == "inputs":
            spec.ops[0].inputs = value
        else:
            setattr(spec.tensors[int(where[1:])], what, value)
    return spec


def pool(**fields):
    options = {"Padding": 1, "StrideH": 1, "StrideW": 1, "FilterHeight": 2, "FilterWidth": 2}
    return model(
        "MAX_POOL_2D",
        [Given((1, 4, 4, 1))],
        Given((1, 3, 3, 1)),
        "Pool2DOptions",
        **{**options, **fields},
    )


def unary(op, entry, output, options="", **fields):
    return model(op, [entry], output, options, **fields)


REFUSED = {
    "a ratio of scales beyond float32": (
        unary(
            "LEAKY_RELU",
            Given((1, 4), scale=1e30),
            Given((1, 4), scale=1e-30),
            "LeakyReluOptions",
            Alpha=0.1,
        ),
        "s_x / s_y is inf",
    ),
    # windows
    "stride 0": (changed(conv_spec(), o_StrideH=0), "none may be below 1"),
    "stride below 0": (changed(conv_spec(), o_StrideW=-1), "none may be below 1"),
    "dilation 0": (changed(conv_spec(), o_DilationHFactor=0), "none may be below 1"),
    "a dilation beyond the input": (
        changed(conv_spec(padding=1), o_DilationHFactor=2**30),
        "reaches over 2147483649 positions",
    ),
    "a window larger than the input": (pool(FilterHeight=5), "over 5 positions"),
    "a window of 0": (pool(FilterWidth=0), "none may be below 1"),
    "a padding of another name": (pool(Padding=7), "padding"),
    # layers
    "another depth multiplier": (
        changed(conv_spec(depthwise=True), o_DepthMultiplier=2),
        "depth_multiplier is 2",
    ),
    "channels that are no multiple": (
        changed(conv_spec(depthwise=True), t0_shape=(1, 7, 6, 2)),
        "do not fit an input of 2 channels",
    ),
    "weights without scale": (changed(conv_spec(), t1_scale=None), "have no scale"),
    "input without scale": (
        changed(conv_spec(), t0_scale=None),
        "tensor 0 'in' is INT8 but has no",
    ),
    "output without scale": (changed(conv_spec(), t3_scale=None), "tensor 3 'out'"),
    "an input of two scales": (
        changed(conv_spec(), t0_scale=[0.1] * 3, t0_zero_point=[0] * 3, t0_axis=3),
        "has 3 scales, not one",
    ),
    "weights with a zero-point": (
        changed(conv_spec(per_channel=False), t1_zero_point=[1]),
        "zero-point other than 0",
    ),
    "a bias with a zero-point": (
        changed(dense_spec(), t2_zero_point=[3]),
        "its bias, tensor 2 'b1', has a zero-point",
    ),
    "a multiplier of 2^30": (
        changed(conv_spec(per_channel=False), t0_scale=[2.0**20], t1_scale=[2.0**20]),
        "not below 2\\^30",
    ),
    "an infinite multiplier": (
        changed(conv_spec(per_channel=False), t0_scale=[1e38], t1_scale=[1e38], t3_scale=[1e-38]),
        "not below 2\\^30",
    ),
    "a bias in other steps": (changed(dense_spec(), t2_scale=[0.5]), "its bias, tensor 2 'b1'"),
    "rows that do not divide": (changed(dense_spec(), t0_shape=(1, 7)), "do not divide"),
    "an activation beyond int32": (
        changed(conv_spec(activation=3), t3_scale=[1e-9]),
        "more than int32 holds",
    ),
    "an unknown activation": (changed(conv_spec(), o_FusedActivationFunction=4), "TANH"),
    "a left-out input": (changed(conv_spec(), inputs=[-1, 1, 2]), "input is left out"),
    "a transposed output of another size": (
        changed(
            transpose_conv_spec(), t4_shape=(1, 9, 10, 4), t0_data=np.array([1, 9, 10, 4], "<i4")
        ),
        "belongs to an input of 5 x 5",
    ),
    # values
    "pool that rescales": (
        model(
            "MAX_POOL_2D",
            [Given((1, 4, 4, 1))],
            Given((1, 3, 3, 1), scale=0.2),
            "Pool2DOptions",
            Padding=1,
            StrideH=1,
            StrideW=1,
            FilterHeight=2,
            FilterWidth=2,
        ),
        "does not rescale",
    ),
    "an axis out of range": (
        model("MEAN", [Given((1, 4)), constant([2])], Given((1, 4)), "ReducerOptions"),
        "its axis 2 is none of -2 to 1",
    ),
    "axes that are no int32": (
        model("MEAN", [Given((1, 4)), constant([1.0], "f4")], Given((1,)), "ReducerOptions"),
        "FLOAT32, not INT32",
    ),
    "an addition that grows too much": (
        model("ADD", [Given((1, 4), scale=1.0)] * 2, Given((1, 4), scale=1e-6), "AddOptions"),
        "not below 1",
    ),
    "shapes that do not broadcast": (
        model("ADD", [Given((1, 4)), Given((1, 3))], Given((1, 4)), "AddOptions"),
        "do not broadcast",
    ),
    "three operands": (
        model("ADD", [Given((1, 4))] * 3, Given((1, 4)), "AddOptions"),
        "3 inputs, not 2",
    ),
    "beta 0": (unary("SOFTMAX", Given((1, 4)), CURVE, "SoftmaxOptions"), "beta"),
    "a softmax of tiny steps": (
        unary("SOFTMAX", Given((1, 4), scale=1e-9), CURVE, "SoftmaxOptions", Beta=1.0),
        "below 2\\^-26",
    ),
    "a curve of tiny steps": (
        unary("LOGISTIC", Given((1, 4), scale=1e-9), CURVE),
        "outside 2\\^-28",
    ),
    "a rectifier that grows too much": (
        unary("RELU", Given((1, 4), scale=1e6), Given((1, 4), scale=1e-6)),
        "not below 2\\^30",
    ),
    "dequantized to bytes": (unary("DEQUANTIZE", Given((1, 4)), Given((1, 4))), "writes FLOAT32"),
    # moves
    "a pad below 0": (
        model("PAD", [Given((1, 4)), constant([[0, 0], [-1, 1]])], Given((1, 4))),
        "are negative",
    ),
    "a pad of one row": (
        model("PAD", [Given((1, 4)), constant([[1, 1]])], Given((1, 6))),
        "for an input of rank 2",
    ),
    "no permutation": (
        model("TRANSPOSE", [Given((1, 4, 5)), constant([0, 2, 2])], Given((1, 5, 5))),
        "no permutation",
    ),
    "two extents left open": (
        model("RESHAPE", [Given((1, 4)), constant([-1, -1])], Given((1, 4))),
        "does not reshape to",
    ),
    "another number of values": (
        model("RESHAPE", [Given((1, 4)), constant([1, 5])], Given((1, 5))),
        "does not reshape to",
    ),
    "a squeezed axis of 4": (
        model("EXPAND_DIMS", [Given((1, 4)), constant([5])], Given((1, 4, 1))),
        "its axis 5 is none of -3 to 2",
    ),
    "a stride of 0 in a slice": (
        model(
            "STRIDED_SLICE",
            [Given((1, 4)), constant([0, 0]), constant([1, 4]), constant([1, 0])],
            Given((1, 4)),
            "StridedSliceOptions",
        ),
        "its stride along axis 1 is 0",
    ),
    "a position outside": (
        model(
            "STRIDED_SLICE",
            [Given((1, 4)), constant([0, 4]), constant([1, 5]), constant([1, 1])],
            Given((1,)),
            "StridedSliceOptions",
            ShrinkAxisMask=2,
        ),
        "position 4 of axis 1 lies outside",
    ),
    "slices of other lengths": (
        model(
            "STRIDED_SLICE",
            [Given((1, 4)), constant([0, 0]), constant([1]), constant([1, 1])],
            Given((1, 4)),
            "StridedSliceOptions",
        ),
        "2, 1 and 2 values",
    ),
    "parts that do not join": (
        model(
            "CONCATENATION",
            [Given((1, 4, 1)), Given((1, 4, 2))],
            Given((1, 8, 1)),
            "ConcatenationOptions",
            Axis=1,
        ),
        "does not join",
    ),
    "parts of another quantization": (
        model(
            "CONCATENATION",
            [Given((1, 4)), Given((1, 4), scale=0.2)],
            Given((1, 8)),
            "ConcatenationOptions",
            Axis=1,
        ),
        "they must be equal",
    ),
    "fewer packed than said": (
        model("PACK", [Given((1, 4))], Given((2, 1, 4)), "PackOptions", ValuesCount=2, Axis=0),
        "1 inputs, not 2",
    ),
    "an empty output": (
        model(
            "STRIDED_SLICE",
            [Given((1, 4)), constant([0, 2]), constant([1, 2]), constant([1, 1])],
            Given((1, 0)),
            "StridedSliceOptions",
        ),
        "is empty",
    ),
}


LACKED = ("weights with a zero-point", "an unknown activation")
"""Those that TFLite runs and mendlite's kernels do not: an interpreter does."""


@pytest.mark.parametrize("name", LACKED)
def test_what_our_kernels_lack_is_said(name):
    spec, words = REFUSED[name]
    assert words in prepare_model(read(build(spec)), Profile.TFLM).interpreted[0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [name for name in REFUSED if name not in LACKED])
def test_one_line_names_the_place(name):
    spec, words = REFUSED[name]
    with pytest.raises(BadInputError, match=words) as error:
        prepare_model(read(build(spec)), Profile.TFLM)
    assert "\n" not in str(error.value)
    assert spec.ops[0].op in str(error.value)


@pytest.mark.parametrize("name", list(REFUSED))
def test_the_checker_refuses_the_same(name):
    spec, _ = REFUSED[name]
    if all(op.op in CHECKED for op in spec.ops):
        with pytest.raises(BadInputError, match=spec.ops[0].op):
            graph = read_graph(build(spec))
            require_prepared(graph, "tflm", graph.ops)


def test_a_multiplier_that_is_too_small_is_0():
    spec = changed(conv_spec(per_channel=False), t0_scale=[1e-20], t1_scale=[1e-20])
    prepare_model(read(build(spec)), Profile.TFLM)


def test_one_step_below_the_largest_multiplier():
    """2^30 less one step of float32 is the largest; its mantissa rounds to 31 bits below 1."""
    for scale, fits in ((np.nextafter(np.float32(2.0**30), np.float32(0)), True), (2.0**30, False)):
        spec = conv_spec(per_channel=False, activation=0)
        spec = changed(spec, t0_scale=[1.0], t1_scale=[float(scale)], t3_scale=[1.0])
        if fits:
            prepare_model(read(build(spec)), Profile.TFLM)
        else:
            with pytest.raises(BadInputError, match="channel 0 is 1.07374e"):
                prepare_model(read(build(spec)), Profile.TFLM)
