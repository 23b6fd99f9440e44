"""Writing: only declared bytes change, and only in the file that the delta was made for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.errors import BadInputError, MalformedModelError
from mendlite.model.delta import Delta, Field, TensorEdit
from mendlite.tflite.delta_file import dumps_json, dumps_npz, loads
from mendlite.tflite.diff import describe, diff
from mendlite.tflite.edits import data_edit, field_edit, make_delta
from mendlite.tflite.fields import find_field
from mendlite.tflite.patch import apply, invert, revert, seal
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec

MODEL = read(build(dense_spec()))


@st.composite
def deltas(draw):
    """Edits of weights, biases, scales and zero-points of MODEL."""
    edits = []
    for tensor in draw(st.sets(st.sampled_from([1, 2, 4, 5]), max_size=4)):
        values = MODEL.tensors[tensor].constant().reshape(-1).copy()
        limits = np.iinfo(values.dtype)
        for at in draw(st.sets(st.integers(0, values.size - 1), max_size=5)):
            values[at] = draw(st.integers(int(limits.min), int(limits.max)))
        edits.append(data_edit(MODEL, tensor, values))
    if draw(st.booleans()):
        edits.append(field_edit(MODEL, 3, Field.SCALE, np.array([0.11], "<f4")))
    if draw(st.booleans()):
        edits.append(field_edit(MODEL, 3, Field.ZERO_POINT, np.array([-100], "<i8")))
    return seal(MODEL.data, make_delta(MODEL, [e for e in edits if e is not None]))


def byte_ranges(model, delta):
    """Byte ranges (begin, end) of the file that ``delta`` may change."""
    for edit in delta.edits:
        field = find_field(model, edit.tensor, edit.field)
        size = field.dtype.itemsize
        for index in edit.index:
            yield field.offset + size * int(index), field.offset + size * (int(index) + 1)


@given(deltas())
def test_only_declared_bytes_differ(delta):
    patched = apply(MODEL.data, delta)
    assert len(patched) == len(MODEL.data)
    declared = np.zeros(len(patched), bool)
    for begin, end in byte_ranges(MODEL, delta):
        declared[begin:end] = True
    differ = np.frombuffer(patched, np.uint8) != np.frombuffer(MODEL.data, np.uint8)
    assert not np.any(differ & ~declared)
    read(patched)


@given(deltas())
def test_a_patched_model_is_what_its_bytes_verified_again_are_read_as(delta):
    model, whole = patched(MODEL, delta.edits), read(apply(MODEL.data, delta))
    assert model.data == whole.data
    for ours, theirs in zip(model.tensors, whole.tensors, strict=True):
        assert repr(ours) == repr(theirs)
        if ours.data is not None:
            assert ours.constant().tobytes() == theirs.constant().tobytes()
    without = {"data": b"", "tensors": ()}
    assert replace(model, **without) == replace(whole, **without)


def test_an_edit_that_makes_no_file_is_rejected():
    zero = field_edit(MODEL, 3, Field.SCALE, np.zeros(1, "<f4"))
    with pytest.raises(MalformedModelError, match="scale 0 is 0.0; it must be positive"):
        patched(MODEL, [zero])


@given(deltas())
def test_diff_finds_the_delta_and_revert_undoes_it(delta):
    patched = apply(MODEL.data, delta)
    found = diff(MODEL, read(patched))
    assert dumps_json(found) == dumps_json(delta)
    assert revert(patched, delta) == MODEL.data
    assert dumps_json(invert(invert(delta))) == dumps_json(delta)


@given(deltas(), st.sampled_from([dumps_json, dumps_npz]))
def test_saved_deltas_are_the_same_delta(delta, dumps):
    again = loads(dumps(delta))
    assert dumps(again) == dumps(delta)
    assert apply(MODEL.data, again) == apply(MODEL.data, delta)


def edit(**changes):
    fields = {"tensor": 1, "field": Field.DATA, "index": np.array([0]),
              "old": MODEL.tensors[1].constant().reshape(-1)[:1],
              "new": np.array([1], np.int8)}  # fmt: skip
    return TensorEdit(**(fields | changes))


def delta_of(*edits):
    return Delta(base_sha256=MODEL.sha256, patched_sha256="", edits=edits)


@pytest.mark.parametrize(
    ("delta", "message"),
    [
        (delta_of(edit(old=np.array([99], np.int8))), "it was made for another file"),
        (delta_of(edit(tensor=77)), "tensor 77 does not exist"),
        (delta_of(edit(tensor=0)), "not a constant"),
        (delta_of(edit(index=np.array([999]))), "edits value 999 of 30"),
        (delta_of(edit(old=np.array([1], "<i4"), new=np.array([2], "<i4"))), "edits int32"),
        (delta_of(edit(), edit()), "the same bytes twice"),
        (Delta(base_sha256="0" * 64, patched_sha256="", edits=()), "pass the file that"),
        (Delta(base_sha256=MODEL.sha256, patched_sha256="1" * 64, edits=()), "it was altered"),
    ],
)
def test_a_delta_that_does_not_fit_changes_nothing(delta, message):
    with pytest.raises(BadInputError, match=message):
        apply(MODEL.data, delta)


def test_files_of_other_graphs_have_no_diff():
    with pytest.raises(BadInputError, match="an in-place edit"):
        diff(MODEL, read(build(dense_spec(hidden=9))))
    with pytest.raises(BadInputError, match="different graphs"):
        other = dense_spec()
        other.tensors[3].name = "x"
        diff(MODEL, read(build(other)))


def test_files_with_other_numbers_of_scales_have_no_diff():
    """A vector's length is edited in the file: everything else stays where it was."""
    spec = dense_spec()
    channels = MODEL.layers[0].channels
    spec.tensors[1].scale, spec.tensors[1].zero_point = [0.01] * channels, [0] * channels
    many = read(build(spec))
    data = bytearray(many.data)
    weights = many.tensors[1].quantization()
    for offset in (weights.scale_offset, weights.zero_point_offset):
        data[offset - 4 : offset] = (1).to_bytes(4, "little")
    with pytest.raises(BadInputError, match="has other constants, scales or zero-points"):
        diff(many, read(bytes(data)))


