"""Repairs of regressors, multi-label models, detectors and autoencoders, small enough for a test."""

import pytest

from digits_case import OPTIONS, PATHS
from mendlite.errors import BadInputError
from mendlite.jobs.repair import repair
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from small_targets import CASES, write_target
from tiny_models import build


def write(folder, make, table, spread=2.0):
    write_target(folder, make, table, spread)
    return load_case(str(folder), OPTIONS)


@pytest.mark.parametrize("name", CASES)
def test_every_task_is_repaired(tmp_path, name):
    case = write(tmp_path, *CASES[name])
    found = repair(case, Settings.of("auto"), PATHS).report.validation
    assert found.task == case.task.kind == case.recipe.task.kind
    assert found.int8.failing > 0
    assert found.repaired.failing < found.int8.failing
    assert found.repaired.loss < found.int8.loss / 2
    assert (found.int8.kl is None) == (name != "multi-label")


def test_margins_bound_the_errors_of_a_regression(tmp_path):
    case = write(tmp_path, *CASES["regression"])
    report = repair(case, Settings.of("margins"), PATHS).report
    assert report.repair.layers == 1
    assert report.validation.repaired.failing < report.validation.int8.failing


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("multi-label", '[task]\nkind = "multi-label"\nthreshold = 1.0\n', "no probability"),
        ("regression", '[task]\nkind = "detection"\n', "must be two of the model's 1 outputs"),
    ],
)
def test_a_task_that_does_not_fit_is_refused(tmp_path, name, table, message):
    with pytest.raises(BadInputError, match=message):
        write(tmp_path, CASES[name][0], table)


@pytest.mark.parametrize("name", ["regression", "autoencoder"])
def test_outputs_of_other_counts_are_not_compared(tmp_path, name):
    write(tmp_path, *CASES[name])
    spec = CASES[name][0]()
    spec.outputs = [next(i for i, t in enumerate(spec.tensors) if t.name == "h")]
    (tmp_path / "int8.tflite").write_bytes(build(spec))
    with pytest.raises(BadInputError, match=r"'h' \[.* as many values a sample are needed"):
        load_case(str(tmp_path), OPTIONS)
