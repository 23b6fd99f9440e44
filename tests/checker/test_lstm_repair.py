"""A repaired LSTM with its certificate: it holds, and what a forger may change is noticed."""

from dataclasses import replace
from hashlib import sha256

import pytest
from repairs import PATHS, options, settings

from kits import forged, make_kit, noticed, recounted
from mendlite.checker.form import loads
from mendlite.jobs.repair import repair
from mendlite.model.recurrent import integer_lstms
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from recurrent_models import lstm_spec
from small_targets import write_target

TASK = '[task]\nkind = "classification"\n'


@pytest.fixture(scope="module")
def kit(tmp_path_factory, keys):
    folder = tmp_path_factory.mktemp("lstm")
    write_target(folder, lstm_spec, TASK, spread=0.6)
    case = load_case(str(folder), options())
    repaired = repair(case, settings("auto"), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])


def test_the_repair_edits_gates_and_holds(kit):
    edited = {e["tensor"] for e in loads(kit.certificate)["edits"]}
    assert edited & set(integer_lstms(read(kit.base))[0].constants)
    assert noticed(kit) is None


def nudged_gate(kit):
    """One weight of a gate is another one, declared with its new hash; nothing else follows."""
    values, model = loads(kit.certificate), read(kit.base)
    gates = integer_lstms(model)[0].weights
    edit = next(e for e in values["edits"] if e["tensor"] in gates and e["kind"] == "constant")
    at, patched = edit["offset"][0], bytearray(kit.patched)
    new = edit["new"][0] ^ 64
    edit["new"][0], patched[at] = new, new & 0xFF
    values["files"]["patched"]["sha256"] = sha256(patched).hexdigest()
    return forged(replace(kit, patched=bytes(patched)), values)


def test_a_gate_that_is_not_the_repairs_is_noticed(kit):
    assert "the output bytes of patched" in noticed(nudged_gate(kit))


def test_a_failing_test_left_out_is_noticed(kit):
    values = loads(kit.certificate)
    entry = values["sets"]["validation"]
    failing = entry["failing"]["after"]
    assert failing
    entry["answers"]["patched"][failing[0]] = entry["answers"]["teacher"][failing[0]]
    recounted(entry, set(failing[1:]))
    assert "validation: the certificate's entry for patched" in noticed(forged(kit, values))
