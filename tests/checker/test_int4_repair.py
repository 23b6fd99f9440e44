"""A repaired int4 file with its certificate: it holds, and a forged half of a byte is noticed."""

from copy import deepcopy
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from repairs import PATHS, options, settings

from int4_models import dense_per_channel, pack
from mendlite.checker.form import loads
from mendlite.jobs.repair import repair
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from small_targets import HEAD
from tampering import forged, make_kit, noticed
from tiny_models import build, float_twin


def write_int4_target(folder):
    """A target whose file has the float model's weights rounded down to int4."""
    spec = dense_per_channel()
    rng = np.random.default_rng(5)
    np.savez(folder / "data.npz", x=rng.normal(0, 2, (400, 6)).astype(np.float32))
    (folder / "float.tflite").write_bytes(build(float_twin(deepcopy(spec))))
    for place in (1, 4):
        weights, bias = spec.tensors[place : place + 2]
        values = np.clip(np.floor(weights.data / 16), -8, 7).astype(np.int8)
        weights.type, weights.data = "INT4", pack(values)
        weights.scale = [16 * s for s in weights.scale]
        bias.data = np.rint(bias.data / 16).astype("<i4")
        bias.scale = [16 * s for s in bias.scale]
    (folder / "int8.tflite").write_bytes(build(spec))
    (folder / "target.toml").write_text(HEAD, encoding="utf-8")


@pytest.fixture(scope="module")
def kit(tmp_path_factory, keys):
    folder = tmp_path_factory.mktemp("int4")
    write_int4_target(folder)
    case = load_case(str(folder), options())
    with pytest.MonkeyPatch.context() as patched:
        # Other interpreters are asked in tests/repair/test_int4_moves.py.
        patched.setattr("mendlite.jobs.second_opinion.installed", lambda: ())
        repaired = repair(case, settings("least-squares"), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])


def int4_edits(values):
    return next(e for e in values["edits"] if e["dtype"] == "int4")


def another_file(kit, values, at, mask):
    """The patched file with bits of one byte changed, its new hash in the certificate."""
    patched = bytearray(kit.patched)
    patched[at] ^= mask
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    return forged(replace(kit, patched=bytes(patched)), values)


def half_of(kit, tensor, index):
    """(the byte of a weight, the mask of its half)."""
    at = read(kit.base).tensors[tensor].buffer.offset + index // 2
    return at, 0xF0 if index % 2 else 0x0F


def test_the_repair_changes_int4_values_and_holds(kit):
    assert len(int4_edits(loads(kit.certificate))["index"]) > 3
    assert noticed(kit) is None


def test_an_undeclared_half_of_a_byte_is_noticed(kit):
    """Also where the other half of the same byte is declared."""
    values = loads(kit.certificate)
    edits = int4_edits(values)
    declared = set(edits["index"])
    count = read(kit.base).tensors[edits["tensor"]].elements
    alone = [i for i in declared if i ^ 1 not in declared and i ^ 1 < count]
    free = [i for i in range(count) if i not in declared and i ^ 1 not in declared]
    for index in [alone[0] ^ 1, *free[:1]]:
        at, mask = half_of(kit, edits["tensor"], index)
        fake = another_file(kit, deepcopy(values), at, mask & 0x11)
        assert "which no edit declares" in noticed(fake)


def test_a_declared_half_with_another_value_is_noticed(kit):
    values = loads(kit.certificate)
    edits = int4_edits(values)
    at, mask = half_of(kit, edits["tensor"], edits["index"][0])
    fake = another_file(kit, deepcopy(values), at, mask & 0x22)
    assert noticed(fake)
    # As the forger would have it: declared as well. Then the outputs tell.
    edits["new"][0] = ((edits["new"][0] & 15) ^ 2 ^ 8) - 8
    assert noticed(another_file(kit, values, at, mask & 0x22))


def test_a_value_that_four_bits_do_not_hold_is_noticed(kit):
    values = loads(kit.certificate)
    edits = int4_edits(values)
    edits["new"][0] += 16
    assert noticed(forged(kit, values))


def test_an_edit_of_the_unused_half_is_noticed(kit):
    """The first layer has 30 weights; the second 15, whose last byte is half empty."""
    model = read(kit.base)
    last = model.tensors[4]
    assert last.elements % 2 == 1
    fake = another_file(kit, loads(kit.certificate), last.buffer.offset + last.elements // 2, 0x10)
    assert noticed(fake)
