"""How a repair ends: repaired, unchanged, worse and not written; and what no edit reaches."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from test_repair import digits  # noqa: F401 - a fixture

from digits_case import OPTIONS, PATHS
from mendlite.analysis.diagnosis.registry import examine
from mendlite.case.validation import validate
from mendlite.errors import BadInputError, ClaimError
from mendlite.jobs.certificate import make_certificate
from mendlite.jobs.repair import repair
from mendlite.model.report import Ending
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from small_targets import CASES, HEAD, write_target, write_worse_target
from tiny_models import build, dense_spec

MARGINS = Settings.of("margins")


def test_a_worse_file_is_not_kept(tmp_path):
    case = load_case(str(write_worse_target(tmp_path)), OPTIONS)
    found = repair(case, MARGINS, PATHS)
    report = found.report
    assert any(step.accepted for step in report.steps)
    assert report.validation.repaired.loss > report.validation.int8.loss
    assert report.ending is Ending.BASE_KEPT
    assert report.files.repaired is None
    assert not found.kept
    assert report.headline.startswith("NOT repaired: ")
    assert "`keep_worse`" in report.headline
    with pytest.raises(ClaimError, match="nothing to certify"):
        make_certificate(case, found, "worse")
    anyway = repair(case, Settings.of("margins", keep_worse=True), PATHS)
    assert anyway.report.ending is Ending.WORSE
    assert anyway.kept
    assert anyway.report.files.repaired.sha256 == anyway.delta.patched_sha256
    assert anyway.report.headline.startswith("WORSE than the base file")


def test_a_repair_that_changes_nothing_says_so(digits):  # noqa: F811
    report = repair(digits, Settings.of("margins", time_limit=1e-9), PATHS).report
    assert report.ending is Ending.UNCHANGED
    assert report.repair.edits == 0
    assert report.headline.startswith(
        "nothing was changed, stopped by the time limit of 1e-09 s after step 0 of at most 1: "
    )
    assert not report.interrupted
    assert report.second_opinion.confirmed


def test_a_good_repair_says_what_it_did(digits):  # noqa: F811
    report = repair(digits, MARGINS, PATHS).report
    assert report.ending is Ending.REPAIRED
    was, now = report.validation.int8.failing, report.validation.repaired.failing
    assert report.headline.startswith(f"repaired: {was} → {now} of 700 tests differ from float (")


@pytest.mark.parametrize("strategy", ["bias", "margins"])
def test_only_what_ran_is_reported(digits, strategy):  # noqa: F811
    report = repair(digits, Settings.of(strategy), PATHS).report
    assert report.squares == ()
    own = {"bias"} if strategy == "bias" else set()
    assert {point.kind for point in report.curve} == {"", "repair"} | own


def test_least_squares_that_ran_are_reported(digits):  # noqa: F811
    report = repair(digits, Settings.of("least-squares"), PATHS).report
    assert [layer.position for layer in report.squares] == [0, 1, 2, 3, 4]
    assert "least-squares" in {point.kind for point in report.curve}


def unreachable(folder, spoil, table='[task]\nkind = "regression"\ntolerance = 1.0\n', spread=2.0):
    """What no edit reaches after ``spoil`` changed the int8 file's description."""
    write_target(folder, dense_spec, table, spread)
    spec = dense_spec()
    spoil(spec)
    (folder / "int8.tflite").write_bytes(build(spec))
    case = load_case(str(folder), OPTIONS)
    return examine(case).unreachable


def test_an_output_range_of_other_data_is_named(tmp_path):
    def spoil(spec):
        spec.tensors[6].scale = [spec.tensors[6].scale[0] * 200]

    found = unreachable(tmp_path, spoil)
    assert found.tensor == 6
    assert found.why.startswith("output 6 'out' holds ")
    assert " times as wide as float's" in found.why
    assert "calibrate with samples like these" in found.why
    assert found.loss >= found.total / 2


def test_a_clipped_input_is_named(tmp_path):
    def spoil(spec):
        step = spec.tensors[0].scale[0]
        spec.tensors[0].scale = [step / 40]
        for tensor in spec.tensors:
            if tensor.type == "INT32" and tensor.scale and "1" in tensor.name:
                tensor.scale = [s / 40 for s in tensor.scale]

    found = unreachable(tmp_path, spoil)
    assert found.tensor == 0
    assert found.why.startswith("input 0 'in' holds ")
    assert "are clipped" in found.why


def test_features_of_different_range_are_counted(tmp_path):
    def make():
        spec = dense_spec()
        spec.tensors[1].data[:, 5] = 0
        return spec

    write_target(tmp_path, make, '[task]\nkind = "regression"\ntolerance = 0.1\n')
    x = np.random.default_rng(0).uniform(0, 1, (400, 6)) * [1, 1, 2, 3, 1, 3e4]
    np.savez(tmp_path / "data.npz", x=x.astype(np.float32))
    spec, step = make(), 3e4 / 255
    spec.tensors[0].scale, spec.tensors[2].scale = [step], [step * 0.01]
    spec.tensors[2].data = np.rint(spec.tensors[2].data * 0.05 / step).astype("<i4")
    (tmp_path / "int8.tflite").write_bytes(build(spec))
    found = examine(load_case(str(tmp_path), OPTIONS)).unreachable
    assert "5 of 6 features of input 0 " in found.why
    assert "scale each feature" in found.why


def test_a_file_whose_weights_hurt_has_nothing_out_of_reach(digits):  # noqa: F811
    assert examine(digits).unreachable is None
    alone = replace(digits, float_model=None, pairs=(), pairing=None)
    taught = replace(alone, recipe=msgspec.structs.replace(alone.recipe, teacher="labels"))
    assert examine(taught).unreachable is None


def test_one_value_is_no_class(tmp_path):
    def make():
        return dense_spec(classes=1)

    write_target(tmp_path, make, "")
    with pytest.raises(BadInputError, match='has one output value.*"regression", "multi-label"'):
        load_case(str(tmp_path), OPTIONS)
    (tmp_path / "target.toml").write_text(HEAD + '[task]\nkind = "regression"\n')
    assert load_case(str(tmp_path), OPTIONS).task.kind == "regression"


def test_validation_without_a_repaired_file_has_no_such_row(tmp_path):
    write_target(tmp_path, *CASES["regression"])
    case = load_case(str(tmp_path), OPTIONS)
    found = validate(case, None).validation
    assert found.repaired is None
    same = validate(case, read(case.quantized.data)).validation
    assert found.int8.failing == same.int8.failing
