"""The noise budget on the embedded target."""

import numpy as np
import pytest

from mendlite.analysis.analyze import analyze
from mendlite.analysis.fake_quant import rounding_of, run_rounded, with_int8_weights
from mendlite.case.evaluate import Evaluator
from mendlite.jobs.doctor import examine
from mendlite.measure.classification import predictions
from mendlite.model.spectra import Metric
from mendlite.targets.open import CaseOptions, load_case


@pytest.fixture(scope="module")
def case():
    options = CaseOptions()
    return load_case("digits", options)


def test_the_weights_cost_and_the_activations_do_not(case):
    found = analyze(case, case.sets.repair, 3)
    assert found.samples == 400
    assert found.weights.failing > 10 * max(1, found.activations.failing)
    assert found.input.failing == 0
    assert [layer.position for layer in found.layers] == list(range(5))
    for layer in found.layers:
        assert [top.metric for top in layer.ranking] == [m.value for m in Metric]
        assert all(len(top.neurons) == 3 for top in layer.ranking)
    worst = max(found.layers, key=lambda layer: layer.weights.loss)
    assert worst.sqnr_db < found.layers[0].sqnr_db


def test_substituting_nothing_changes_nothing(case):
    evaluator = Evaluator.of(case, case.sets.selection)
    same = run_rounded(case, case.reference, case.sets.selection, {})
    assert np.allclose(same.values, evaluator.teacher.values, atol=1e-4)
    assert with_int8_weights(case, []).data == case.reference.data


def test_all_fake_quantization_together_are_nearly_the_int8_model(case):
    evaluator = Evaluator.of(case, case.sets.selection)
    rounded = {
        pair.reference.output: rounding_of(case.quantized, pair.quantized.output)
        for pair in case.pairs
    }
    rounded[case.reference.inputs[0]] = rounding_of(case.quantized, case.quantized.inputs[0])
    mixed = run_rounded(case, with_int8_weights(case, case.pairs), case.sets.selection, rounded)
    int8 = evaluator.outputs(case.quantized)
    assert np.mean(predictions(mixed.values) == predictions(int8.values)) > 0.98


def test_doctor_tries_everything():
    findings = {f.part: f for f in examine()}
    # What the extras do not bring: the user's own solvers.
    own = {"solver cvxpy:GLPK_MI", "solver cvxpy:CBC", "solver cvxpy:GUROBI", "solver gurobi"}
    assert {f.part for f in findings.values() if f.state != "ok"} <= own
    assert all(findings[part].optional and findings[part].state != "broken" for part in own)
    assert "as our kernels" in findings["runner tflm"].detail


def test_doctor_says_what_is_broken(monkeypatch):
    from mendlite.jobs import doctor

    def broken(_name, _model, _profile):
        raise ImportError("_ARRAY_API not found")

    monkeypatch.setattr(doctor, "make_runner", broken)
    findings = {f.part: f for f in examine()}
    assert findings["runner interpreter"].state == "broken"
    assert "_ARRAY_API" in findings["runner interpreter"].detail
