"""The strategies of the solve layer on the embedded target: qnnrepair, search, smt, squant."""

import sys
from dataclasses import asdict, replace

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from mendlite.case.gate import Gate
from mendlite.errors import BadInputError, MissingPackageError
from mendlite.jobs.repair import repair
from mendlite.measure.regression import Regression
from mendlite.measure.score import Score
from mendlite.measure.task import Quality
from mendlite.model.repair_options import Passing
from mendlite.moves import LastLayerMargins
from mendlite.repair.settings import Settings
from mendlite.repair.strategies.qnnrepair_search import holds
from mendlite.targets.open import load_case


def settings(**changes):
    """Settings of a small qnnrepair, with changes; a value of None stands for the default."""
    small = {"strategy": "qnnrepair", "layers": ("3",), "neurons": 4, "solver_seconds": 20.0}
    return Settings.of(**(small | changes))


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def test_backends_agree_on_what_the_paper_asks(digits):
    found = [repair(digits, settings(backend=name), PATHS) for name in ("chain", "highs", "cvxpy")]
    objectives = [[n.objective for n in one.report.neurons] for one in found]
    assert objectives[0] == objectives[1] == objectives[2]
    assert [one.report.solver.backend for one in found] == ["chain", "highs", "cvxpy"]
    assert all(n.proof for n in found[0].report.neurons if n.status == "optimal")


def test_passing_tests_are_a_knob(digits):
    def rows(passing, count=None):
        chosen = settings(passing=passing, passing_tests=count)
        return [n.rows for n in repair(digits, chosen, PATHS).report.neurons]

    none, few, soft = rows(Passing.NONE), rows(Passing.HARD, 20), rows(Passing.SOFT, 40)
    assert [b - a for a, b in zip(none, few, strict=True)] == [20] * 4
    assert [b - a for a, b in zip(none, soft, strict=True)] == [40] * 4


def test_search_goes_through_metrics_and_keeps_the_best(digits):
    found = repair(digits, settings(strategy="search", neurons=2), PATHS).report
    assert len(found.steps) >= 2
    accepted = [step for step in found.steps if step.accepted]
    assert len(accepted) == 1
    best = min(found.steps, key=lambda step: step.selection_after.loss)
    assert accepted[0].selection_after.loss == best.selection_after.loss
    assert any(note.startswith("search: 7 trials, all was tried") for note in found.notes)


def test_search_stops_when_the_requirement_holds(digits):
    easy = replace(digits, gate=Gate(max_failing_share=0.99))
    found = repair(easy, settings(strategy="search"), PATHS).report
    assert any("0 trials, the requirement holds" in note for note in found.notes)
    spent = settings(strategy="search", time_limit=1e-9)
    notes = repair(digits, spent, PATHS).report.notes
    assert any("the budget of 1e-09 s is spent" in note for note in notes)


def test_the_requirement_is_the_gates():
    failed = np.arange(100) < 3
    score = Score(
        failed=failed, losses=np.zeros(100), rms=0.1,
        quality=Quality(accuracy=0.9, auc=None, error=None),
    )  # fmt: skip
    assert not holds(Gate(), score, 0.95)
    assert holds(Gate(max_failing_share=0.03), score, None)
    assert not holds(Gate(max_failing_share=0.02), score, None)
    assert holds(Gate(max_accuracy_drop=0.06), score, 0.95)
    assert not holds(Gate(max_accuracy_drop=0.04), score, 0.95)


@pytest.mark.slow
def test_smt_says_how_far_it_is_complete_and_fixes_tests(digits):
    chosen = settings(strategy="smt", layers=None, neurons=3, time_limit=25.0)
    found = repair(digits, chosen, PATHS).report
    assert any("not complete: " in note for note in found.notes)
    assert any("Z3 ran" in note for note in found.notes)
    assert found.solver.backend == "z3"
    assert 0 < found.repair.edits <= 160
    assert found.repair.layers == 1
    assert found.validation.repaired.failing <= found.validation.int8.failing


@pytest.mark.slow
def test_smt_with_a_tolerance_and_other_ranges(digits):
    chosen = settings(
        strategy="smt", layers=None, neurons=1, time_limit=12.0, epsilon=1.0, smt_ranges=True
    )
    found = repair(digits, chosen, PATHS).report
    assert any("repair images stay violated" in note for note in found.notes)


def test_smt_needs_a_tolerance_where_there_are_no_classes(digits):
    case = replace(digits, task=Regression(tolerance=0.1))
    with pytest.raises(BadInputError, match="smt needs `epsilon` for regression"):
        repair(case, settings(strategy="smt", layers=None), PATHS)


def test_smt_is_for_the_last_layer(digits):
    with pytest.raises(BadInputError, match="edits the last dense layer, 4: `layers` leaves it"):
        repair(digits, settings(strategy="smt"), PATHS)


def test_smt_needs_z3(digits, monkeypatch):
    monkeypatch.setitem(sys.modules, "z3", None)
    with pytest.raises(MissingPackageError, match="z3"):
        repair(digits, settings(strategy="smt", layers=None), PATHS)


@pytest.mark.parametrize("strategy", ["squant", "gpfq", "adaround"])
def test_baselines_repair_in_the_files_own_grid(digits, strategy):
    found = repair(digits, settings(strategy=strategy, layers=None, neurons=None), PATHS)
    kinds = asdict(found.report.repair.by_kind)
    assert kinds.pop("weight") > 0
    assert not any(kinds.values())
    assert found.report.validation.repaired.failing < found.report.validation.int8.failing


def test_an_unknown_strategy_of_a_target_is_refused():
    assert Settings.of("auto").strategy.name == "auto"
    with pytest.raises(BadInputError, match="no strategy is called 'magic' .*; there are: auto"):
        Settings.of("magic")


def test_margins_lose_no_passing_test(digits):
    notes = repair(digits, Settings.of([LastLayerMargins()]), PATHS).report.notes
    assert any("(0 regressed)" in note for note in notes)
    # A price that gives passing tests away: what it breaks is not proposed.
    notes = repair(digits, Settings.of([LastLayerMargins(prices=(0.0,))]), PATHS).report.notes
    assert any("no change was found that keeps all" in note for note in notes)


@pytest.mark.parametrize("strategy", ["qnnrepair", "search", "smt", "squant", "gpfq", "adaround"])
def test_a_budget_that_a_strategy_would_not_keep_is_refused(digits, strategy):
    chosen = settings(strategy=strategy, layers=None, neurons=None, max_bytes=20)
    with pytest.raises(
        BadInputError, match=f"{strategy} supports no budget .* these do: auto, least"
    ):
        repair(digits, chosen, PATHS)
