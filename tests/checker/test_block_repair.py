"""A repaired file with a scale for each block and its certificate: checked, and forged."""

from copy import deepcopy
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from repairs import PATHS, options, settings

from block_models import pair, trained
from mendlite.checker.form import loads
from mendlite.jobs.repair import repair
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from small_targets import head
from tampering import forged, make_kit, noticed


@pytest.fixture(scope="module")
def kit(tmp_path_factory, keys):
    """The repair of a file whose weights were rounded down."""
    folder = tmp_path_factory.mktemp("blocks")
    x, _, layers = trained(count=1500)
    np.savez(folder / "data.npz", x=x)
    files = zip(("float", "int8"), pair(layers, rounded=np.floor), strict=True)
    for name, data in files:
        (folder / f"{name}.tflite").write_bytes(data)
    (folder / "target.toml").write_text(head("count = 1000", "count = 200"), encoding="utf-8")
    case = load_case(str(folder), options())
    with pytest.MonkeyPatch.context() as patched:
        # Other interpreters are compared in tests/repair/test_block_squares.py.
        patched.setattr("mendlite.jobs.second_opinion.installed", lambda: ())
        repaired = repair(case, settings("least-squares"), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])


def edits_of(values, dtype):
    return next(e for e in values["edits"] if e["dtype"] == dtype)


def another_file(kit, values, at, mask):
    """The patched file with bits of one byte changed, its new hash in the certificate."""
    patched = bytearray(kit.patched)
    patched[at] ^= mask
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    return forged(replace(kit, patched=bytes(patched)), values)


def test_weights_and_scales_are_declared_and_the_gain_holds(kit):
    values = loads(kit.certificate)
    assert edits_of(values, "int4")["kind"] == "weight"
    assert edits_of(values, "float16")["kind"] == "constant"
    assert noticed(kit) is None


def test_an_undeclared_scale_is_noticed(kit):
    values = loads(kit.certificate)
    edits = edits_of(values, "float16")
    tensor = read(kit.base).tensors[edits["tensor"]]
    free = next(i for i in range(tensor.elements) if i not in edits["index"])
    fake = another_file(kit, deepcopy(values), tensor.buffer.offset + 2 * free, 0x10)
    assert "which no edit declares" in noticed(fake)


def test_a_declared_scale_of_another_value_is_noticed(kit):
    values = loads(kit.certificate)
    edits = edits_of(values, "float16")
    assert noticed(another_file(kit, values, edits["offset"][0], 0x10))