def test_a_difference_outside_the_values_is_noticed():
    data = bytearray(MODEL.data)
    at = data.index(b"tiny")
    data[at : at + 4] = b"TINY"
    with pytest.raises(BadInputError, match="differ outside"):
        diff(MODEL, read(bytes(data)))


def test_rows_name_channel_and_values():
    model = read(build(conv_spec(depthwise=True, channels=3, filters=3)))
    values = model.tensors[1].constant().copy()
    old = int(values[0, 1, 0, 2])
    values[0, 1, 0, 2] = old ^ 1
    rows = list(describe(model, make_delta(model, [data_edit(model, 1, values)])))
    assert [(r.tensor, r.channel, r.old, r.new) for r in rows] == [(1, 2, old, old ^ 1)]


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{}", b"[]", b"nonsense", b"\xff\xfe", b"PK\x03\x04broken",
        b'{"format": "other", "edits": []}',
        b'{"format": "mendlite-delta", "version": 9, "edits": []}',
        b'{"format": "mendlite-delta", "version": 1, "base_sha256": 3, "patched_sha256": "", "edits": []}',
    ],
)  # fmt: skip
def test_broken_delta_files(text):
    with pytest.raises(BadInputError):
        loads(text)


@pytest.mark.parametrize(
    "entry",
    [
        {"tensor": 1, "field": "data", "dtype": "int8", "index": [0], "old": [0], "new": [300]},
        {"tensor": 1, "field": "data", "dtype": "int8", "index": [1, 0], "old": [0, 0], "new": [1, 1]},
        {"tensor": 1, "field": "data", "dtype": "object", "index": [0], "old": [0], "new": [1]},
        {"tensor": 1, "field": "shape", "dtype": "int8", "index": [0], "old": [0], "new": [1]},
        {"tensor": 1, "field": "data", "dtype": "int8", "index": [-1], "old": [0], "new": [1]},
        {"tensor": 1, "field": "data", "dtype": "int8", "index": [0], "old": [0.5], "new": [1]},
        {"tensor": "1", "field": "data", "dtype": "int8", "index": [0], "old": [0], "new": [1]},
    ],
)  # fmt: skip
def test_impossible_entries(entry):
    import json

    head = {"format": "mendlite-delta", "version": 1, "base_sha256": "", "patched_sha256": ""}
    with pytest.raises(BadInputError, match="the delta cannot be read"):
        loads(json.dumps(head | {"edits": [entry]}).encode())


def test_an_edit_of_the_wrong_type_is_refused():
    with pytest.raises(ValueError, match="float64"):
        data_edit(MODEL, 1, np.zeros(30))
