"""Every operator's output against shapes worked out by hand, and against the same shape but one."""

import numpy as np
import pytest
from small_models import Given, constant, model

from mendlite.checker.evaluate import KERNELS
from mendlite.checker.graph import read_graph
from mendlite.checker.prepare import require_prepared
from mendlite.errors import MalformedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import RULES, prepare_model
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec, transpose_conv_spec

PAIRS = {"Padding": 0, "StrideH": 2, "StrideW": 3, "FilterHeight": 3, "FilterWidth": 2}
MASKS = {"BeginMask": 1, "EndMask": 1, "ShrinkAxisMask": 4}
SPLIT = [constant([0, 1, 2, 0]), constant([0, 5, 9, 3]), constant([1, 2, 1, 1])]


def pooled(op, shape, wanted, **fields):
    return op, [Given(shape)], wanted, "Pool2DOptions", {**PAIRS, **fields}


# operator, inputs, the output's shape, options
TABLE = [
    # SAME: ceil(7 / 2), ceil(8 / 3); VALID: ceil((7 - 3 + 1) / 2), ceil((8 - 2 + 1) / 3).
    pooled("AVERAGE_POOL_2D", (1, 7, 8, 5), (1, 4, 3, 5)),
    pooled("MAX_POOL_2D", (1, 7, 8, 5), (1, 3, 3, 5), Padding=1),
    ("MEAN", [Given((1, 4, 5, 6)), constant([1, -2])], (1, 6), "ReducerOptions", {}),
    ("MEAN", [Given((1, 4, 5, 6)), constant([1, 1])], (1, 1, 5, 6), "ReducerOptions",
     {"KeepDims": True}),
    ("MEAN", [Given((1, 4)), constant([], shape=(0,))], (1, 4), "ReducerOptions", {}),
    ("ADD", [Given((1, 3, 1, 5)), Given((1, 1, 4, 5))], (1, 3, 4, 5), "AddOptions", {}),
    ("SUB", [Given((1, 4, 5)), constant([1] * 5, "i1")], (1, 4, 5), "SubOptions", {}),
    ("MUL", [Given((1, 4, 5)), constant([1], "i1")], (1, 4, 5), "MulOptions", {}),
    ("RESHAPE", [Given((1, 4, 6)), constant([1, -1, 3])], (1, 8, 3), "", {}),
    ("RESHAPE", [Given((1, 4, 6)), constant([2, 12])], (2, 12), "", {}),
    ("RESHAPE", [Given((1, 1)), constant([], shape=(0,))], (), "", {}),
    ("SQUEEZE", [Given((1, 1, 4, 1))], (4,), "SqueezeOptions", {}),
    ("SQUEEZE", [Given((1, 1, 4, 1))], (1, 4), "SqueezeOptions", {"SqueezeDims": (1, -1)}),
    ("RESHAPE", [Given((1, 4, 6))], (1, 24), "ReshapeOptions", {"NewShape": (1, -1)}),
    ("EXPAND_DIMS", [Given((1, 4)), constant([-1])], (1, 4, 1), "", {}),
    ("EXPAND_DIMS", [Given((1, 4)), constant(1)], (1, 1, 4), "", {}),
    ("PACK", [Given((1, 4)), Given((1, 4))], (1, 4, 2), "PackOptions",
     {"ValuesCount": 2, "Axis": -1}),
    ("CONCATENATION", [Given((1, 4, 2)), Given((1, 3, 2))], (1, 7, 2), "ConcatenationOptions",
     {"Axis": -2}),
    ("PAD", [Given((1, 4, 5)), constant([0, 0, 1, 2, 3, 0], shape=(3, 2))], (1, 7, 8), "", {}),
    ("TRANSPOSE", [Given((1, 4, 5, 6)), constant([0, 3, 1, 2])], (1, 6, 4, 5), "", {}),
    # 1 to 5 by 2: two values of four; axis 2 shrinks to position 2; the last from 0 to 3.
    ("STRIDED_SLICE", [Given((1, 4, 5, 6)), *SPLIT], (1, 2, 3), "StridedSliceOptions", MASKS),
    # Backwards from the last to behind the second.
    ("STRIDED_SLICE", [Given((1, 6)), constant([0, -1]), constant([1, 1]), constant([1, -2])],
     (1, 2), "StridedSliceOptions", {}),
    ("STRIDED_SLICE", [Given((1, 6, 3)), constant([0, 2]), constant([1, 99]), constant([1, 3])],
     (1, 2, 3), "StridedSliceOptions", {}),
]  # fmt: skip


def output_like(wanted, inputs):
    return Given(wanted, inputs[0].kind)


