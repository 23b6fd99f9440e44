"""Models of one operator that computes along any axis."""

import numpy as np

from copying_models import axis, data, ints
from interpreted_models import one
from tiny_models import TensorSpec


def spec(op, inputs, shape, options="", fields=None, *, output=None, scale=0.13, zero=5):
    """The model of one operator; the output in the inputs' type unless stated."""
    kinds = [t.type for t in inputs if t.data is None]
    kind = next((kind for kind in kinds if kind != "BOOL"), "BOOL")
    end = data("y", shape, output or kind)
    if end.type == "INT8":
        end.scale, end.zero_point = [scale], [zero]
    count = len(inputs)
    return one(
        op,
        [*inputs, end],
        list(range(count)),
        [count],
        *([options, fields or {}] if options else []),
    )


def other(name, shape, kind):
    """A second input in other steps."""
    tensor = data(name, shape, kind)
    if tensor.scale:
        tensor.scale = [0.04]
        tensor.zero_point = [11 if kind == "INT8" else 0]
    return tensor


def constant(shape, kind, seed=0):
    rng = np.random.default_rng(seed)
    values = (
        rng.integers(-99, 99, shape).astype("i1")
        if kind == "INT8"
        else rng.normal(0, 2, shape).astype("<f4")
    )
    quantized = {"scale": [0.02], "zero_point": [3]} if kind == "INT8" else {}
    return TensorSpec("c", shape, kind, values, **quantized)


def chooses(shape):
    """The condition of a SELECT."""
    return data("condition", shape, "BOOL")


COMPARISONS = ("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL")
LOGIC = ("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT")

