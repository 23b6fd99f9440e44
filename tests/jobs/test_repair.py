"""The main job on small models: what it claims, and that its checks can fail."""

from dataclasses import replace

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from mendlite.case.evaluate import Evaluator, evaluate, teacher_outputs
from mendlite.case.gate import Gate, gate_breaches
from mendlite.case.validation import validate
from mendlite.errors import BadInputError
from mendlite.jobs.repair import repair
from mendlite.measure.classification import predictions
from mendlite.pairing.layers import pair_layers
from mendlite.pairing.verdict import PairingVerdict, judge_pairs
from mendlite.repair.layer_choice import chosen_layers
from mendlite.repair.layers.float_targets import draw_rows
from mendlite.repair.layers.residual_target import residual_target
from mendlite.repair.moves.bias_correction import BiasCorrection
from mendlite.repair.moves.equalize import Equalize
from mendlite.repair.run import propose
from mendlite.repair.settings import Settings
from mendlite.replay.package_profiles import runner_profile
from mendlite.report.json_report import to_json
from mendlite.targets.load import named_targets
from mendlite.targets.open import load_case
from mendlite.tflite.delta_file import dumps_json
from mendlite.tflite.reader import read


def settings(strategy="least-squares", **options):
    return Settings.of(strategy, **options)


def on(case, **changes):
    """The case on other kernels."""
    return replace(case, execution=replace(case.execution, **changes))


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


@pytest.fixture(scope="module")
def repaired(digits):
    return repair(digits, settings(), PATHS)


def test_at_least_half_of_the_failing_digits_are_fixed(repaired):
    found = repaired.report.validation
    assert found.samples == 700
    assert found.int8.failing >= 50
    assert found.repaired.failing <= found.int8.failing / 2
    was, now = found.int8.failing, found.repaired.failing
    assert was - found.repaired.fixed + found.repaired.regressed == now
    assert found.repaired.kl < found.int8.kl / 2


def test_the_report_adds_up(digits, repaired):
    report = repaired.report
    kinds = report.repair.by_kind
    assert kinds.weight + kinds.bias + kinds.scale == report.repair.edits == repaired.delta.size
    base = np.frombuffer(digits.quantized.data, np.uint8)
    new = np.frombuffer(repaired.data, np.uint8)
    assert report.repair.bytes_changed == np.count_nonzero(base != new)
    assert len(repaired.data) == len(digits.quantized.data)
    assert report.files.repaired.sha256 == repaired.delta.patched_sha256
    assert [step.name for step in report.steps] == ["least-squares", "rebalance + least-squares"]


@pytest.mark.parametrize("strategy", ["least-squares", "bias"])
def test_the_same_seed_gives_the_same_bytes(digits, strategy):
    chosen = settings(strategy=strategy)
    first, second = (repair(on(digits, jobs=jobs), chosen, PATHS) for jobs in (1, 2))
    assert first.data == second.data
    assert dumps_json(first.delta) == dumps_json(second.delta)


@pytest.mark.slow
def test_the_papers_method_does_not_depend_on_the_workers(digits):
    chosen = settings(strategy="qnnrepair", neurons=6)
    first, second = (repair(on(digits, jobs=jobs), chosen, PATHS) for jobs in (1, 2))
    assert first.data == second.data
    assert first.report.solver.problems == 6
    assert set(first.report.solver.status) <= {"optimal", "feasible", "elastic"}
    assert all(n.violated == 0 for n in first.report.neurons if n.status == "optimal")


def test_bias_correction_edits_biases_alone(digits):
    report = repair(digits, settings(strategy="bias"), PATHS).report
    assert report.repair.by_kind.weight == 0
    assert report.repair.by_kind.bias > 0
    assert report.validation.repaired.failing < report.validation.int8.failing


def test_chosen_layers_alone_are_edited(digits):
    found = repair(digits, settings(layers=("3", "4")), PATHS)
    layers = {digits.quantized.layers[i] for i in (3, 4)}
    allowed = {t for layer in layers for t in (layer.weights, layer.bias)}
    assert {edit.tensor for edit in found.delta.edits} <= allowed
    assert chosen_layers(digits.quantized, ("dense", "0")) == (0, 3, 4)
    with pytest.raises(BadInputError, match="no layer is called 'zzz'; there are: 0 "):
        chosen_layers(digits.quantized, ("zzz",))


