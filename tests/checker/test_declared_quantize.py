"""The checker derives an inserted QUANTIZE again, and notices every other one."""

import struct
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256

import pytest

from graph_kits import changed, kit_of, two_operators_change_places
from joined_models import FORCED, joined_spec
from mendlite.checker.declared_graph import InsertedQuantize
from mendlite.checker.form import loads
from mendlite.checker.graph import read_graph
from mendlite.checker.requantized import require_quantize
from mendlite.checker.verify import check
from mendlite.errors import ClaimError
from mendlite.tflite.reader import read
from mendlite.tflite.verified_table import root
from tampering import forged, noticed
from tiny_models import OpSpec, TensorSpec, build

NARROW, WIDE, SECOND, JOINED, NEW = 3, 6, 9, 10, 18


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return kit_of(tmp_path_factory.mktemp("joined"), joined_spec)


def test_a_declared_edit_holds_and_is_listed(kit):
    assert noticed(kit) is None
    found = check(loads(kit.certificate), kit.base, kit.patched, kit.data)
    assert any(
        line.startswith("graph: operator 3 QUANTIZE of tensor 3 is new") for line in found.checks
    )


def test_both_edits_of_one_file_hold(tmp_path):
    both = kit_of(tmp_path, lambda: joined_spec(second="pool"))
    assert noticed(both) is None
    entry = loads(both.certificate)["graph"]
    assert (len(entry["operators"]), len(entry["requantizations"])) == (1, 1)
    lie = changed(both, another_scale_of(-1))
    assert "other parameters" in (noticed(lie) or "")


def ends(data, operator, field):
    """Where the first of an operator's inputs or outputs lies."""
    table = root(bytes(data)).children("subgraphs")[0].children("operators")[operator]
    return table.vector(field)[0]


def other_end(operator, field, slot, tensor):
    def change(data):
        struct.pack_into("<i", data, ends(data, operator, field) + 4 * slot, tensor)

    return change


def another_scale_of(tensor):
    def change(data):
        struct.pack_into("<f", data, read(bytes(data)).tensors[tensor].quant.scale_offset, 0.06)

    return change


def another_zero_point(data):
    struct.pack_into("<q", data, read(bytes(data)).tensors[NEW].quant.zero_point_offset, -19)


def another_operator(data):
    """The new operator's code is that of DEQUANTIZE."""
    code = root(bytes(data)).children("operator_codes")[-1]
    for number, form in ((0, "b"), (3, "i")):
        struct.pack_into(f"<{form}", data, code.at + code.inside(number), 6)


def another_version(data):
    code = root(bytes(data)).children("operator_codes")[-1]
    struct.pack_into("<i", data, code.at + code.inside(2), 2)


def another_type(data):
    table = root(bytes(data)).children("subgraphs")[0].children("tensors")[NEW]
    struct.pack_into("<b", data, table.at + table.inside(1), 3)


def a_constant(data):
    """The new tensor has the bytes of the narrow branch's weights."""
    table = root(bytes(data)).children("subgraphs")[0].children("tensors")[NEW]
    struct.pack_into("<I", data, table.at + table.inside(2), 1)


def another_code_of_the_reader(data):
    table = root(bytes(data)).children("subgraphs")[0].children("operators")[4]
    inside = table.at + table.inside(0)
    struct.pack_into("<I", data, inside, struct.unpack_from("<I", data, inside)[0] - 1)


def shared_parameters(data):
    """The new tensor's scale is the narrow branch's own vector."""
    tables = root(bytes(data)).children("subgraphs")[0].children("tensors")
    places, targets = [], []
    for tensor in (NARROW, NEW):
        quant = tables[tensor].child("quantization")
        place = quant.at + quant.inside(2)
        places.append(place)
        targets.append(place + struct.unpack_from("<I", data, place)[0])
    earlier = max(targets)
    for place in places:
        struct.pack_into("<I", data, place, earlier - place)


def shared_zero_point(data):
    """The narrow branch's zero-point is the new tensor's."""
    tables = root(bytes(data)).children("subgraphs")[0].children("tensors")
    quants = [tables[tensor].child("quantization") for tensor in (NARROW, NEW)]
    places = [quant.at + quant.inside(3) for quant in quants]
    target = places[1] + struct.unpack_from("<I", data, places[1])[0]
    struct.pack_into("<I", data, places[0], target - places[0])


