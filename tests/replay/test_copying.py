"""Operators that copy values: every type, along every axis, against LiteRT and TFLite Micro."""

import numpy as np
import pytest

from interpreted_models import one
from mendlite.errors import MalformedModelError, UndefinedResultError
from mendlite.model.operator_kinds import COPYING
from mendlite.model.rounding import Profile
from mendlite.prepare.copies import COPIES
from mendlite.prepare.model import prepare_model
from mendlite.tflite.reader import read
from own_kernels import RUNTIMES, compared
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

TYPES = ("INT8", "UINT8", "INT16", "INT32", "FLOAT32")
MICRO = {"SPLIT", "SPLIT_V", "UNPACK", "SLICE"}


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


def test_every_one_is_tried():
    assert {row[0] for row in TABLE.values()} == set(COPIES)


@pytest.mark.parametrize("name", TABLE)
def test_the_bytes_are_those_of_the_runtimes(name):
    # TFLite Micro pads with what its memory happens to hold.
    names = ["litert"] if TABLE[name][0] == "SPACE_TO_BATCH_ND" else ["litert", "tflm"]
    ran = {kind: compared(spec_of(name, kind), names=names) for kind in TYPES}
    assert ran["INT8"], "no runtime runs it in int8"
    assert ran["FLOAT32"]


def test_batches_of_space_and_back():
    """The samples of a convolution between both stay one behind the other."""
    tensors = [
        data("x", (1, 4, 6, 2)),
        ints("b", 2, 2),
        crops((0, 0), (0, 2)),
        TensorSpec("y", (4, 2, 4, 2), scale=[0.1], zero_point=[-3]),
        crops((0, 0), (0, 2)),
        TensorSpec("z", (1, 4, 6, 2), scale=[0.1], zero_point=[-3]),
    ]
    ops = [OpSpec("SPACE_TO_BATCH_ND", [0, 1, 2], [3]), OpSpec("BATCH_TO_SPACE_ND", [3, 1, 4], [5])]
    spec = ModelSpec(tensors, ops, [0], [5])
    assert compared(spec, names=["litert"])
    with pytest.raises(UndefinedResultError, match="pads integers with what its memory"):
        compared(spec, names=["tflm"])
    tensors[0].shape, tensors[2].data = (1, 4, 8, 2), np.zeros((2, 2), "<i4")
    assert "tflm" in compared(spec) or "tflm" not in RUNTIMES


def computed(op, options, axis_, batches, kinds=("INT8", "FLOAT32")):
    """GATHER whose positions are an input of the graph, of extents below 3."""
    for kind in kinds:
        tensors = [data("x", (1, 3, 4), kind), TensorSpec("i", (1, 2), "INT32")]
        shape = (1, 2, 4) if batches else (1, 1, 2, 4)
        yield one(op, [*tensors, data("y", shape, kind)], [0, 1], [2], options,
                  {"Axis": axis_, "BatchDims": batches})  # fmt: skip


@pytest.mark.parametrize("batches", [0, 1])
def test_positions_that_the_samples_state(batches):
    rng = np.random.default_rng(3)
    for spec in computed("GATHER", "GatherOptions", 1, batches):
        kind = "i1" if spec.tensors[0].type == "INT8" else "f4"
        x = rng.integers(-100, 100, (6, 3, 4)).astype(kind)
        places = rng.integers(0, 3, (6, 2)).astype(np.int32)
        assert compared(spec, inputs=[x, places])


def test_a_table_that_the_samples_look_up():
    table = np.arange(20, dtype=np.int8).reshape(5, 4)
    tensors = [
        TensorSpec("table", (5, 4), data=table, scale=[0.1], zero_point=[0]),
        TensorSpec("i", (1, 3), "INT32"),
        data("y", (1, 3, 4)),
    ]
    spec = one("GATHER", tensors, [0, 1], [2], "GatherOptions", {})
    places = np.random.default_rng(0).integers(0, 5, (6, 3)).astype(np.int32)
    assert compared(spec, inputs=[places])
    places[2, 1] = 5
    with pytest.raises(UndefinedResultError, match="reach from 0 to 5, outside 0 to 4"):
        compared(spec, inputs=[places])