def test_rescaling_keeps_the_float_function(digits):
    found = propose(digits, Equalize())
    evaluator = Evaluator.of(digits, digits.sets.selection)
    again = teacher_outputs(found.case, digits.sets.selection)
    assert np.allclose(again.values, evaluator.teacher.values, rtol=1e-3, atol=1e-3)
    assert (
        evaluator.score(evaluator.outputs(found.model)).loss
        < evaluator.score(evaluator.outputs(digits.quantized)).loss
    )


def test_validation_of_the_file_itself_changes_nothing(digits):
    found = validate(digits, digits.quantized).validation
    assert found.repaired.fixed == found.repaired.regressed == 0
    assert found.repaired.failing == found.int8.failing


def test_the_gate(repaired):
    validation = repaired.report.validation
    assert gate_breaches(Gate(), validation) == ()
    assert "max_failing_share" in gate_breaches(Gate(max_failing_share=0.001), validation)[0]
    assert "max_regressed" in gate_breaches(Gate(max_regressed=0), validation)[0]
    worse = replace(validation, repaired=replace(validation.repaired, failing=500, accuracy=0.1))
    assert len(gate_breaches(Gate(max_accuracy_drop=0.01), worse)) == 2


def test_a_rescaled_file_may_be_repaired_again(digits, repaired):
    model = read(repaired.data)
    pairs = pair_layers(digits.reference, model)
    pairing = judge_pairs(digits.reference, model, pairs)
    assert pairing.verdict in {PairingVerdict.SAME, PairingVerdict.RESCALED}
    assert (
        judge_pairs(digits.reference, digits.quantized, digits.pairs).verdict is PairingVerdict.SAME
    )


def test_positions_are_drawn_once_each():
    few, many = draw_rows(100, 9, 0), draw_rows(10**6, 9, 0)
    assert few.tolist() == list(range(100))
    assert many.size == 8_192
    assert np.all(np.diff(many) > 0)
    assert many.tolist() != draw_rows(10**6, 9, 1).tolist()


def test_a_report_is_json_with_the_promised_names(repaired):
    import json

    found = json.loads(to_json(repaired.report))
    assert found["schema"] == 1
    assert list(found)[:5] == ["schema", "target", "strategy", "kernels", "seed"]
    assert set(found["files"]) == {"float", "int8", "repaired"}
    assert set(found["files"]["int8"]) == {"path", "sha256", "bytes"}
    assert set(found["validation"]["float"]) == {"accuracy", "auc", "error", "perplexity"}
    assert set(found["validation"]["int8"]) == {
        "accuracy", "auc", "error", "perplexity", "failing", "loss", "kl", "rms", "independent",
    }  # fmt: skip
    assert set(found["validation"]["repaired"]) == {
        "accuracy", "auc", "error", "perplexity", "failing", "fixed", "regressed", "loss", "kl", "rms",
        "mcnemar_p", "independent", "independent_changes",
    }  # fmt: skip
    assert set(found["repair"]) == {
        "samples", "layers", "neurons", "edits", "bytes_changed", "by_kind", "flash_pages", "flash_page_size",
    }  # fmt: skip
    assert set(found["repair"]["by_kind"]) == {"weight", "bias", "scale"}
    assert set(found["solver"]) == {"backend", "problems", "status", "seconds"}
    assert set(found["steps"][0]) == {
        "name", "order", "accepted", "why", "selection_before", "selection_after", "seconds",
    }  # fmt: skip
    assert isinstance(found["seconds"], float)


@pytest.fixture(scope="module")
def residual(data_root):
    return load_case("ic_imbalanced", replace(OPTIONS, data_root=data_root, samples=64))


def test_the_last_layer_of_a_block_aims_at_the_sum(residual):
    aims = [
        residual_target(residual.quantized, residual.reference, pair) for pair in residual.pairs
    ]
    sums = [aim for aim in aims if aim.addend is not None]
    assert len(sums) == 3
    for aim in sums:
        assert residual.quantized.operators[aim.operator].op == "ADD"
        assert residual.reference.producer(aim.reference).op == "ADD"


