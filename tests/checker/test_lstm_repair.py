"""A repaired LSTM with its certificate: it holds, and what a forger may change is noticed."""

import pytest
from repairs import PATHS, options, settings

from kits import make_kit, noticed, nudged, one_failing_left_out
from mendlite.checker.form import loads
from mendlite.jobs.repair import repair
from mendlite.model.recurrent import integer_lstms
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from recurrent_models import int16_lstm_spec, lstm_spec
from small_targets import write_target

TASK = '[task]\nkind = "classification"\n'


FORMS = {"int8": lstm_spec, "int16": int16_lstm_spec}


@pytest.fixture(scope="module", params=FORMS.values(), ids=FORMS)
def kit(tmp_path_factory, keys, request):
    folder = tmp_path_factory.mktemp("lstm")
    write_target(folder, request.param, TASK, spread=0.6)
    case = load_case(str(folder), options())
    repaired = repair(case, settings("auto"), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])


def test_the_repair_edits_gates_and_holds(kit):
    edited = {e["tensor"] for e in loads(kit.certificate)["edits"]}
    assert edited & set(integer_lstms(read(kit.base))[0].constants)
    assert noticed(kit) is None


def test_a_gate_that_is_not_the_repairs_is_noticed(kit):
    edited = {e["tensor"] for e in loads(kit.certificate)["edits"]}
    gate = next(t for t in integer_lstms(read(kit.base))[0].weights if t in edited)
    assert "the output bytes of patched" in noticed(nudged(kit, gate))


def test_a_failing_test_left_out_is_noticed(kit):
    left_out = one_failing_left_out(kit)
    assert "validation: the certificate's entry for patched" in noticed(left_out)
