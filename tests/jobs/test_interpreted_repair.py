"""Repairs of models with operators that an interpreter runs."""

import numpy as np
import pytest

import interpreted_models as models
from digits_case import OPTIONS, PATHS
from mendlite.analysis.analyze import analyze
from mendlite.certify.model_pair import ModelPair
from mendlite.emit.c_harness import c_harness
from mendlite.errors import UnsupportedModelError
from mendlite.jobs.repair import repair
from mendlite.model.rounding import Profile
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.channel_groups import channel_groups
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from small_targets import spoiled, write_target
from tiny_models import OpSpec, TensorSpec, build, conv_spec, float_twin

TABLE = '[task]\nkind = "regression"\n'


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("abs")
    write_target(folder, models.abs_spec, TABLE)
    return load_case(str(folder), OPTIONS)


@pytest.fixture(scope="module")
def repaired(case):
    return repair(case, Settings.of("auto"), PATHS)


def test_the_layers_before_and_behind_it_are_repaired(repaired):
    figures = repaired.report.validation
    assert figures.repaired.failing < figures.int8.failing
    assert figures.repaired.loss < figures.int8.loss * 0.75
    edited = {edit.tensor for edit in repaired.delta.edits}
    assert edited & {1, 2}, "the layer before it"
    assert edited & {4, 5}, "the layer behind it"


def test_the_ranges_at_its_ends_stay(case, repaired):
    before, after = case.quantized, repaired.model
    for tensor in (3, 7):
        assert before.tensors[tensor].quant.scale == after.tensors[tensor].quant.scale
        frozen = next(g.frozen for g in scale_groups(before) if tensor in g.tensors)
        assert "ABS fixes its parameters" in frozen
    assert not channel_groups(before)


def test_the_report_names_it_for_both_models(repaired):
    sentences = repaired.report.interpreted
    assert [s.partition(" model: ")[0] for s in sentences] == [
        "operators run by the interpreter in the int8",
        "operators run by the interpreter in the float",
    ]
    assert all("ABS 1 (" in sentence for sentence in sentences)
    assert "operators run by the interpreter: ABS 1" in repaired.report.kernels


def test_other_interpreters_confirm_it(repaired):
    opinion = repaired.report.second_opinion
    assert opinion.confirmed
    assert {one.verdict for one in opinion.runtimes} == {"identical"}


def test_an_analysis_names_it(case):
    assert "ABS 1" in analyze(case, case.sets.repair.some(20), 3).kernels


def test_proofs_and_the_c_harness_refuse_it(case):
    with pytest.raises(UnsupportedModelError, match="not verified: operator 1 ABS"):
        ModelPair.of(case.reference, case.quantized, Profile.TFLM)
    with pytest.raises(UnsupportedModelError, match="operator 1 ABS"):
        c_harness(case.quantized, Profile.TFLM, None)


def grouped_spec():
    """A convolution with two groups of channels, and a convolution behind it."""
    spec = conv_spec(1, channels=4, filters=4, kernel=(2, 2), size=(3, 3))
    weights = spec.tensors[1].data[..., :2].copy()
    spec.tensors[1].shape, spec.tensors[1].data = weights.shape, weights
    last = np.random.default_rng(3).integers(-127, 128, (2, 1, 1, 4)).astype(np.int8)
    spec.tensors += [
        TensorSpec("w2", last.shape, data=last, scale=[0.01], zero_point=[0]),
        TensorSpec("out2", (1, 3, 3, 2), scale=[0.1], zero_point=[0]),
    ]
    fields = {"StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
    spec.ops.append(OpSpec("CONV_2D", [3, 4, -1], [5], "Conv2DOptions", fields))
    spec.outputs = [5]
    return spec


def test_a_layer_that_an_interpreter_runs_is_left_alone(tmp_path):
    write_target(tmp_path, grouped_spec, TABLE)
    case = load_case(str(tmp_path), OPTIONS)
    found = repair(case, Settings.of("least-squares"), PATHS)
    assert {edit.tensor for edit in found.delta.edits} == {4}
    assert any("has groups of channels" in note for note in found.report.notes)
    assert not any(g.frozen is None for g in scale_groups(read(build(spoiled(grouped_spec())))))


def test_a_float_model_with_other_operators_in_it_is_followed(tmp_path):
    """The int8 file has an ABS where the float file has a RELU."""
    write_target(tmp_path, models.abs_spec, TABLE)
    (tmp_path / "float.tflite").write_bytes(build(float_twin(models.clipped_spec())))
    case = load_case(str(tmp_path), OPTIONS)
    report = repair(case, Settings.of("least-squares"), PATHS).report
    assert [s.partition(": ")[2].split()[0] for s in report.interpreted] == ["ABS"]
