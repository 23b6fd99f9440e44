"""Budgets, localized repairs, other teachers and the curve, on the embedded target."""

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from digits_case import OPTIONS, PATHS
from mendlite.case.evaluate import teacher_outputs
from mendlite.errors import BadInputError
from mendlite.jobs.repair import repair
from mendlite.model.layer_values import tensor_layout
from mendlite.pairing.float32_twin import hybrid_layers, in_float32
from mendlite.pairing.layers import real_weights
from mendlite.repair.layers.candidate_search import clearly_less
from mendlite.repair.settings import Settings
from mendlite.report.curve import curve_png
from mendlite.targets.open import load_case


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def repaired(case, **changes):
    return repair(case, Settings.of(**changes), PATHS).report


@pytest.mark.parametrize(("room", "failing"), [(20, 50), (120, 45), (2000, 30)])
def test_a_budget_of_bytes_is_kept_and_well_spent(digits, room, failing):
    report = repaired(digits, max_bytes=room)
    assert 0 < report.repair.bytes_changed <= room
    assert report.validation.repaired.failing <= failing < report.validation.int8.failing


def test_a_budget_of_values_is_kept(digits):
    report = repaired(digits, max_edits=12)
    assert 0 < report.repair.edits <= 12
    assert report.validation.repaired.failing < report.validation.int8.failing


def test_only_the_suspicious_neurons_are_edited(digits):
    report = repaired(digits, neurons=7)
    assert 0 < report.repair.neurons <= 7
    assert report.repair.by_kind.scale == 0
    assert any("7 most suspicious" in note for note in report.notes)


def test_no_step_begins_after_the_time_limit(digits):
    report = repaired(digits, time_limit=1e-9)
    assert report.steps == ()
    assert report.repair.edits == 0
    assert sum("later steps were not tried" in note for note in report.notes) == 1


def test_the_curve_goes_from_nothing_to_the_repair(digits):
    report = repaired(digits)
    points = report.curve
    assert (points[0].bytes, points[0].kind) == (0, "")
    assert [p.bytes for p in points] == sorted(p.bytes for p in points)
    (end,) = (p for p in points if p.kind == "repair")
    assert end.bytes == report.repair.bytes_changed
    accepted = sum(step.accepted for step in report.steps)
    assert sum(p.kind == "steps" for p in points) == accepted - 1
    assert {p.kind for p in points} == {"", "steps", "repair"}
    assert {p.samples for p in points} == {digits.sets.selection.count}
    assert end.failing < points[0].failing
    picture = curve_png("digits", points)
    assert picture.startswith(b"\x89PNG")
    assert picture == curve_png("digits", points)


def without_float(case, teacher):
    recipe = structs.replace(case.recipe, teacher=teacher)
    sets = case.sets
    if teacher == "outputs":
        golden = {
            name: replace(s, outputs=(teacher_outputs(case, s).values,))
            for name in ("repair", "selection", "validation")
            if (s := getattr(sets, name))
        }
        sets = replace(sets, **golden)
    return replace(case, recipe=recipe, float_model=None, pairs=(), pairing=None, sets=sets)


def test_labels_teach_where_the_float_file_is_lost(digits):
    report = repaired(without_float(digits, "labels"))
    found = report.validation
    assert found.teacher == "labels"
    assert found.float.accuracy == 1.0
    assert found.repaired.accuracy > found.int8.accuracy + 0.03
    assert report.files.float is None
    assert report.curve == ()


def test_recorded_outputs_teach(digits):
    found = repaired(without_float(digits, "outputs")).validation
    assert found.int8.failing == 83
    assert found.repaired.failing <= 60


@pytest.mark.parametrize("strategy", ["margins", "reconstruct"])
def test_a_budget_holds_without_a_float_model(digits, strategy):
    changes = {"strategy": strategy, "max_edits": 5}
    report = repaired(without_float(digits, "labels"), **changes)
    assert 0 < report.repair.edits <= 5
    found = report.validation
    assert found.repaired.accuracy > found.int8.accuracy


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"neurons": 3, "max_bytes": 9}, "cannot be combined"),
        ({"neurons": 3, "strategy": "margins"}, "`neurons` needs"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(digits, changes, message):
    with pytest.raises(BadInputError, match=message):
        repaired(digits, **changes)


def test_a_strategy_that_needs_the_float_model_says_so(digits):
    with pytest.raises(BadInputError, match="needs the float model"):
        repair(without_float(digits, "labels"), Settings.of("least-squares"), PATHS)


def test_outputs_of_another_width_are_refused(digits):
    case = without_float(digits, "outputs")
    wrong = replace(case.sets.selection, outputs=(np.zeros((case.sets.selection.count, 3)),))
    with pytest.raises(BadInputError, match="3 values a sample, the model 10"):
        repaired(replace(case, sets=replace(case.sets, selection=wrong)))


def test_single_biases_are_moved_for_the_whole_network(digits):
    report = repair(digits, Settings.of("reconstruct"), PATHS).report
    assert report.repair.by_kind.weight == report.repair.by_kind.scale == 0
    assert 0 < report.repair.by_kind.bias < 40
    assert report.validation.repaired.failing <= 45


def test_only_clear_gains_are_taken():
    rng = np.random.default_rng(0)
    losses = rng.exponential(1.0, 400)
    assert clearly_less(losses * 0.9, losses)
    assert not clearly_less(losses, losses)
    assert not clearly_less(losses + rng.normal(-0.01, 1.0, 400), losses)


def test_a_subset_is_drawn_from_everywhere(digits):
    rows = digits.sets.validation.some(60).rows
    assert len(set(rows.tolist())) == 60
    middle = np.median(digits.sets.validation.rows)
    assert 15 < np.count_nonzero(rows < middle) < 45
    assert digits.sets.validation.some(60).rows.tolist() == rows.tolist()


def test_a_hybrid_float_file_gets_a_float_twin(digits):
    """The int8 file with float activations stands in for a dynamic-range float file."""
    values = {layer.weights: real_weights(digits.quantized, layer) for layer in
              digits.quantized.layers}  # fmt: skip
    assert hybrid_layers(digits.reference) == ()
    assert in_float32(digits.reference) is digits.reference
    layer = digits.reference.layers[0]
    matrix = values[digits.quantized.layers[0].weights]
    twin = digits.reference.with_float_constants(
        {layer.weights: tensor_layout(digits.reference, layer, matrix)}
    )
    assert twin.sha256 != digits.reference.sha256
    assert np.allclose(real_weights(twin, layer), matrix, rtol=1e-6)
    assert twin.data is digits.reference.data
