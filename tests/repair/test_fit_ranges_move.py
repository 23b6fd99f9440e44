"""The move that fits ranges to the errors they cause: which it changes, and which it must not."""

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from digits_case import OPTIONS, facts_of
from mendlite.case.evaluate import evaluate_on_host, teacher_outputs
from mendlite.case.tasks import evaluated_tensors
from mendlite.measure.expected_failing import LogitErrors
from mendlite.measure.outputs import Outputs
from mendlite.measure.regression import Regression
from mendlite.model.rounding import Profile
from mendlite.moves import FitRanges
from mendlite.repair.edits import Edit, kinds_of_edits
from mendlite.repair.engine import statistics
from mendlite.repair.layers.activation_range import Range, with_range
from mendlite.repair.layers.range_slopes import (
    _random_signs,
    fitted_groups,
    measured_errors,
    route_of,
)
from mendlite.repair.learning.network import TrialNetwork
from mendlite.repair.learning.route import blocked, route_to
from mendlite.repair.moves import fit_ranges
from mendlite.repair.run import propose
from mendlite.replay.reference.execute import prepare
from mendlite.targets.open import load_case
from mendlite.tflite.diff import diff
from mendlite.tflite.reader import read
from tiny_models import build, dense_spec, float_twin, transpose_conv_spec


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def spoilt(case, share):
    """The case with one inner range so many times as wide, and the range's group."""
    group = fitted_groups(facts_of(case))[0]
    now = Range.of_group(case.quantized, group)
    model = with_range(case.quantized, group, now.resized(share, share))
    return replace(case, quantized=model), group


def variance(case, model):
    samples = case.sets.selection
    teacher = teacher_outputs(case, samples)
    return LogitErrors.of(teacher, evaluate_on_host(case, model, samples)).variance


@pytest.mark.parametrize("share", [1.6, 0.6])
def test_a_range_too_wide_or_too_narrow_is_fitted_again(digits, share):
    case, group = spoilt(digits, share)
    proposed = propose(case, FitRanges()).model
    bad, new = (Range.of_group(m, group).scale for m in (case.quantized, proposed))
    assert (new < bad) if share > 1 else (new > bad)
    assert variance(case, proposed) < variance(case, case.quantized)


def test_ranges_and_biases_alone_change_and_the_evaluated_values_keep_theirs(digits):
    case, _ = spoilt(digits, 1.6)
    model = propose(case, FitRanges()).model
    edits = diff(case.quantized, model).edits
    assert edits
    assert kinds_of_edits(case.quantized, edits) <= {Edit.RANGES, Edit.BIASES}
    for tensor in evaluated_tensors(case.task, model):
        assert model.tensors[tensor].quant == case.quantized.tensors[tensor].quant


def test_it_proposes_the_same_file_every_time(digits):
    case, _ = spoilt(digits, 1.6)
    first, second = (propose(case, FitRanges()).model.sha256 for _ in range(2))
    assert first == second


def test_other_tasks_count_all_outputs_alike(digits):
    bad, group = spoilt(replace(digits, task=Regression(tolerance=0.1)), 1.6)
    model = propose(bad, FitRanges()).model
    scales = [Range.of_group(m, group).scale for m in (bad.quantized, model)]
    assert scales[1] < scales[0]


def test_the_same_file_is_measured_once(digits, monkeypatch):
    """A fit that is rejected is tried again together with least squares."""
    measured = []

    def counted(case, model, *others):
        measured.append(model.sha256)
        return measured_errors(case, model, *others)

    monkeypatch.setattr(statistics, "measured_errors", counted)
    kept, groups = statistics.Statistics(), fitted_groups(facts_of(digits))
    first, again = (kept.range_errors(digits, digits.quantized, groups) for _ in range(2))
    assert first is again
    assert measured == [digits.quantized.sha256]
    other = spoilt(digits, 1.6)[0].quantized
    assert kept.range_errors(digits, other, groups) is not first
    assert measured == [digits.quantized.sha256, other.sha256]


def test_heads_of_other_units_count_alike():
    values = np.array([[1.0, -1.0, 300.0], [1.0, 1.0, -300.0]])
    signs = _random_signs(Outputs(values=values, shapes=((2,), (1,))), 0)
    assert np.abs(signs) == pytest.approx(np.array([[1, 1, 1 / 300]] * 2))
    whole = _random_signs(Outputs(values=values), 0)
    assert (np.abs(whole) == 1).all()


def test_where_it_does_not_apply_it_states_why(digits, monkeypatch):
    facts = facts_of(digits)
    assert FitRanges().why_not(facts) is None
    assert "ranges stay" in FitRanges().why_not(facts_of(digits, edit_scales=False))
    labels = replace(digits, recipe=structs.replace(digits.recipe, teacher="labels"))
    assert "the teacher is labels" in FitRanges().why_not(replace(facts, case=labels))
    monkeypatch.setattr(fit_ranges, "runs", lambda model, _: model is not digits.reference)
    assert "lack an operator" in FitRanges().why_not(facts)
    alone = replace(digits, float_model=None)
    assert "float model" in FitRanges().why_not(replace(facts, case=alone))


def test_an_operator_without_a_derivative_behind_a_range_is_named():
    model = read(build(transpose_conv_spec()))
    route = route_to(model, [model.operators[0].inputs[2]], model.outputs)
    assert blocked(model, route) == "operator 0 TRANSPOSE_CONV: its derivative is not implemented"


def test_slopes_of_an_inner_activation_are_the_differences_of_the_float_network():
    spec = dense_spec()
    model, twin = read(build(spec)), read(build(float_twin(spec)))
    first, last = model.operators[0], model.operators[-1]
    inner = first.outputs[0]
    route = route_to(model, [inner], model.outputs)
    assert [o.index for o, _ in route.stops] == [o.index for o in model.operators[1:]]
    network = TrialNetwork.of(prepare(model, Profile.TFLITE_REF), route, model.outputs)
    rng = np.random.default_rng(2)
    shape = (5, *model.tensors[model.inputs[0]].shape[1:])
    values = network.forward({model.inputs[0]: rng.integers(-40, 40, shape).astype(np.int8)})
    weight = rng.normal(size=values[model.outputs[0]].shape).astype(np.float32)
    slopes = network.back(values, {model.outputs[0]: weight})
    assert set(slopes) == {inner}
    weights = twin.tensors[last.inputs[1]].constant()
    stored, (low, high) = values[model.outputs[0]], (-128, 127)
    passed = weight * ((stored > low) & (stored < high))
    assert slopes[inner] == pytest.approx(passed @ weights, rel=1e-3, abs=1e-3)


def test_the_route_of_a_target_reaches_its_groups(digits):
    facts = facts_of(digits)
    groups = fitted_groups(facts)
    route = route_of(digits, digits.quantized, groups)
    assert route.sought == {t for group in groups for t in group.tensors}