def test_a_dynamic_range_file_is_repaired(data_root):
    options = replace(OPTIONS, data_root=data_root, samples=60)
    case = load_case("ic_imbalanced_dynamic", options)
    sets = replace(case.sets, selection=case.sets.selection.take(slice(0, 100)),
                   validation=case.sets.validation.take(slice(0, 200)))  # fmt: skip
    report = repair(replace(case, sets=sets), settings(), PATHS).report
    assert report.validation.repaired.failing < report.validation.int8.failing / 2
    assert sum("its weights are FLOAT32" in note for note in report.notes) == 3


@pytest.mark.parametrize("runner", ["interpreter", "tflm"])
def test_other_runners_judge_the_same(digits, repaired, runner):
    case = on(digits, runner=runner)
    found = validate(case, read_repaired(repaired)).validation
    assert found.repaired.failing == repaired.report.validation.repaired.failing


def read_repaired(repaired):
    from mendlite.tflite.reader import read

    return read(repaired.data)


def test_dead_channels_are_never_edited(data_root):
    case = load_case("mlperf_vww", replace(OPTIONS, data_root=data_root, samples=6))
    sets = replace(case.sets, selection=case.sets.selection.take(slice(0, 6)),
                   validation=case.sets.validation.take(slice(0, 6)))  # fmt: skip
    found = repair(replace(case, sets=sets), settings(), PATHS)
    from mendlite.tflite.dead import dead_channels
    from mendlite.tflite.patch_size import edited_channels

    owners = {layer.weights: layer for layer in case.quantized.layers}
    dead = {layer.weights: dead_channels(case.quantized, layer) for layer in case.quantized.layers}
    assert sum(int(d.sum()) for d in dead.values()) > 0
    for edit in found.delta.edits:
        if edit.tensor in owners:
            channels = edited_channels(case.quantized, owners[edit.tensor], edit)
            assert not dead[edit.tensor][channels].any()


# Neither runtime below takes a dense layer with int4 weights: LiteRT does (tests/repair/test_int4_moves.py).
INT4_DENSE = ("dense4", "w4_dynamic", "mobilenet_v2_a8w4")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", sorted(name for name, _ in named_targets() if not name.endswith(INT4_DENSE))
)
def test_every_repaired_file_runs_on_every_runtime(data_root, name):
    case = load_case(name, replace(OPTIONS, data_root=data_root, samples=4))
    few = {
        k: getattr(case.sets, k).take(slice(0, 4)) for k in ("repair", "selection", "validation")
    }
    case = replace(case, sets=replace(case.sets, **few))
    model = propose(case, BiasCorrection()).model
    assert model.data != case.quantized.data
    wanted = evaluate(case, model, case.sets.validation)
    # TFLite Micro has no kernels for float activations with int8 weights.
    runners = ["interpreter"] if name == "ic_imbalanced_dynamic" else ["interpreter", "tflm"]
    for runner in runners:
        profile = runner_profile(runner)
        ours = evaluate(on(case, profile=profile), model, case.sets.validation)
        found = evaluate(on(case, runner=runner), model, case.sets.validation)
        assert np.allclose(found.values, ours.values, rtol=1e-4, atol=1e-4)
        assert predictions(found.values).tolist() == predictions(wanted.values).tolist()


def test_auto_solves_weights_behind_equalization(digits, repaired):
    found = repair(digits, settings(strategy="auto"), PATHS)
    names = [step.name for step in found.report.steps]
    assert names[0] == "rebalance + least-squares"
    assert {"calibrate, min-max", "fit-ranges"} <= set(names)
    assert found.report.validation.repaired.failing <= repaired.report.validation.int8.failing / 2


@pytest.mark.parametrize("changes", [{"edit_scales": False}, {"layers": ("dense",)}])
def test_scales_stay_where_they_are_asked_to(digits, changes):
    found = repair(digits, settings(strategy="auto", **changes), PATHS)
    assert found.report.repair.by_kind.scale == 0
    assert "scales" not in [step.name for step in found.report.steps]
