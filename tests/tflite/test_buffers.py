"""Constants behind the flatbuffer, shared bytes, empty constants, bytes that are two things."""

import struct

import numpy as np
import pytest

from mendlite.checker.graph import read_graph
from mendlite.errors import MalformedModelError, MendliteError
from mendlite.tflite.diff import diff
from mendlite.tflite.edits import data_edit, make_delta
from mendlite.tflite.outputs import with_outputs
from mendlite.tflite.patch import apply, revert, seal
from mendlite.tflite.reader import read
from tiny_models import OpSpec, TensorSpec, buffer_field, build, dense_spec

WEIGHTS = 1
"""Buffer and tensor of the first layer's weights in ``dense_spec``."""


def outside(**changes):
    spec = dense_spec(**changes)
    spec.outside = True
    return build(spec)


def set_long(data, field, value, number=WEIGHTS):
    found = bytearray(data)
    struct.pack_into("<Q", found, buffer_field(data, number, field), value)
    return bytes(found)


def test_constants_behind_the_flatbuffer_are_read():
    inside, behind = read(build(dense_spec())), read(outside())
    checked = read_graph(behind.data)
    for tensor, other, view in zip(inside.tensors, behind.tensors, checked.tensors, strict=True):
        assert (tensor.data is None) == (other.data is None) == (view.data is None)
        if tensor.data is not None:
            assert np.array_equal(tensor.data, other.data)
            assert np.array_equal(tensor.data, view.data)
            assert view.at == other.buffer.offset
    assert behind.layers == inside.layers


def test_the_report_says_that_tflite_micro_does_not_read_them():
    (note,) = read(outside()).notes
    assert "TFLite Micro does not and takes them for zeros" in note
    assert read(build(dense_spec())).notes == ()


def test_they_are_patched_in_place():
    model = read(outside())
    new = model.tensors[WEIGHTS].constant().copy()
    new[0, 0] ^= 1
    delta = seal(model.data, make_delta(model, [data_edit(model, WEIGHTS, new)]))
    patched = apply(model.data, delta)
    at = model.tensors[WEIGHTS].buffer.offset
    assert [i for i, (a, b) in enumerate(zip(model.data, patched, strict=True)) if a != b] == [at]
    assert np.array_equal(read(patched).tensors[WEIGHTS].constant(), new)
    assert diff(model, read(patched)).size == 1
    assert revert(patched, delta) == model.data


def test_a_file_with_other_outputs_is_read_with_them():
    model = read(outside())
    again = read(with_outputs(model, [3]))
    assert again.outputs == (3,)
    assert np.array_equal(again.tensors[WEIGHTS].constant(), model.tensors[WEIGHTS].constant())


