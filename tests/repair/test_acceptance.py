"""The engine accepts what is better and declared, and nothing else: moves that lie are noticed."""

from dataclasses import replace

import pytest
from lying_moves import (
    Boasts,
    ChangesNothing,
    EditsAnotherLayer,
    EditsWeightsToo,
    GenerousEvaluator,
    IgnoresBudget,
    LyingSolving,
    Overflows,
    ProposesWorse,
    Raises,
    ReadsMore,
)

from digits_case import OPTIONS, PATHS
from mendlite.case.evaluate import Evaluator
from mendlite.errors import BadInputError, ClaimError
from mendlite.jobs.repair import repair
from mendlite.model.repair_options import RepairOptions
from mendlite.moves import BiasCorrection, Calibrate, LastLayerMargins, LeastSquares
from mendlite.repair.engine.accept import Engine
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def engine(case, kind=Evaluator, **options):
    evaluator = kind.of(case, case.sets.selection)
    own = kind(case=case, samples=evaluator.samples, teacher=evaluator.teacher)
    settings = Settings.of(**options)
    return Engine.of(case, settings.options, (0, 1, 2, 3, 4), own)


def attempted(case, move, kind=Evaluator, **options):
    """The engine's state after one move, and before."""
    runner = engine(case, kind, **options)
    start = runner.begin()
    return runner.attempt(start, move), start


def test_a_better_model_is_accepted(digits):
    after, start = attempted(digits, BiasCorrection())
    assert after.model is not start.model
    assert after.score.better_than(start.score)
    assert [step.accepted for step in after.steps] == [True]


def test_a_worse_model_is_rejected_and_not_tried_again(digits):
    runner = engine(digits)
    start = runner.begin()
    after = runner.attempt(start, ProposesWorse())
    assert after.model is start.model
    assert [step.accepted for step in after.steps] == [False]
    assert after.steps[0].selection_after.loss > after.steps[0].selection_before.loss
    assert runner.attempt(after, ProposesWorse()) is after


def test_a_model_that_may_overflow_int32_is_rejected_however_good(digits):
    after, start = attempted(digits, Overflows(), GenerousEvaluator)
    assert after.model is start.model
    assert not after.steps[0].accepted
    assert "bold: rejected: layer" in after.notes[-1]
    assert "channel 0 may leave int32" in after.notes[-1]


def test_what_exceeds_the_budget_is_rejected_however_good(digits):
    after, start = attempted(digits, IgnoresBudget(), GenerousEvaluator, max_bytes=5)
    assert after.model is start.model
    assert "more than the budget" in after.notes[-1]
    free, start = attempted(digits, IgnoresBudget(), GenerousEvaluator)
    assert free.model is not start.model


def test_an_edit_that_was_not_declared_is_rejected_however_good(digits):
    after, start = attempted(digits, EditsWeightsToo(), GenerousEvaluator)
    assert after.model is start.model
    assert "sly: rejected: it edits weights, which it did not declare" in after.notes[-1]


def test_an_edit_of_a_layer_that_was_not_chosen_is_rejected_however_good(digits):
    runner = replace(engine(digits, GenerousEvaluator, layers=("0", "3")), layers=(0, 3))
    after = runner.attempt(runner.begin(), EditsAnotherLayer())
    assert [step.accepted for step in after.steps] == [False]
    assert "stray: rejected: it edits layer 4, which `layers` leaves out" in after.notes[-1]


def test_margins_leave_a_last_layer_alone_that_was_not_chosen(digits):
    runner = replace(engine(digits, layers=("0", "3")), layers=(0, 3))
    after = runner.attempt(runner.begin(), LastLayerMargins())
    assert after.steps == ()
    assert after.notes == ("margins: `layers` leaves out the last dense layer, 4",)


def test_scales_stay_where_the_options_say_so_whatever_is_declared(digits):
    after, start = attempted(digits, Calibrate(rule="min-max"), GenerousEvaluator)
    assert after.model is not start.model
    lenient = replace(engine(digits, GenerousEvaluator), options=RepairOptions())
    strict = replace(lenient, options=Settings.of(edit_scales=False).options)
    kept = strict.attempt(strict.begin(), Calibrate(rule="min-max"))
    assert kept.steps == ()
    assert "ranges stay" in kept.notes[-1]


def test_a_move_that_raises_is_no_silent_step(digits):
    with pytest.raises(ZeroDivisionError, match="the move is broken"):
        attempted(digits, Raises())


def test_a_move_that_changes_nothing_leaves_its_notes_alone(digits):
    after, start = attempted(digits, ChangesNothing())
    assert after.model is start.model
    assert after.steps == ()
    assert after.notes == ("idle: nothing to do",)


def test_a_statistic_that_was_not_declared_is_refused(digits):
    with pytest.raises(ValueError, match="RANGES was read but not declared"):
        attempted(digits, ReadsMore())


def test_a_false_claim_of_least_squares_is_an_error(digits):
    with pytest.raises(ClaimError, match="was claimed to lower its squared error"):
        repair(digits, Settings.of([Boasts()]), PATHS)


def test_a_false_claim_of_a_solver_is_an_error(digits):
    with pytest.raises(ClaimError, match="exact re-evaluation of the file"):
        repair(digits, Settings.of("qnnrepair", solving=LyingSolving(), neurons=6), PATHS)


def test_a_repair_of_worse_moves_leaves_the_file_as_it_came(digits):
    found = repair(digits, Settings.of([ProposesWorse()]), PATHS)
    assert found.data == digits.quantized.data
    assert found.report.repair.edits == 0


def test_after_the_time_limit_nothing_is_attempted(digits):
    after, start = attempted(digits, Raises(), time_limit=1e-9)
    assert after.steps == start.steps
    assert "later steps were not tried" in after.notes[-1]


def test_a_sequence_of_ones_own_moves_is_a_strategy(digits):
    sequence = [Calibrate(rule="min-max"), LeastSquares(max_delta=4)]
    report = repair(digits, Settings.of(sequence), PATHS).report
    assert [step.name for step in report.steps] == ["calibrate, min-max", "least-squares"]
    assert report.strategy == "calibrate, min-max, least-squares"
    assert report.validation.repaired.failing < report.validation.int8.failing


@pytest.mark.parametrize(
    ("sequence", "message"),
    [([], "empty sequence"), (["auto"], "is no move"), ([LeastSquares], "is no move")],
)
def test_what_is_no_sequence_of_moves_is_refused(sequence, message):
    with pytest.raises(BadInputError, match=message):
        Settings.of(sequence)
