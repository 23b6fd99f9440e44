"""Models of one operator that copies values, in every type and along every axis."""

import numpy as np

from interpreted_models import one
from tiny_models import TensorSpec

TYPES = ("INT8", "UINT8", "INT16", "INT32", "FLOAT32")


def ints(name, *numbers, shape=None, kind="<i4"):
    """A constant of int32 (int64) values; ``shape`` () for one number alone."""
    data = np.array(numbers, kind)
    data = data.reshape(data.shape if shape is None else shape)
    return TensorSpec(name, data.shape, {"<i4": "INT32", "<i8": "INT64"}[kind], data)


def data(name, shape, kind="INT8"):
    quantized = kind in {"INT8", "UINT8", "INT16"}
    zero = {"INT8": -3, "UINT8": 7}.get(kind, 0)
    return TensorSpec(name, shape, kind, scale=[0.1] if quantized else None,
                      zero_point=[zero] if quantized else None)  # fmt: skip


def built(op, inputs, outputs, options="", **fields):
    """The model of one operator: given tensors and constants, and outputs of these shapes."""
    kind = next(t.type for t in inputs if t.data is None)
    ends = [data(f"y{i}", shape, kind) for i, shape in enumerate(outputs)]
    count = len(inputs)
    order = [list(range(count)), list(range(count, count + len(outputs)))]
    return one(op, [*inputs, *ends], *order, *([options, fields] if options else []))


def axis(value):
    return ints("axis", value, shape=())


def crops(*pairs):
    return ints("ends", *(n for p in pairs for n in p), shape=(len(pairs), 2))