GOOD = outside()
BROKEN = {
    "an end behind the file": (set_long(GOOD, 2, len(GOOD)), "lie outside the file"),
    "an offset behind the file": (set_long(GOOD, 1, len(GOOD) + 1), "lie outside the file"),
    "an offset of 64 bits": (set_long(GOOD, 1, 2**64 - 8), "lie outside the file"),
    "a size of 64 bits": (set_long(GOOD, 2, 2**64 - 1), "lie outside the file"),
    "bytes of the flatbuffer": (set_long(GOOD, 1, 40), "overlaps"),
    "half of another constant": (
        set_long(GOOD, 1, struct.unpack_from("<Q", GOOD, buffer_field(GOOD, WEIGHTS, 1))[0] + 16),
        "overlaps",
    ),
    "another size": (set_long(GOOD, 2, 29), "has 29 bytes, but INT8 [5, 6] takes 30"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_bytes_that_cannot_be_the_constants_are_refused(what):
    data, message = BROKEN[what]
    with pytest.raises(MalformedModelError) as caught:
        read(data)
    assert message in str(caught.value)


@pytest.mark.parametrize("what", [w for w in BROKEN if BROKEN[w][1] != "overlaps"])
def test_the_checker_refuses_them_too(what):
    with pytest.raises(MalformedModelError):
        read_graph(BROKEN[what][0])


def test_offsets_0_and_1_say_that_there_are_no_bytes():
    for offset in (0, 1):
        data = set_long(GOOD, 1, offset)
        with pytest.raises(MalformedModelError, match="nothing writes tensor 1 before it"):
            read(data)
        assert read_graph(data).tensors[WEIGHTS].data is None


def test_bytes_both_inside_and_outside_are_refused():
    data, vtable = bytearray(GOOD), _vtable_of_buffer(GOOD)
    data[vtable + 4 : vtable + 6] = GOOD[vtable + 6 : vtable + 8]
    with pytest.raises(MalformedModelError, match="inside and outside"):
        read(bytes(data))
    with pytest.raises(MalformedModelError):
        read_graph(bytes(data))


def _vtable_of_buffer(data):
    import tflite

    table = tflite.Model.GetRootAsModel(data, 0).Buffers(WEIGHTS)._tab
    return table.Pos - struct.unpack_from("<i", data, table.Pos)[0]


def test_two_buffers_of_the_same_bytes_are_shared():
    data = outside(inputs=5, hidden=5, classes=5)
    first = struct.unpack_from("<Q", data, buffer_field(data, WEIGHTS, 1))[0]
    second = read(data).tensors[4].buffer.index
    model = read(set_long(data, 1, first, number=second))
    assert model.tensors[WEIGHTS].buffer.tensors == (1, 4)
    assert model.tensors[4].buffer.tensors == (1, 4)


@pytest.mark.parametrize("data", [None, np.zeros(0, "<i4")])
def test_an_empty_constant_is_a_constant(data):
    spec = dense_spec(classes=1)
    spec.ops.append(OpSpec("RESHAPE", [6, 7], [8], "ReshapeOptions", {}))
    spec.tensors += [
        TensorSpec("shape", (0,), "INT32", data),
        TensorSpec("scalar", (), scale=[0.4], zero_point=[5]),
    ]
    spec.outputs = [8]
    for tensor in (read(build(spec)).tensors[7], read_graph(build(spec)).tensors[7]):
        assert tensor.data is not None
        assert tensor.data.shape == (0,)
        assert tensor.data.dtype == np.int32


def test_an_activation_without_elements_is_no_constant():
    spec = dense_spec()
    spec.tensors[3].shape = (0, 5)
    assert read(build(spec)).tensors[3].data is None


def test_scales_in_the_bytes_of_weights_are_refused():
    data = bytearray(build(dense_spec()))
    model = read(bytes(data))
    weights, scale = model.tensors[1].buffer.offset, model.tensors[3].quantization().scale_offset
    where = _offset_field(bytes(data), scale - 4)
    # The scale vector of tensor 3 begins in the middle of the weights, with a length of 1.
    struct.pack_into("<If", data, weights + 8, 1, 0.1)
    struct.pack_into("<I", data, where, weights + 8 - where)
    with pytest.raises(MalformedModelError, match="an edit of one would change the other"):
        read(bytes(data))


def _offset_field(data, target):
    """Where the u32 offset that leads to ``target`` stands."""
    return next(
        at for at in range(0, target, 4) if at + struct.unpack_from("<I", data, at)[0] == target
    )


@pytest.mark.data
def test_what_litert_writes_behind_small_flatbuffers(data_root):
    data = (data_root / "models" / "int4" / "mobilenet_v2_a8w4.tflite").read_bytes()
    model, graph = read(data), read_graph(data)
    bias = model.tensors[1]
    assert (bias.buffer.offset, bias.buffer.size) == (474160, 5120)
    assert np.array_equal(bias.data, graph.tensors[1].data)
    assert model.tensors[1].constant().dtype == np.int32


def test_a_truncated_file_is_named():
    with pytest.raises(MendliteError, match="lie outside the file"):
        read(GOOD[:-1])
