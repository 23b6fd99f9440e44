"""The checker derives the edit of a graph again, and notices every other one."""

import struct
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from graph_kits import changed, edited_file, kit_of, two_operators_change_places
from mendlite.checker.form import loads
from mendlite.checker.verify import check
from mendlite.tflite.graph_plan import every_edit
from mendlite.tflite.reader import read
from mendlite.tflite.verified_table import root
from pooled_models import pooled_spec
from tampering import forged, noticed
from tiny_models import OpSpec, TensorSpec, build


def branched_spec():
    """The pooled network with a second dense layer beside the first; their sum is the output."""
    spec = pooled_spec(classes=6)
    first = len(spec.tensors)
    weights, bias = (replace(spec.tensors[t], name=f"{spec.tensors[t].name} too") for t in (7, 8))
    weights.data = np.ascontiguousarray(weights.data[::-1])
    ends = [
        TensorSpec(name, (1, 6), scale=[s], zero_point=[3])
        for name, s in (("n", 0.05), ("sum", 0.1))
    ]
    spec.tensors += [weights, bias, *ends]
    spec.ops += [
        OpSpec("FULLY_CONNECTED", [6, first, first + 1], [first + 2], "FullyConnectedOptions", {}),
        OpSpec("ADD", [9, first + 2], [first + 3], "AddOptions", {}),
    ]
    spec.outputs = [first + 3]
    return spec


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return kit_of(tmp_path_factory.mktemp("graph"), lambda: pooled_spec(classes=6))


@pytest.fixture(scope="module")
def branched(tmp_path_factory):
    return kit_of(tmp_path_factory.mktemp("branched"), branched_spec)


def test_a_declared_edit_holds_and_is_listed(kit):
    assert noticed(kit) is None
    found = check(loads(kit.certificate), kit.base, kit.patched, kit.data)
    assert any(
        line.startswith("graph: operator 1 AVERAGE_POOL_2D is MEAN") for line in found.checks
    )


def a_second_operator_is_another(data):
    """The dense layer's place in the operators leads to the convolution."""
    begin, _ = root(bytes(data)).children("subgraphs")[0].vector("operators")
    first = begin + struct.unpack_from("<I", data, begin)[0]
    struct.pack_into("<I", data, begin + 12, first - begin - 12)


def a_tensor_is_another(data):
    """The pool's output is the tensor behind RESHAPE."""
    begin, _ = root(bytes(data)).children("subgraphs")[0].vector("tensors")
    at = [begin + 4 * i + struct.unpack_from("<I", data, begin + 4 * i)[0] for i in (4, 6)]
    struct.pack_into("<I", data, begin + 4 * 4, at[1] - begin - 16)


def other_axes(data):
    model = read(bytes(data))
    at = model.tensors[-1].buffer.offset
    struct.pack_into("<2i", data, at, 2, 1)


def another_name_of_the_axes(data):
    at = bytes(data).index(b"mendlite/mean_axes")
    data[at] = ord("n")


def another_scale(data):
    quant = read(bytes(data)).tensors[4].quant
    struct.pack_into("<f", data, quant.scale_offset, 0.3)


def axes_go(data):
    operator = root(bytes(data)).children("subgraphs")[0].children("operators")[1]
    at = operator.child("builtin_options")
    inside = at.inside(0)
    data[at.at + inside] = 0


def another_buffer(data):
    """The dense layer's bias has the convolution's bytes."""
    model = read(bytes(data))
    begin, _ = root(bytes(data)).vector("buffers")
    numbers = [model.tensors[t].buffer.index for t in (2, 8)]
    place = begin + 4 * numbers[0]
    first = place + struct.unpack_from("<I", data, place)[0]
    place = begin + 4 * numbers[1]
    struct.pack_into("<I", data, place, first - place)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (a_second_operator_is_another, "operator 3 CONV_2D: tensor 3 is written by it, but also"),
        (two_operators_change_places, "operator 3 RESHAPE: tensor 6 is written by it, but also"),
        (a_tensor_is_another, "tensors[4] differs in field 0"),
        (other_axes, "axes"),
        (another_name_of_the_axes, "has another name"),
        (another_scale, "other parameters"),
        (axes_go, "does not keep its axes"),
        (another_buffer, "other constants than declared"),
    ],
)
def test_a_block_that_means_something_else_is_noticed(kit, change, words):
    try:
        lie = changed(kit, change)
    except struct.error:
        pytest.fail("the forger cannot lead backward")
    assert words in (noticed(lie) or "")


def test_two_independent_operators_that_change_places_are_noticed(branched):
    """The file means the same, and every other check holds: only the comparison tells."""
    assert noticed(branched) is None
    lie = changed(branched, lambda data: two_operators_change_places(data, (3, 4)))
    names = [
        [t.name for t in map(read(d).tensors.__getitem__, range(1, 14))]
        for d in (lie.patched, branched.patched)
    ]
    assert names[0] == names[1]
    assert noticed(lie) == "operator 3 is another one, which is not declared"


def undeclared(values):
    del values["graph"]


def no_operator(values):
    values["graph"]["operators"] = []


def another_operator(values):
    values["graph"]["operators"][0]["index"] = 2


def two_of_them(values):
    operators = values["graph"]["operators"]
    operators.append({**deepcopy(operators[0]), "index": 3})


def other_tensors(values):
    values["graph"]["operators"][0]["tensors"] = [4]


def of_another_kind(values):
    values["graph"]["operators"][0]["new"] = "MAX_POOL_2D"


def another_root(values):
    values["graph"]["root"] += 4


def of_another_form(values):
    values["graph"] = [3]


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (undeclared, "bytes"),
        (no_operator, "declares no operator"),
        (another_operator, "not declared"),
        (two_of_them, "operator 3"),
        (other_tensors, "tensor 6 is another one"),
        (of_another_kind, "no edit makes"),
        (another_root, ""),
        (of_another_form, "has not the entries of an edit"),
    ],
)
def test_a_declaration_that_is_not_the_files_is_noticed(kit, lie, words):
    values = loads(kit.certificate)
    lie(values)
    said = noticed(replace(forged(kit, values), require=False))
    assert said is not None
    assert words in said


def test_edits_of_the_axes_are_noticed(kit):
    values = loads(kit.certificate)
    axes = values["graph"]["operators"][0]["axes_tensor"]
    entry = values["graph"]
    edited = edited_file(kit, entry)
    at = read(edited).tensors[axes].buffer.offset
    patched = bytearray(kit.patched)
    struct.pack_into("<i", patched, at, 2)
    values["edits"].append(
        {"tensor": axes, "name": "mendlite/mean_axes", "kind": "constant", "dtype": "int32",
         "index": [0], "offset": [at], "old": [1], "new": [2]}
    )  # fmt: skip
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    lie = replace(forged(kit, values), patched=bytes(patched), require=False)
    assert "axes" in (noticed(lie) or "")


def test_the_editor_and_the_checker_agree_on_what_is_a_global_pool():
    assert every_edit(read(build(pooled_spec(activation=3)))).empty
