"""Operators that copy values: every type, along every axis, against LiteRT and TFLite Micro."""

import numpy as np
import pytest

from copying_models import TABLE, TYPES, axis, built, crops, data, ints, spec_of
from interpreted_models import one
from mendlite.checker.graph import read_graph
from mendlite.checker.prepare import require_prepared
from mendlite.errors import MalformedModelError, UndefinedResultError, UnsupportedModelError
from mendlite.model.operator_kinds import COPYING
from mendlite.model.rounding import Profile
from mendlite.prepare.copies import COPIES
from mendlite.prepare.model import prepare_model
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.tflite.reader import read
from own_kernels import RUNTIMES, compared
from tiny_models import ModelSpec, OpSpec, TensorSpec, build


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
    "odd crops": (("BATCH_TO_SPACE_ND", [data("x", (4, 2, 3, 1)), ints("b", 2, 2), ints("c", 0, 1, 1)], [(1, 4, 5, 1)]), {}, r"crops \[0, 1, 1\] do not fit"),
    "two outputs": (("TILE", [data("x", (1, 6)), ints("n", 1, 2)], [(1, 12)] * 2), {}, "has 2 outputs in the file, but the operator writes 1"),
    "second output": (("UNPACK", [data("x", (1, 2, 3))], [(1, 3), (1, 4)], "UnpackOptions"), {"Num": 2, "Axis": 1}, r"'y1'.*\[1, 4\] in the file.*\[1, 3\]"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_with_both(name):
    arguments, fields, words = WRONG[name]
    with pytest.raises(MalformedModelError, match=words):
        prepare_model(read(build(built(*arguments, **fields))), Profile.TFLM)


@pytest.mark.parametrize("kind", ["INT8", "UINT8", "FLOAT32"])
@pytest.mark.parametrize("name", TABLE)
def test_one_without_outputs_is_refused(name, kind):
    spec = spec_of(name, kind)
    spec.ops[0].outputs = []
    contents = build(spec)
    with pytest.raises((MalformedModelError, UnsupportedModelError), match="no output|outputs"):
        prepare_model(read(contents), Profile.TFLITE_REF)
    graph = read_graph(contents)
    with pytest.raises((MalformedModelError, UnsupportedModelError)):
        require_prepared(graph, "tflite_ref", graph.ops)


@pytest.mark.parametrize("name", ["unpack", "space to batch", "batch to space", "mirror"])
def test_parameters_that_litert_compares_and_tflite_micro_does_not(name):
    spec = spec_of(name, "INT8")
    next(t for t in spec.tensors if t.name == "x").scale = [0.2]
    contents = build(spec)
    with pytest.raises(MalformedModelError, match="scale 0.2 and zero-point -3.*must be equal"):
        prepare_model(read(contents), Profile.TFLITE_REF)
    graph = read_graph(contents)
    with pytest.raises(MalformedModelError, match="other parameters"):
        require_prepared(graph, "tflite_ref", graph.ops)
    if name != "space to batch":
        assert not prepare_model(read(contents), Profile.TFLM).interpreted
        require_prepared(graph, "tflm", graph.ops)


@pytest.mark.parametrize("options", [(), ("MirrorPadOptions", 3)], ids=["none", "another mode"])
def test_a_mode_that_the_schema_lacks_is_not_guessed(options):
    """TFLite then mirrors with the edge: the interpreter does so, and the checker refuses."""
    tensors, fields = [data("x", (1, 3)), crops((0, 0), (2, 1))], {}
    if options:
        options, fields = options[:1], {"Mode": options[1]}
    contents = build(built("MIRROR_PAD", tensors, [(1, 6)], *options, **fields))
    model, x = read(contents), np.array([[1, 2, 3]], np.int8)
    (output,) = model.outputs
    runner = make_runner("reference", model, Profile.TFLM)
    assert collect(runner, [x], [output])[output].tolist() == [[2, 1, 1, 2, 3, 3]]
    assert "MIRROR_PAD 0" in runner.kernels
    with pytest.raises(UnsupportedModelError, match="lack a mode"):
        graph = read_graph(contents)
        require_prepared(graph, "tflm", graph.ops)


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
