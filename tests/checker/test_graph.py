"""The checker's own reader against the package's, and against broken bytes."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.checker.edits import place_of
from mendlite.checker.evaluate import evaluate
from mendlite.checker.flatbuffer import root
from mendlite.checker.graph import LAYERS, OPS, read_graph
from mendlite.errors import MalformedModelError
from mendlite.targets.load import load_target, named_targets
from mendlite.tflite.reader import read_file
from model_tables import CODES
from tiny_models import TensorSpec, build, conv_spec, dense_spec, float_twin
from two_readers import same

TINY = {
    "dense": dense_spec(),
    "convolution": conv_spec(),
    "depthwise": conv_spec(depthwise=True),
    "float": float_twin(dense_spec()),
}


@pytest.mark.parametrize("name", TINY)
def test_it_reads_what_the_package_reads(name):
    same(build(TINY[name]))


def test_it_reads_the_digits():
    target = load_target("digits", data_root=None)
    same(target.models.int8.path.read_bytes())
    same(target.models.float.path.read_bytes())


@pytest.mark.parametrize("name", [name for name, _ in named_targets()])
def test_it_reads_every_target(data_root, name):
    models = load_target(name, data_root=data_root).models
    for model in (models.int8, models.float):
        same(read_file(model.path).data)


def test_the_operators_are_the_schemas():
    assert {number: name for name, number in CODES.items() if number in OPS} == OPS
    assert set(LAYERS) <= set(OPS.values())


BROKEN = {
    "nothing": b"",
    "another format": b"\x10\0\0\0ELF0" + bytes(40),
    "a root outside": b"\xff\xff\0\0TFL3" + bytes(40),
    "a vtable outside": b"\x08\0\0\0TFL3" + struct.pack("<i", 5000) + bytes(40),
    "a vtable of odd size": b"\x0c\0\0\0TFL3" + struct.pack("<HHi", 5, 4, 4) + bytes(40),
    "a field outside its table": b"\x10\0\0\0TFL3"
    + struct.pack("<HHHHi", 6, 4, 9, 0, 8)
    + bytes(9),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_bytes_are_named(what):
    with pytest.raises(MalformedModelError):
        read_graph(BROKEN[what])


DIGITS = load_target("digits", data_root=None).models.int8.path.read_bytes()


@given(st.integers(0, len(DIGITS) - 1), st.binary(min_size=1, max_size=8))
def test_random_bytes_are_read_or_named(at, put):
    data = DIGITS[:at] + put + DIGITS[at + len(put) :]
    try:
        read_graph(data)
    except MalformedModelError:
        return


@given(st.integers(0, len(DIGITS) - 1))
def test_cut_files_are_named(length):
    with pytest.raises(MalformedModelError):
        read_graph(DIGITS[:length])


def test_a_scale_that_is_not_positive_is_named():
    data, view = bytearray(DIGITS), read_graph(DIGITS).tensors[0]
    for value in (0.0, -1.0, float("nan"), float("inf")):
        struct.pack_into("<f", data, view.quant.scale_at, value)
        with pytest.raises(MalformedModelError, match="a scale is not positive"):
            read_graph(bytes(data))


def test_a_vector_that_leaves_the_file_is_named():
    table = root(DIGITS)
    data = bytearray(DIGITS)
    at = table.where(4)
    begin = at + struct.unpack_from("<I", data, at)[0]
    struct.pack_into("<I", data, begin, 2**30)
    with pytest.raises(MalformedModelError, match="leave the file"):
        read_graph(bytes(data))


def test_places_are_those_of_the_bytes():
    graph = read_graph(DIGITS)
    weights = next(t for t in graph.tensors if t.data is not None and t.data.ndim == 4)
    place = place_of(graph, weights.index, "weight")
    assert np.array_equal(place.values(DIGITS), weights.data.reshape(-1))
    assert place_of(graph, weights.index, "scale").at == weights.quant.scale_at
    assert evaluate(graph, "tflm", [np.zeros((1, 8, 8, 1), np.int8)], graph.outputs)


@pytest.mark.parametrize("shape", [(-1, 0, 3), (0, 2**31 - 1, 2**31 - 1), (2**31 - 1, 2**31 - 1)])
def test_shapes_that_no_array_has(shape):
    spec = dense_spec()
    spec.tensors.append(TensorSpec("empty", shape, "INT32"))
    with pytest.raises(MalformedModelError, match="is impossible"):
        read_graph(build(spec))
