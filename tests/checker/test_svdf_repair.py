"""A repaired SVDF with its certificate: it holds, and what a forger may change is noticed."""

from dataclasses import replace

import pytest
from repairs import PATHS

from kits import make_kit, noticed, nudged, one_failing_left_out
from mendlite.checker.form import loads
from mendlite.jobs.repair import repair
from mendlite.model.svdf import hybrid_svdfs, integer_svdfs
from mendlite.moves import LeastSquares, RecurrentSquares
from mendlite.repair.settings import Settings
from mendlite.tflite.reader import read
from svdf_cases import write_case, write_hybrid_case


@pytest.fixture(scope="module", params=["INT16", "INT8"])
def kit(request, tmp_path_factory, keys):
    form = {"state": "INT8", "state_scale": 0.12} if request.param == "INT8" else {}
    case = write_case(tmp_path_factory.mktemp("svdf"), form)
    repaired = repair(case, Settings.of([RecurrentSquares(), LeastSquares()]), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])


def test_the_repair_edits_the_svdf_and_holds(kit):
    edited = {e["tensor"] for e in loads(kit.certificate)["edits"]}
    assert edited >= set(integer_svdfs(read(kit.base))[0].constants)
    assert noticed(kit) is None


@pytest.mark.parametrize("part", ["features", "time"])
def test_weights_that_are_not_the_repairs_are_noticed(kit, part):
    tensor = getattr(integer_svdfs(read(kit.base))[0], part)
    assert "the output bytes of patched" in noticed(nudged(kit, tensor))


def test_a_failing_test_left_out_is_noticed(kit):
    left_out = one_failing_left_out(kit)
    assert "validation: the certificate's entry for patched" in noticed(left_out)


@pytest.fixture(scope="module")
def hybrid(tmp_path_factory, keys):
    case = write_hybrid_case(tmp_path_factory.mktemp("hybrid"), {})
    repaired = repair(case, Settings.of([RecurrentSquares(), LeastSquares()]), PATHS)
    return make_kit(case, repaired, "x", key=keys[0], public=keys[1])


def test_a_repair_of_int8_weights_between_float_values_holds(hybrid):
    edited = {e["tensor"] for e in loads(hybrid.certificate)["edits"]}
    assert edited >= set(hybrid_svdfs(read(hybrid.base))[0].constants)
    assert noticed(hybrid) is None


def test_without_data_its_recordings_have_no_known_length(hybrid):
    why = "without data it is not known how many frames a recording has"
    assert noticed(replace(hybrid, data=None)) == why


@pytest.mark.parametrize("part", ["features", "time"])
def test_other_int8_weights_between_float_values_are_noticed(hybrid, part):
    tensor = getattr(hybrid_svdfs(read(hybrid.base))[0], part)
    # In which of the sets depends on the samples that are drawn.
    assert ": the certificate's entry for patched at sample" in noticed(nudged(hybrid, tensor))


def test_a_failing_test_left_out_between_float_values_is_noticed(hybrid):
    assert "1 tests are counted otherwise" in noticed(one_failing_left_out(hybrid))
