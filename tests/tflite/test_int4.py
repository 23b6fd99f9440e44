"""int4 weights: two values a byte, read, edited by value and by byte, and computed."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from int4_models import SPECS, as_int8, pack, with_int4
from mendlite.arith.packing import packed_size, unpack, write_packed
from mendlite.checker.edits import check_edits
from mendlite.checker.evaluate import evaluate
from mendlite.checker.graph import read_graph
from mendlite.checker.tensor import nibbles
from mendlite.errors import BadInputError, ClaimError, UnsupportedModelError
from mendlite.jobs.certificate import _edits
from mendlite.model.delta import Field, TensorEdit
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.replay.runtimes import require_runtimes
from mendlite.tflite.delta_file import dumps_json, loads
from mendlite.tflite.diff import diff
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patch import apply, revert, seal
from mendlite.tflite.patch_size import bytes_changed
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec


def inputs(model, count=5):
    shape = model.tensors[model.inputs[0]].shape[1:]
    return [np.random.default_rng(3).integers(-128, 128, (count, *shape)).astype(np.int8)]


def outputs(model, x, profile=Profile.TFLM):
    (output,) = model.outputs
    return collect(make_runner("reference", model, profile), x, [output])[output]


@pytest.mark.parametrize(
    ("packed", "values"),
    [
        ([0x10], [0, 1]),
        ([0x8F], [-1, -8]),
        ([0x78, 0x09], [-8, 7, -7]),
        ([], []),
    ],
)
def test_the_first_value_is_the_low_half(packed, values):
    packed = np.array(packed, np.uint8)
    assert unpack(packed, len(values)).tolist() == values
    assert nibbles(packed, len(values)).tolist() == values


@given(st.lists(st.integers(-8, 7), max_size=40), st.data())
def test_a_written_value_changes_its_half_alone(values, data):
    packed = pack(np.array(values, np.int8))
    assert packed.size == packed_size(len(values))
    places = sorted(data.draw(st.sets(st.integers(0, max(len(values) - 1, 0))))) if values else []
    new = [data.draw(st.integers(-8, 7)) for _ in places]
    write_packed(packed, np.array(places, np.int64), np.array(new, np.int8))
    for place, value in zip(places, new, strict=True):
        values[place] = value
    assert unpack(packed, len(values)).tolist() == values


@pytest.mark.parametrize("name", SPECS)
def test_int4_computes_what_the_same_int8_weights_do(name):
    make, places = SPECS[name]
    data, values = with_int4(make(), *places)
    model, other = read(data), read(as_int8(make(), places, values))
    for place, value in zip(places, values, strict=True):
        assert np.array_equal(model.tensors[place].data, value)
        assert not model.tensors[place].data.flags.writeable
    x = inputs(model)
    assert np.array_equal(outputs(model, x), outputs(other, x))
    found = evaluate(read_graph(data), "tflm", x, list(model.outputs))
    assert np.array_equal(found[model.outputs[0]], outputs(model, x))


@pytest.mark.parametrize("runtime", ["litert", "tflm"])
@pytest.mark.parametrize("name", ["conv", "odd conv", "depthwise", "odd depthwise"])
def test_the_runtimes_compute_the_same_bytes(name, runtime):
    make, places = SPECS[name]
    model = read(with_int4(make(), *places)[0])
    x = inputs(model)
    (chosen,) = require_runtimes(runtime)
    (output,) = model.outputs
    theirs = collect(chosen.runner(model), x, [output])[output]
    assert np.array_equal(theirs, outputs(model, x, chosen.profile))


def edited(model, place, changes):
    """The model with weights changed at flat places."""
    values = model.tensors[place].data.copy()
    for at, value in changes.items():
        values.reshape(-1)[at] = value
    return patched(model, [data_edit(model, place, values)])


def test_an_edit_goes_through_the_file_the_delta_and_back():
    model = read(with_int4(conv_spec(channels=1, filters=3, kernel=(3, 3)), 1)[0])
    old = model.tensors[1].data.reshape(-1)
    other = edited(model, 1, {0: old[0] ^ 1, 1: old[1] ^ 1, 26: old[26] ^ 1})
    delta = diff(model, other)
    (edit,) = delta.edits
    assert edit.index.tolist() == [0, 1, 26]
    assert bytes_changed(model, edit) == 2
    assert sum(a != b for a, b in zip(model.data, other.data, strict=True)) == 2
    saved = loads(dumps_json(seal(model.data, delta)))
    assert apply(model.data, saved) == other.data
    assert revert(other.data, saved) == model.data


def test_a_delta_with_a_value_that_four_bits_do_not_hold_is_refused():
    model = read(with_int4(dense_spec(), 1)[0])
    old = model.tensors[1].data.reshape(-1)[:1]
    edit = TensorEdit(
        tensor=1, field=Field.DATA, index=np.array([0]), old=old, new=np.array([8], np.int8)
    )
    with pytest.raises(BadInputError, match="int4 value outside -8"):
        patched(model, [edit])


def certified_edits(model, other):
    return json.loads(json.dumps(list(_edits(model, diff(model, other)))))


def test_the_checker_accepts_declared_int4_edits_and_counts_them():
    model = read(with_int4(dense_spec(), 1)[0])
    old = model.tensors[1].data.reshape(-1)
    other = edited(model, 1, {2: old[2] ^ 1, 3: old[3] ^ 2, 7: old[7] ^ 3})
    edits = certified_edits(model, other)
    assert edits[0]["dtype"] == "int4"
    graphs = read_graph(model.data), read_graph(other.data)
    assert check_edits(edits, model.data, other.data, graphs) == {"weight": 3}


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_a_value_that_shares_its_byte_with_a_declared_one_is_not_declared(left_out):
    model = read(with_int4(dense_spec(), 1)[0])
    old = model.tensors[1].data.reshape(-1)
    other = edited(model, 1, {2: old[2] ^ 1, 3: old[3] ^ 2, 7: old[7] ^ 3})
    edits = certified_edits(model, other)
    for column in ("index", "offset", "old", "new"):
        del edits[0][column][left_out]
    with pytest.raises(ClaimError, match="which no edit declares"):
        check_edits(edits, model.data, other.data, (read_graph(model.data), read_graph(other.data)))


def test_the_unused_half_of_an_odd_count_may_not_change():
    data, _ = with_int4(conv_spec(channels=1, filters=3, kernel=(3, 3)), 1)
    model = read(data)
    other = bytearray(data)
    other[model.tensors[1].buffer.offset + 13] ^= 0xF0
    with pytest.raises(BadInputError, match="differ outside"):
        diff(model, read(bytes(other)))


def int4_activation():
    spec = dense_spec()
    spec.tensors[3].type = "INT4"
    return build(spec)


def test_int4_elsewhere_than_in_a_layers_weights_is_refused():
    model = read(int4_activation())
    with pytest.raises(UnsupportedModelError, match="INT4"):
        outputs(model, inputs(model))
    with pytest.raises(UnsupportedModelError, match="int4 where it is no layer's constant"):
        read_graph(int4_activation())