REDUCED = ("ReducerOptions", {"KeepDims": False})
KEPT = ("ReducerOptions", {"KeepDims": True})
NHWC = (1, 5, 4, 3)
RESIZE = "ResizeBilinearOptions"
# operator, function of the type → inputs, the output's shape, options
TABLE = {
    "minimum": ("MINIMUM", lambda k: [data("x", NHWC, k), other("z", (1, 1, 4, 1), k)], NHWC, "MaximumMinimumOptions", {}),
    "maximum of another rank": ("MAXIMUM", lambda k: [data("x", NHWC, k), constant((3,), k)], NHWC, "MaximumMinimumOptions", {}),
    "squared difference": ("SQUARED_DIFFERENCE", lambda k: [data("x", NHWC, k), other("z", (1, 5, 1, 3), k)], NHWC, "SquaredDifferenceOptions", {}),
    "squared difference to a constant": ("SQUARED_DIFFERENCE", lambda k: [constant((4, 3), k), data("x", NHWC, k)], NHWC),
    "prelu": ("PRELU", lambda k: [data("x", NHWC, k), constant((1, 1, 3), k)], NHWC),
    "divide": ("DIV", lambda k: [data("x", NHWC, k), other("z", NHWC, k)], NHWC, "DivOptions", {"FusedActivationFunction": 3}),
    "largest": ("REDUCE_MAX", lambda k: [data("x", NHWC, k), ints("a", 1, 2)], (1, 3), *REDUCED),
    "largest of all": ("REDUCE_MAX", lambda k: [data("x", NHWC, k), ints("a", 0, 1, 2, 3)], (), *REDUCED),
    "smallest": ("REDUCE_MIN", lambda k: [data("x", NHWC, k), ints("a", -1)], (1, 5, 4, 1), *KEPT),
    "sum": ("SUM", lambda k: [data("x", NHWC, k), ints("a", 2)], (1, 5, 1, 3), *KEPT),
    "sum of two axes": ("SUM", lambda k: [data("x", NHWC, k), ints("a", 1, 3)], (1, 4), *REDUCED),
    "position": ("ARG_MAX", lambda k: [data("x", NHWC, k), axis(-1)], (1, 5, 4), "ArgMaxOptions", {"OutputType": 2}),
    "position along the samples' axis": ("ARG_MAX", lambda k: [data("x", (1, 5), k), axis(0)], (5,), "ArgMaxOptions", {"OutputType": 2}),
    "running sum": ("CUMSUM", lambda k: [data("x", NHWC, k), axis(1)], NHWC, "CumsumOptions", {}),
    "running sum from behind": ("CUMSUM", lambda k: [data("x", NHWC, k), axis(2)], NHWC, "CumsumOptions", {"Reverse": True, "Exclusive": True}),
    "running sum along the samples' axis": ("CUMSUM", lambda k: [data("x", (1, 5), k), axis(0)], (1, 5), "CumsumOptions", {"Exclusive": True}),
    "normalized": ("L2_NORMALIZATION", lambda k: [data("x", NHWC, k)], NHWC, "L2NormOptions", {}),
    "bilinear": ("RESIZE_BILINEAR", lambda k: [data("x", NHWC, k), ints("size", 9, 11)], (1, 9, 11, 3), RESIZE, {}),
    "bilinear smaller": ("RESIZE_BILINEAR", lambda k: [data("x", (1, 9, 7, 2), k), ints("size", 1, 3)], (1, 1, 3, 2), RESIZE, {"AlignCorners": True}),
    "bilinear aligned": ("RESIZE_BILINEAR", lambda k: [data("x", NHWC, k), ints("size", 8, 9)], (1, 8, 9, 3), RESIZE, {"AlignCorners": True}),
    "bilinear centred": ("RESIZE_BILINEAR", lambda k: [data("x", NHWC, k), ints("size", 13, 3)], (1, 13, 3, 3), RESIZE, {"HalfPixelCenters": True}),
    "product": ("BATCH_MATMUL", lambda k: [data("x", (1, 4, 6), k), other("z", (1, 6, 5), k)], (1, 4, 5), "BatchMatMulOptions", {}),
    "product with a turned matrix": ("BATCH_MATMUL", lambda k: [data("x", (1, 2, 4, 6), k), other("z", (1, 2, 5, 6), k)], (1, 2, 4, 5), "BatchMatMulOptions", {"AdjY": True}),
    "product with a constant": ("BATCH_MATMUL", lambda k: [data("x", (1, 2, 4, 6), k), constant((6, 3), k)], (1, 2, 4, 3), "BatchMatMulOptions", {}),
    **{
        op.lower(): (op, lambda k: [data("x", NHWC, k), other("z", NHWC, k)], NHWC)
        for op in COMPARISONS
    },
    "less than a row": ("LESS", lambda k: [data("x", NHWC, k), constant((3,), k)], NHWC),
    "a column equal": ("EQUAL", lambda k: [other("z", (1, 5, 1, 1), k), data("x", NHWC, k)], NHWC),
    "and": ("LOGICAL_AND", lambda _: [data("x", NHWC, "BOOL"), data("z", (1, 5, 1, 1), "BOOL")], NHWC),
    "or": ("LOGICAL_OR", lambda _: [data("x", NHWC, "BOOL"), data("z", NHWC, "BOOL")], NHWC),
    "not": ("LOGICAL_NOT", lambda _: [data("x", NHWC, "BOOL")], NHWC),
    "select": ("SELECT", lambda k: [chooses(NHWC), data("x", NHWC, k), data("z", NHWC, k)], NHWC),
    "select along the first axis": ("SELECT", lambda k: [chooses((1,)), data("x", (1, 4, 3), k), data("z", (1, 4, 3), k)], (1, 4, 3)),
    "select several rows": ("SELECT", lambda k: [chooses((4,)), data("x", (4, 3), k), data("z", (4, 3), k)], (4, 3)),
    "select of three shapes": ("SELECT_V2", lambda k: [chooses((1, 5, 1, 1)), data("x", (1, 1, 4, 3), k), constant((3,), k)], NHWC),
    "select one value": ("SELECT_V2", lambda k: [chooses((1, 1)), data("x", (1,), k), data("z", (1,), k)], (1, 1, 1)),
    "negative": ("NEG", lambda k: [data("x", NHWC, k)], NHWC),
}  # fmt: skip

SCALES = {
    "L2_NORMALIZATION": (1 / 128, 0),
    "SQUARED_DIFFERENCE": (2.9, -128),
    "BATCH_MATMUL": (0.31, 5),
    "REDUCE_MAX": (0.1, -3),
    "REDUCE_MIN": (0.1, -3),
}
OUTPUTS = {"ARG_MAX": "INT32", **dict.fromkeys((*COMPARISONS, *LOGIC), "BOOL")}


def spec_of(name, kind):
    op, inputs, shape, *rest = TABLE[name]
    scale, zero = SCALES.get(op, (0.13, 5))
    return spec(op, inputs(kind), shape, *rest, output=OUTPUTS.get(op), scale=scale, zero=zero)