def quantized(inputs):
    """Constants of int8 operands need a scale, too."""
    for given in inputs:
        if given.kind == "i1" and given.scale is None:
            given.scale = 0.1
    return inputs


def accepted(spec):
    """Whether runner and checker accept a file; they must agree."""
    data = build(spec)
    parsed = read(data)
    for profile in Profile:
        prepare_model(parsed, profile)
    if all(o.op in KERNELS for o in parsed.operators) and not _only_ours(parsed):
        graph = read_graph(data)
        require_prepared(graph, "tflm", graph.ops)


def _only_ours(parsed):
    """The checker adds tensors of one rank alone."""
    ranks = {len(parsed.tensors[t].shape) for t in parsed.operators[0].inputs if t >= 0}
    return parsed.operators[0].op == "ADD" and len(ranks) > 1


@pytest.mark.parametrize(("op", "inputs", "wanted", "options", "fields"), TABLE)
def test_shapes_worked_out_by_hand(op, inputs, wanted, options, fields):
    inputs = quantized(inputs)
    accepted(model(op, inputs, output_like(wanted, inputs), options, **fields))


@pytest.mark.parametrize(("op", "inputs", "wanted", "options", "fields"), TABLE)
def test_another_shape_is_refused_with_both(op, inputs, wanted, options, fields):
    inputs = quantized(inputs)
    others = [(*wanted, 1), tuple(n + (i == len(wanted) - 1) for i, n in enumerate(wanted))]
    for other in (o for o in others if o != wanted):
        spec = model(op, inputs, output_like(other, inputs), options, **fields)
        with pytest.raises(MalformedModelError, match=f"operator 0 {op}: .*'y'") as error:
            prepare_model(read(build(spec)), Profile.TFLM)
        assert str(list(other)) in str(error.value)
        assert str(list(wanted)) in str(error.value)
        if op in KERNELS and not (op == "ADD" and len(inputs[1].shape) != len(inputs[0].shape)):
            graph = read_graph(build(spec))
            with pytest.raises(MalformedModelError, match=f"operator 0 {op}"):
                require_prepared(graph, "tflm", graph.ops)


LAYERS = [
    dense_spec(),
    conv_spec(),
    conv_spec(padding=1, stride=(2, 1), kernel=(3, 3)),
    conv_spec(dilation=(2, 2), padding=1),
    conv_spec(depthwise=True, filters=6),
    transpose_conv_spec(),
    transpose_conv_spec(padding=1),
]


@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_layers(number):
    spec = LAYERS[number]
    accepted(spec)
    out = spec.tensors[spec.ops[-1].outputs[0]]
    right = out.shape
    for axis in range(len(right)):
        out.shape = tuple(n + (axis == i) for i, n in enumerate(right))
        with pytest.raises(MalformedModelError):
            accepted(spec)
    out.shape = right


def test_every_operator_has_a_rule_and_a_kernel():
    from mendlite.replay.reference.apart import WHOLE
    from mendlite.replay.reference.execute import PREPARE

    assert set(RULES) == set(PREPARE) | set(WHOLE)


def test_a_computed_shape_is_followed():
    """SHAPE, STRIDED_SLICE and PACK make the shape that RESHAPE reads."""
    from tiny_models import ModelSpec, OpSpec, TensorSpec

    def numbers(name, *values):
        return TensorSpec(name, np.shape(values), "INT32", np.array(values, "<i4"))

    def flattened(rows):
        tensors = [
            TensorSpec("x", (1, 4, 6), scale=[0.1], zero_point=[0]),
            TensorSpec("shape", (3,), "INT32"),
            numbers("begin", 1), numbers("end", 2), numbers("step", 1),
            TensorSpec("four", (), "INT32"),
            TensorSpec("six", (), "INT32", np.array(6, "<i4")),
            TensorSpec("wanted", (2,), "INT32"),
            TensorSpec("y", (rows, 6), scale=[0.1], zero_point=[0]),
        ]  # fmt: skip
        ops = [
            OpSpec("SHAPE", [0], [1], "ShapeOptions", {"OutType": 2}),
            OpSpec("STRIDED_SLICE", [1, 2, 3, 4], [5], "StridedSliceOptions",
                   {"ShrinkAxisMask": 1}),
            OpSpec("PACK", [5, 6], [7], "PackOptions", {"ValuesCount": 2, "Axis": 0}),
            OpSpec("RESHAPE", [0, 7], [8]),
        ]  # fmt: skip
        return ModelSpec(tensors, ops, [0], [8])

    accepted(flattened(4))
    with pytest.raises(MalformedModelError, match=r"has shape \[2, 6\] .* writes \[4, 6\]"):
        accepted(flattened(2))