def a_minimum(data):
    """The new tensor's quantization has a field more: its vtable says that the scale is min."""
    quant = root(bytes(data)).children("subgraphs")[0].children("tensors")[NEW]
    quant = quant.child("quantization")
    vtable = quant.at - struct.unpack_from("<i", data, quant.at)[0]
    struct.pack_into("<H", data, vtable + 4, quant.inside(2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (shared_zero_point, "other parameters"),
        (a_minimum, "other parameters"),
        (another_scale_of(NEW), "other parameters"),
        (another_scale_of(NARROW), "other parameters"),
        (another_zero_point, "other parameters"),
        (another_operator, "DEQUANTIZE"),
        (another_version, "no QUANTIZE of version 1"),
        (another_type, "tensors[18]: a zero-point lies outside uint8"),
        (a_constant, ""),
        (another_code_of_the_reader, "differs in field 0"),
        (shared_parameters, "other parameters"),
        (other_end(3, "inputs", 0, WIDE), "it is no QUANTIZE of tensor 3"),
        (other_end(3, "outputs", 0, JOINED), "tensor 10"),
        (other_end(4, "inputs", 0, NARROW), "has other inputs than declared"),
        (other_end(4, "inputs", 1, NEW), "has other inputs than declared"),
        (lambda data: two_operators_change_places(data, (2, 3)), "operator 2"),
        (lambda data: two_operators_change_places(data, (5, 6)), "operator 5 is another one"),
    ],
)
def test_a_block_that_means_something_else_is_noticed(kit, change, words):
    said = noticed(changed(kit, change))
    assert said is not None
    assert words in said


def lie_of(**entries):
    def lie(values):
        values["graph"]["requantizations"][0].update(entries)

    return lie


def none_of_it(values):
    del values["graph"]["requantizations"]


def an_empty_list(values):
    values["graph"]["requantizations"] = []


def twice(values):
    declared = values["graph"]["requantizations"]
    declared.append({**deepcopy(declared[0]), "index": 4})


def with_another_entry(values):
    values["graph"]["requantizations"][0]["scale"] = 1


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (lie_of(index=2), "not declared in execution order"),
        (lie_of(reader=2, index=2), "operators[3] differs in field 0"),
        (lie_of(reader=5, index=5), "operator 3"),
        (lie_of(reader=99, index=99), "another number of operators"),
        (lie_of(source=WIDE), "has other inputs than declared"),
        (lie_of(tensor=17), "has other inputs than declared"),
        (lie_of(tensors=[]), "tensor 3 is another one"),
        (lie_of(tensors=[NARROW, WIDE]), "tensor 6 is the base file's"),
        (lie_of(tensors=[NARROW, 99]), "other tensors than declared"),
        (lie_of(source="3"), "not declared by numbers"),
        (none_of_it, "declares no operator"),
        (an_empty_list, "declares no operator"),
        (twice, "not declared in execution order"),
        (with_another_entry, "has not the entries of one"),
    ],
)
def test_a_declaration_that_is_not_the_files_is_noticed(kit, lie, words):
    values = loads(kit.certificate)
    lie(values)
    said = noticed(replace(forged(kit, values), require=False))
    assert said is not None
    assert words in said


def test_an_edit_of_the_new_tensors_scale_alone_is_noticed(kit):
    values, patched = loads(kit.certificate), bytearray(kit.patched)
    tensor = read(bytes(patched)).tensors[NEW]
    (old,) = struct.unpack_from("<f", patched, tensor.quant.scale_offset)
    struct.pack_into("<f", patched, tensor.quant.scale_offset, 0.0625)
    values["edits"].append(
        {"tensor": NEW, "name": tensor.name, "kind": "scale", "dtype": "float32", "index": [0],
         "offset": [tensor.quant.scale_offset], "old": [old], "new": [0.0625]}
    )  # fmt: skip
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    lie = replace(forged(kit, values), patched=bytes(patched), require=False)
    assert "writes other parameters than its reader forces" in (noticed(lie) or "")


ONE = InsertedQuantize(index=3, reader=3, source=NARROW, tensor=NEW, tensors=(NARROW,))


def graphs(change=None):
    """The base file's graph, and that of a file made by hand in which ``change`` was made."""
    spec = joined_spec()
    spec.tensors.append(TensorSpec("mendlite/requantized_18", (1, 6, 5, 4), **FORCED))
    spec.ops[3].inputs[0] = NEW
    spec.ops.insert(3, OpSpec("QUANTIZE", [NARROW], [NEW]))
    if change is not None:
        change(spec)
    return read_graph(build(joined_spec())), read_graph(build(spec))


def read_by_another(spec):
    spec.ops[6].inputs[0] = SECOND
    spec.ops.insert(5, OpSpec("ADD", [NEW, NEW], [len(spec.tensors)], "AddOptions", {}))
    spec.tensors.append(TensorSpec("other", (1, 6, 5, 4), **FORCED))


def an_output(spec):
    spec.outputs.append(NEW)


def a_reader_with_another_scale(spec):
    spec.tensors[NEW].scale = [0.08]


def another_name(spec):
    spec.tensors[NEW].name = "mendlite/requantized_3"


def test_the_edit_made_by_hand_holds():
    require_quantize(graphs(), ONE, 4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (read_by_another, "something else reads"),
        (an_output, "something else reads"),
        (a_reader_with_another_scale, "other parameters"),
        (another_name, "another name"),
    ],
)
def test_another_one_made_by_hand_is_noticed(change, words):
    with pytest.raises(ClaimError, match=words):
        require_quantize(graphs(change), ONE, 4)


def test_a_reader_that_forces_nothing_is_noticed():
    base, edited = graphs()
    with pytest.raises(ClaimError, match="forces no range"):
        require_quantize((base, edited), replace(ONE, reader=2), 4)
