"""A certificate of a repair that edits an output's scale: declared, or noticed."""

from copy import deepcopy

import numpy as np
import pytest
from repairs import PATHS, options

from mendlite.checker.form import loads
from mendlite.checker.verify import check
from mendlite.errors import ClaimError
from mendlite.jobs.repair import repair
from mendlite.moves import Calibrate
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from small_networks import calibrated_on_other_data
from small_targets import HEAD
from tampering import forged, make_keys, make_kit, noticed
from tiny_models import build, dense_spec, float_twin


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("output")
    x = np.random.default_rng(5).normal(0, 2.0, (400, 6)).astype(np.float32)
    np.savez(folder / "data.npz", x=x)
    spec = calibrated_on_other_data(dense_spec(), 6, 150.0)
    (folder / "float.tflite").write_bytes(build(float_twin(dense_spec())))
    (folder / "int8.tflite").write_bytes(build(spec))
    (folder / "target.toml").write_text(HEAD, encoding="utf-8")
    case = load_case(str(folder), options())
    settings = Settings.of([Calibrate(rule="min-max")], edit_inputs=True, edit_outputs=True)
    key, public = make_keys()
    return make_kit(case, repair(case, settings, PATHS), "tiny", key=key, public=public)


def test_a_declared_change_holds_and_the_caller_is_told(kit):
    values = loads(kit.certificate)
    assert noticed(kit) is None
    found = check(values, kit.base, kit.patched, kit.data)
    lines = [line for line in found.checks if line.startswith("interface: the caller must")]
    assert {entry["side"] for entry in values["interface"]} == {"input", "output"}
    assert len(lines) == 2
    new = next(e["new"] for e in values["interface"] if e["side"] == "output")
    assert any(
        f"read output 0 'out' with scale {new['scale']!r}, zero-point {new['zero_point']} " in line
        for line in lines
    )


def undeclared(values):
    del values["interface"]


def half_declared(values):
    values["interface"] = [e for e in values["interface"] if e["side"] == "input"]


def another_scale(values):
    values["interface"][-1]["new"]["scale"] *= 1.5


def another_name(values):
    values["interface"][0]["name"] = "something else"


def declared_twice(values):
    values["interface"].append(deepcopy(values["interface"][0]))


def one_too_many(values):
    values["interface"].append({**values["interface"][0], "number": 1})


def of_another_form(values):
    values["interface"] = [3]


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (undeclared, "has new parameters that are not declared"),
        (half_declared, "output 0 'out' has new parameters that are not declared"),
        (another_scale, "the certificate declares output 0"),
        (another_name, "the certificate declares input 0"),
        (declared_twice, "wrongly"),
        (one_too_many, "input 1 wrongly: it is not changed"),
        (of_another_form, "has not the form of a certificate"),
    ],
)
def test_a_false_declaration_is_noticed(kit, lie, words):
    values = loads(kit.certificate)
    lie(values)
    assert words in noticed(forged(kit, values))


def test_raw_integers_by_another_scale_are_false(kit):
    values = loads(kit.certificate)
    values["recipe"]["inputs"][0]["int8"] = "raw"
    with pytest.raises(ClaimError, match="the recipe feeds it raw integers"):
        check(values, kit.base, kit.patched, None)