# operator, function of the type → inputs, shapes of the outputs, options
TABLE = {
    "split": ("SPLIT", lambda k: [axis(-1), data("x", (1, 3, 8), k)], [(1, 3, 4)] * 2, "SplitOptions", {"NumSplits": 2}),
    "split in three": ("SPLIT", lambda k: [axis(1), data("x", (1, 6, 2), k)], [(1, 2, 2)] * 3, "SplitOptions", {"NumSplits": 3}),
    "split the first axis": ("SPLIT", lambda k: [axis(0), data("x", (1, 6), k)], [(1, 6)], "SplitOptions", {"NumSplits": 1}),
    "split_v": ("SPLIT_V", lambda k: [data("x", (1, 7, 2), k), ints("n", 2, -1, 1), axis(1)], [(1, 2, 2), (1, 4, 2), (1, 1, 2)], "SplitVOptions", {"NumSplits": 3}),
    "unpack": ("UNPACK", lambda k: [data("x", (1, 3, 4), k)], [(1, 4)] * 3, "UnpackOptions", {"Num": 3, "Axis": 1}),
    "unpack the samples' axis": ("UNPACK", lambda k: [data("x", (1, 3, 4), k)], [(3, 4)], "UnpackOptions", {"Num": 1, "Axis": 0}),
    "unpack scalars": ("UNPACK", lambda k: [data("x", (1,), k)], [()], "UnpackOptions", {"Num": 1, "Axis": 0}),
    "slice": ("SLICE", lambda k: [data("x", (1, 5, 4), k), ints("b", 0, 1, 2), ints("s", 1, 3, -1)], [(1, 3, 2)]),
    "slice by int64": ("SLICE", lambda k: [data("x", (1, 5, 4), k), ints("b", 0, 0, 1, kind="<i8"), ints("s", -1, -1, 2, kind="<i8")], [(1, 5, 2)]),
    "reverse": ("REVERSE_V2", lambda k: [data("x", (1, 5, 4), k), ints("axes", 1)], [(1, 5, 4)]),
    "reverse the last": ("REVERSE_V2", lambda k: [data("x", (1, 5, 4), k), ints("axes", -1)], [(1, 5, 4)]),
    "tile": ("TILE", lambda k: [data("x", (1, 3, 2), k), ints("n", 1, 2, 3)], [(1, 6, 6)]),
    "tile the samples' axis": ("TILE", lambda k: [data("x", (1, 3), k), ints("n", 2, 1)], [(2, 3)]),
    "broadcast": ("BROADCAST_TO", lambda k: [data("x", (1, 1, 3), k), ints("shape", 1, 4, 3)], [(1, 4, 3)]),
    "broadcast to more axes": ("BROADCAST_TO", lambda k: [data("x", (1, 3), k), ints("shape", 2, 4, 3)], [(2, 4, 3)]),
    "gather": ("GATHER", lambda k: [data("x", (1, 5, 2), k), ints("i", 4, 0, 0)], [(1, 3, 2)], "GatherOptions", {"Axis": 1}),
    "gather a matrix": ("GATHER", lambda k: [data("x", (1, 2, 5), k), ints("i", 4, 1, 0, 3, shape=(2, 2), kind="<i8")], [(1, 2, 2, 2)], "GatherOptions", {"Axis": -1}),
    "gather one": ("GATHER", lambda k: [data("x", (1, 5, 2), k), ints("i", 3, shape=())], [(1, 2)], "GatherOptions", {"Axis": 1}),
    "gather along the samples' axis": ("GATHER", lambda k: [data("x", (1, 5), k), ints("i", 0, 0)], [(2, 5)], "GatherOptions", {"Axis": 0}),
    "gather by batches": ("GATHER", lambda k: [data("x", (1, 3, 5), k), ints("i", 0, 2, 1, 3, 4, 4, shape=(1, 3, 2))], [(1, 3, 2)], "GatherOptions", {"Axis": 2, "BatchDims": 2}),
    "gather_nd": ("GATHER_ND", lambda k: [data("x", (1, 3, 4), k), ints("i", 0, 2, 0, 1, 0, 2, shape=(3, 2))], [(3, 4)]),
    "gather_nd of values": ("GATHER_ND", lambda k: [data("x", (1, 3), k), ints("i", 0, 2, 0, 1, shape=(1, 2, 2))], [(1, 2)]),
    "space to depth": ("SPACE_TO_DEPTH", lambda k: [data("x", (1, 4, 6, 3), k)], [(1, 2, 3, 12)], "SpaceToDepthOptions", {"BlockSize": 2}),
    "depth to space": ("DEPTH_TO_SPACE", lambda k: [data("x", (1, 2, 3, 12), k)], [(1, 4, 6, 3)], "DepthToSpaceOptions", {"BlockSize": 2}),
    "space to batch": ("SPACE_TO_BATCH_ND", lambda k: [data("x", (1, 4, 5, 2), k), ints("b", 2, 3), crops((1, 1), (0, 1))], [(6, 3, 2, 2)]),
    "space to batch of three axes": ("SPACE_TO_BATCH_ND", lambda k: [data("x", (1, 5, 2), k), ints("b", 3), crops((1, 0))], [(3, 2, 2)]),
    "batch to space": ("BATCH_TO_SPACE_ND", lambda k: [data("x", (1, 4, 3, 2), k), ints("b", 1, 1), crops((1, 0), (0, 1))], [(1, 3, 2, 2)]),
    "mirror": ("MIRROR_PAD", lambda k: [data("x", (1, 4, 3), k), crops((0, 0), (3, 1), (0, 2))], [(1, 8, 5)], "MirrorPadOptions", {"Mode": 0}),
    "mirror with the edge": ("MIRROR_PAD", lambda k: [data("x", (1, 4, 3), k), crops((0, 0), (4, 1), (0, 3))], [(1, 9, 6)], "MirrorPadOptions", {"Mode": 1}),
    "nearest": ("RESIZE_NEAREST_NEIGHBOR", lambda k: [data("x", (1, 3, 4, 2), k), ints("size", 7, 9)], [(1, 7, 9, 2)], "ResizeNearestNeighborOptions", {}),
    "nearest smaller": ("RESIZE_NEAREST_NEIGHBOR", lambda k: [data("x", (1, 9, 7, 2), k), ints("size", 4, 1)], [(1, 4, 1, 2)], "ResizeNearestNeighborOptions", {"AlignCorners": True}),
    "nearest aligned": ("RESIZE_NEAREST_NEIGHBOR", lambda k: [data("x", (1, 3, 4, 2), k), ints("size", 8, 11)], [(1, 8, 11, 2)], "ResizeNearestNeighborOptions", {"AlignCorners": True}),
    "nearest centred": ("RESIZE_NEAREST_NEIGHBOR", lambda k: [data("x", (1, 5, 4, 2), k), ints("size", 3, 7)], [(1, 3, 7, 2)], "ResizeNearestNeighborOptions", {"HalfPixelCenters": True}),
}  # fmt: skip


def spec_of(name, kind):
    op, inputs, outputs, *rest = TABLE[name]
    options, fields = rest or ("", {})
    return built(op, inputs(kind), outputs, options, **fields)
