"""Weights with a scale for each block are repaired on their grid, scales and biases with them."""

from dataclasses import replace

import numpy as np
import pytest

from block_models import pair, specs, trained
from digits_case import OPTIONS, PATHS
from int4_models import pack
from mendlite.algorithms.block_squares import spans_too_far, whole_scales, writable
from mendlite.arith.block_scales import bfloat16
from mendlite.case.evaluate import evaluate, teacher_outputs
from mendlite.errors import BadInputError
from mendlite.jobs.repair import repair
from mendlite.model.repair_options import EditScope, RepairOptions
from mendlite.repair.edits import Edit, edited_layers, kinds_of_edits
from mendlite.repair.facts import Facts
from mendlite.repair.layers.block_systems import block_layers, scales_are_own
from mendlite.repair.moves.block_squares import BlockSquares
from mendlite.repair.run import propose
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.diff import diff
from mendlite.tflite.reader import read
from small_targets import head
from tiny_models import build

TASK = '[task]\nkind = "classification"\n'


def write_target(folder, **more):
    x, labels, layers = trained(count=3000)
    np.savez(folder / "data.npz", x=x, labels=labels)
    for name, data in zip(("float", "int8"), pair(layers, **more), strict=True):
        (folder / f"{name}.tflite").write_bytes(data)
    (folder / "target.toml").write_text(head("count = 2000", "count = 400") + TASK)
    return folder / "target.toml"


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return load_case(str(write_target(tmp_path_factory.mktemp("blocks"))), OPTIONS)


def loss(case, model, samples):
    outputs = evaluate(case, model, samples)
    return float(case.task.loss(teacher_outputs(case, samples), outputs).mean())


def test_the_loss_of_held_out_samples_is_cut(case):
    proposal = propose(case, BlockSquares())
    held_out = case.sets.validation
    before, after = (loss(case, m, held_out) for m in (case.quantized, proposal.model))
    assert after < 0.5 * before
    assert len(proposal.notes) == 3
    assert len(proposal.model.data) == len(case.quantized.data)
    weights = proposal.model.tensors[1]
    assert weights.constant().min() >= -8
    assert weights.constant().max() <= 7
    moved = weights.blocks.scale != case.quantized.tensors[1].blocks.scale
    scales = weights.blocks.scale[moved]
    assert moved.any()
    assert np.array_equal(bfloat16(scales).astype(np.float64), scales)


def test_edits_are_of_their_kinds_and_layers(case):
    edits = diff(case.quantized, propose(case, BlockSquares()).model).edits
    kinds = kinds_of_edits(case.quantized, edits)
    assert kinds == {Edit.WEIGHTS, Edit.BIASES, Edit.WEIGHT_SCALES}
    assert edited_layers(case.quantized, edits) == {0, 1, 2}


def test_scales_stay_where_they_must_and_layers_that_were_not_chosen(case):
    options = RepairOptions(scope=EditScope(edit_scales=False, layers=("1",)))
    edits = diff(case.quantized, propose(case, BlockSquares(), options).model).edits
    assert kinds_of_edits(case.quantized, edits) == {Edit.WEIGHTS, Edit.BIASES}
    assert edited_layers(case.quantized, edits) == {1}


@pytest.mark.parametrize("strategy", ["auto", "least-squares"])
def test_a_whole_repair_of_a_file_with_blocks_alone(case, strategy):
    result = repair(case, Settings.of(strategy), PATHS)
    validation = result.report.validation
    assert [step.name for step in result.report.steps] == ["block-squares"]
    assert result.report.steps[0].accepted
    assert validation.repaired.loss < 0.5 * validation.int8.loss
    assert not any("left alone" in note for note in result.report.notes)
    assert "cannot run this file" in result.report.second_opinion.summary


