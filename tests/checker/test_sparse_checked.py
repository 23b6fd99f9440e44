"""Sparse constants in the checker: its own expansion, a repair over one, and forged ones."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from repairs import PATHS, options

from kits import forged, make_kit, noticed
from mendlite.case.execution import Execution
from mendlite.checker.evaluate import evaluate, require_runnable
from mendlite.checker.form import loads
from mendlite.checker.graph import read_graph
from mendlite.errors import MalformedModelError
from mendlite.jobs.repair import repair
from mendlite.model.rounding import Profile
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from small_targets import HEAD, spoiled
from sparse_models import (
    CASES,
    EXPECTED,
    TYPES,
    VECTORS,
    WRONG,
    case_of,
    densified,
    model_of,
    sparsity_of,
    wrong_model,
)
from tiny_models import build, dense_spec, float_twin


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("kind", VECTORS)
def test_the_values_are_those_by_hand(name, dtype, kind):
    graph = read_graph(case_of(name, dtype, kind))
    wanted = np.array(EXPECTED[name], TYPES[dtype][1])
    x = [np.zeros((1, 1), np.float32)]
    assert np.array_equal(evaluate(graph, "tflite_ref", x, [2])[2].reshape(wanted.shape), wanted)


@pytest.mark.parametrize("seed", range(6))
def test_blocks_and_orders_are_the_host_s(seed):
    """Random levels of a tensor of three axes, in blocks of two of them."""
    rng = np.random.default_rng(seed)
    shape, sizes, blocked = (4, 3, 6), (2, 3), (0, 2)
    extents = (shape[0] // sizes[0], shape[1], shape[2] // sizes[1], *sizes)
    order = (*rng.permutation(3).tolist(), *(3 + rng.permutation(2)).tolist())
    levels, nodes = [], 1
    for axis in order:
        if axis < 3 and rng.integers(2):
            kept = [np.flatnonzero(rng.integers(0, 2, extents[axis])) for _ in range(nodes)]
            levels.append(("csr", np.cumsum([0, *map(len, kept)]), np.concatenate(kept)))
            nodes = sum(map(len, kept))
        else:
            levels.append(("dense", extents[axis]))
            nodes *= extents[axis]
    values = rng.integers(1, 100, nodes)
    data = model_of(shape, sparsity_of(order, blocked, levels, 2), values, "INT8")
    mine, theirs = read_graph(data).tensors[1].known, read(data).tensors[1].dense
    assert np.count_nonzero(mine) == nodes
    assert np.array_equal(mine, theirs)


@pytest.mark.parametrize("what", WRONG)
def test_what_contradicts_itself_is_refused(what):
    with pytest.raises(MalformedModelError, match="sparse values contradict themselves"):
        read_graph(wrong_model(what))


def test_a_value_twice_is_refused():
    levels = [("dense", 3), ("csr", [0, 2, 2, 3], [4, 4, 2])]
    with pytest.raises(MalformedModelError, match="a child twice"):
        read_graph(model_of((3, 5), sparsity_of((0, 1), (), levels, 1), np.array([1, 2, 3])))


def test_a_small_file_does_not_take_much_memory():
    sparsity = sparsity_of((0, 1), (), [("dense", 1), ("csr", [0, 1], [5])], 1)
    graph = read_graph(model_of((1, 2**26), sparsity, np.array([1])))
    assert graph.tensors[1].known is None
    with pytest.raises(MalformedModelError, match="operator 0 DENSIFY: nothing writes tensor 1"):
        require_runnable(graph, "tflite_ref", [2])


def sparse_spec():
    """A dense model of which half of the first layer's weights are 0."""
    spec = dense_spec()
    spec.tensors[1].data = spec.tensors[1].data * (spec.tensors[1].data % 2 == 0)
    return spec


@pytest.fixture(scope="module", params=["FLOAT32", "FLOAT16"])
def kit(request, tmp_path_factory, keys):
    folder, half = tmp_path_factory.mktemp("sparse"), request.param == "FLOAT16"
    x = np.random.default_rng(5).normal(0, 2.0, (400, 6)).astype(np.float32)
    np.savez(folder / "data.npz", x=x)
    real = build(float_twin(sparse_spec()))
    (folder / "float.tflite").write_bytes(densified(real, 1, half=half))
    (folder / "int8.tflite").write_bytes(densified(build(spoiled(sparse_spec())), 1))
    (folder / "target.toml").write_text(HEAD, encoding="utf-8")
    case = load_case(str(folder), options(execution=Execution(profile=Profile.TFLITE_REF)))
    repaired = repair(case, Settings.of("bias"), PATHS)
    return make_kit(case, repaired, "sparse", key=keys[0], public=keys[1])


def test_a_repair_over_sparse_constants_holds(kit):
    assert loads(kit.certificate)["edits"]
    assert noticed(kit) is None


def test_a_forged_sparse_constant_is_noticed(kit):
    """One of the stored values is another in both files: everything but the bytes follows."""
    place = read(kit.base).tensors[len(dense_spec().tensors)].buffer
    files = []
    for data in (kit.base, kit.patched):
        new = bytearray(data)
        new[place.offset + 3] ^= 0x40
        files.append(bytes(new))
    values = loads(kit.certificate)
    for name, data in zip(("base", "patched"), files, strict=True):
        values["files"][name]["sha256"] = sha256(data).hexdigest()
    shown = replace(kit, base=files[0], patched=files[1])
    shown = replace(shown, data=replace(kit.data, base=values["files"]["base"]["sha256"]))
    assert "the output bytes of" in noticed(forged(shown, values))


def test_an_edit_of_a_sparse_constant_is_no_edit_of_values(kit):
    """Its bytes are no weights in the tensor's order: an edit of them is not accepted."""
    values = loads(kit.certificate)
    number = len(dense_spec().tensors)
    edit = dict(values["edits"][0], tensor=number, kind="constant")
    values["edits"].append(edit)
    assert f"tensor {number} 'sparse' has no values" in noticed(forged(kit, values))