def test_parts_that_the_samples_choose():
    tensors = [data("x", (1, 3, 4)), TensorSpec("i", (1, 2, 2), "INT32"), data("y", (1, 2, 4))]
    spec = one("GATHER_ND", tensors, [0, 1], [2])
    places = np.random.default_rng(0).integers(0, 3, (6, 2, 2)).astype(np.int32)
    places[..., 0] = 0
    assert compared(spec, inputs=[np.arange(72, dtype=np.int8).reshape(6, 3, 4), places])


WRONG = {
    "parts": (("SPLIT", [axis(1), data("x", (1, 5))], [(1, 2)] * 2, "SplitOptions"), {"NumSplits": 2}, "extent 5 is not cut into 2"),
    "outputs": (("SPLIT", [axis(1), data("x", (1, 6))], [(1, 2)] * 2, "SplitOptions"), {"NumSplits": 3}, "3 parts for 2 outputs"),
    "sizes": (("SPLIT_V", [data("x", (1, 6)), ints("n", 2, 3), axis(1)], [(1, 2), (1, 3)], "SplitVOptions"), {}, r"\[2, 3\] do not make the 6"),
    "shape": (("TILE", [data("x", (1, 6)), ints("n", 1, 2)], [(1, 6)]), {}, r"shape \[1, 6\] in the file.*writes \[1, 12\]"),
    "extents": (("BROADCAST_TO", [data("x", (1, 6)), ints("n", 1, 5)], [(1, 5)]), {}, r"\[1, 6\] does not broadcast to \[1, 5\]"),
    "end": (("SLICE", [data("x", (1, 6)), ints("b", 0, 3), ints("s", 1, 4)], [(1, 4)]), {}, r"lie outside shape \[1, 6\]"),
    "block": (("SPACE_TO_DEPTH", [data("x", (1, 3, 4, 1))], [(1, 1, 2, 4)], "SpaceToDepthOptions"), {"BlockSize": 2}, r"blocks of 2 do not fit shape \[1, 3, 4, 1\]"),
    "mirror": (("MIRROR_PAD", [data("x", (1, 3)), crops((0, 0), (3, 0))], [(1, 6)], "MirrorPadOptions"), {"Mode": 0}, r"more than shape \[1, 3\]"),
    "second output": (("UNPACK", [data("x", (1, 2, 3))], [(1, 3), (1, 4)], "UnpackOptions"), {"Num": 2, "Axis": 1}, r"'y1'.*\[1, 4\] in the file.*\[1, 3\]"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_with_both(name):
    arguments, fields, words = WRONG[name]
    with pytest.raises(MalformedModelError, match=words):
        prepare_model(read(build(built(*arguments, **fields))), Profile.TFLM)


def test_values_of_shapes_are_followed():
    """SHAPE, SPLIT and TILE make the shape that RESHAPE reads."""
    tensors = [
        data("x", (1, 6)),
        TensorSpec("s", (2,), "INT32"),
        axis(0),
        TensorSpec("first", (1,), "INT32"),
        TensorSpec("last", (1,), "INT32"),
        ints("n", 1),
        TensorSpec("copy", (1,), "INT32"),
        data("y", (6,)),
    ]
    ops = [
        OpSpec("SHAPE", [0], [1], "ShapeOptions", {"OutType": 2}),
        OpSpec("SPLIT", [2, 1], [3, 4], "SplitOptions", {"NumSplits": 2}),
        OpSpec("TILE", [4, 5], [6]),
        OpSpec("RESHAPE", [0, 6], [7]),
    ]
    prepared = prepare_model(read(build(ModelSpec(tensors, ops, [0], [7]))), Profile.TFLM)
    assert prepared.known[6].tolist() == [6]
    tensors[7].shape = (1, 6)
    with pytest.raises(
        MalformedModelError, match=r"\[1, 6\] in the file, but the operator writes \[6\]"
    ):
        prepare_model(read(build(ModelSpec(tensors, ops, [0], [7]))), Profile.TFLM)


def test_the_list_of_the_repair_is_that_of_the_kernels():
    assert set(COPIES) == COPYING