@pytest.mark.parametrize("layers", [("0",), None])
def test_layers_without_blocks_are_repaired_too(tmp_path, layers):
    """A dense layer that stays float is none that is edited."""
    case = load_case(str(write_target(tmp_path, blocked=(0, 2))), OPTIONS)
    result = repair(case, Settings.of("auto", layers=layers), PATHS)
    assert result.report.steps[0].accepted
    assert edited_layers(case.quantized, result.delta.edits) == ({0} if layers else {0, 2})


def write_mixed_target(folder):
    """A target whose middle layer has a scale a channel and the others one for each block."""
    x, _, layers = trained(count=900)
    reference, quantized = specs(layers, blocked=(0, 2))
    weights = quantized.tensors[4]
    scale = np.abs(weights.data).max(axis=1) / 7
    values = np.clip(np.rint(weights.data / scale[:, None]), -7, 7).astype(np.int8)
    weights.type, weights.data = "INT4", pack(values)
    weights.scale, weights.zero_point = [float(s) for s in scale], [0] * len(scale)
    np.savez(folder / "data.npz", x=x)
    (folder / "float.tflite").write_bytes(build(reference))
    (folder / "int8.tflite").write_bytes(build(quantized))
    (folder / "target.toml").write_text(head("count = 500", "count = 200") + TASK)
    return folder / "target.toml"


@pytest.mark.parametrize("strategy", ["auto", "distill"])
def test_blocks_beside_layers_with_a_scale_a_channel(tmp_path, strategy):
    case = load_case(str(write_mixed_target(tmp_path)), OPTIONS)
    result = repair(case, Settings.of(strategy), PATHS)
    accepted = {step.name for step in result.report.steps if step.accepted}
    assert "block-squares" in accepted
    assert result.report.validation.repaired.loss < result.report.validation.int8.loss
    assert edited_layers(case.quantized, result.delta.edits) >= {0, 2}
    assert "the inputs of layers with other integer weights" in result.report.second_opinion.summary


@pytest.mark.parametrize(
    ("strategy", "more", "why"),
    [
        ("squant", {}, "none of the chosen layers may be edited: layer 0 'y0': .*block-squares"),
        ("auto", {"max_bytes": 100}, "no move keeps a budget of bytes"),
    ],
)
def test_what_does_not_edit_blocks_is_refused(case, strategy, more, why):
    with pytest.raises(BadInputError, match=why):
        repair(case, Settings.of(strategy, **more), PATHS)


def test_why_not(case):
    facts = Facts(case=case, model=case.quantized, layers=(), options=RepairOptions())
    assert BlockSquares().why_not(facts) is None
    assert "the float model" in BlockSquares().why_not(
        replace(facts, case=replace(case, float_model=None))
    )
    plain = read(build(specs((64, 8), blocked=())[1]))
    assert "no chosen layer" in BlockSquares().why_not(replace(facts, model=plain))


def test_scales_of_two_layers_stay():
    spec = specs((64, 64, 64, 4))[1]
    first, second = spec.tensors[1], spec.tensors[4]
    second.blocks = first.blocks
    model = read(build(spec))
    assert [scales_are_own(model, layer) for layer in model.layers] == [False, False, True]
    spec.tensors[4].buffer_of = 1
    assert [layer.number for layer in block_layers(read(build(spec)))] == [2]


def test_whole_numbers_of_a_unit():
    scale = bfloat16(np.random.default_rng(0).uniform(0.001, 0.1, (5, 8))).astype(np.float64)
    whole, unit = whole_scales(scale)
    assert np.array_equal(whole * unit[:, None], scale)
    assert np.array_equal(whole, np.rint(whole))
    assert np.all(np.frexp(unit)[0] == 0.5)
    far = np.array([[1.0, 2.0**-17], [1.0, 2.0**-16]])
    assert spans_too_far(far).tolist() == [True, False]


def test_only_scales_that_float16_holds_are_written():
    kept = np.full(4, 0.25)
    assert writable(np.array([1.003, 1e6, 1e-9, 0.0]), kept).tolist() == [1.0, 0.25, 0.25, 0.25]
