"""``edit_graph``: a branch's own range behind a QUANTIZE, accepted and listed everywhere."""

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from joined_models import joined_spec
from mendlite.jobs.repair import repair
from mendlite.repair.graph_start import NAME
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.patch import apply, revert
from small_targets import HEAD
from tiny_models import build, float_twin

NARROW, WIDE, REQUANTIZED = 3, 6, 18


def joined_case(folder, **changes):
    """The narrow branch has the range of the wide one."""
    rng = np.random.default_rng(5)
    np.savez(folder / "data.npz", x=rng.normal(0, 1.5, (600, 6, 5, 3)).astype(np.float32))
    (folder / "float.tflite").write_bytes(build(float_twin(joined_spec(**changes))))
    (folder / "int8.tflite").write_bytes(build(joined_spec(**changes)))
    (folder / "target.toml").write_text(HEAD, encoding="utf-8")
    return load_case(str(folder), OPTIONS)


def settings(**options):
    return Settings.of("bias", edit_graph=True, **options)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return joined_case(tmp_path_factory.mktemp("joined"))


@pytest.fixture(scope="module")
def repaired(case):
    return repair(case, settings(), PATHS)


def test_the_step_is_accepted_and_the_file_is_the_deltas(case, repaired):
    report = repaired.report
    assert (report.steps[0].name, report.steps[0].accepted) == (NAME, True)
    assert report.validation.repaired.loss < report.validation.int8.loss
    assert apply(case.quantized.data, repaired.delta) == repaired.data
    assert revert(repaired.data, repaired.delta) == case.quantized.data
    operators = [o.op for o in repaired.model.operators]
    assert operators[2:5] == ["CONV_2D", "QUANTIZE", "CONCATENATION"]
    scales = [repaired.model.tensors[t].scale for t in (NARROW, WIDE, REQUANTIZED)]
    assert 2 * scales[0] ** 2 < scales[1] ** 2
    assert scales[1] == scales[2]


def test_the_report_says_what_a_resolver_needs_and_the_sizes(case, repaired):
    graph = repaired.report.graph
    assert graph.register == ("QUANTIZE",)
    assert graph.operators == ("ADD", "CONCATENATION", "CONV_2D", "FULLY_CONNECTED", "QUANTIZE")
    (one,) = graph.inserted
    assert (one.index, one.op, one.reader, one.tensor) == (3, "QUANTIZE", 3, "narrow")
    assert (graph.file.before, graph.file.after) == (len(case.quantized.data), len(repaired.data))
    assert "QUANTIZE of 'narrow' is inserted as operator 3" in graph.sentence
    assert "the resolver must register QUANTIZE" in graph.sentence
    if graph.arena is not None:
        # Structures of the interpreter; the narrow branch is not alive behind the concatenation.
        assert graph.arena.after - graph.arena.before == 120


def test_other_interpreters_run_the_edited_file(repaired):
    assert repaired.report.second_opinion.confirmed
    assert {r.verdict for r in repaired.report.second_opinion.runtimes} <= {"identical", "not run"}


@pytest.mark.slow
def test_the_default_strategy_leaves_fewer_failing_tests_than_in_place(case):
    """Of 400 held-out tests; docs/guide/edited-graph.md has the counts of three seeds."""
    runs = [repair(case, Settings.of("auto", edit_graph=on), PATHS) for on in (False, True)]
    base, in_place, edited = (
        runs[0].report.validation.int8.failing,
        *(run.report.validation.repaired.failing for run in runs),
    )
    assert edited < in_place < base


def test_without_the_option_the_graph_stays(case):
    plain = repair(case, Settings.of("bias"), PATHS)
    assert plain.report.graph is None
    assert len(plain.data) == len(case.quantized.data)


def test_a_branch_that_is_as_wide_as_the_other_keeps_its_range(tmp_path):
    done = repair(joined_case(tmp_path, narrow=1.0), settings(), PATHS)
    assert done.report.graph is None
    assert f"{NAME}: no tensor of a forced range would have a much finer one of its own" in (
        done.report.notes
    )


def test_both_edits_of_one_file_are_chosen_together(tmp_path):
    case = joined_case(tmp_path, second="pool")
    done = repair(case, settings(), PATHS)
    assert done.report.graph.register == ("MEAN", "QUANTIZE")
    assert "AVERAGE_POOL_2D is now MEAN, QUANTIZE of 'narrow'" in done.report.graph.sentence
    assert revert(done.data, done.delta) == case.quantized.data
