"""SVDFs are repaired: features, time weights and biases; ranges around them; a file end to end."""

from dataclasses import replace

import numpy as np
import pytest

from digits_case import PATHS
from mendlite.algorithms.system import UNBOUNDED
from mendlite.claims.squares import check_squares
from mendlite.jobs.repair import repair
from mendlite.model.delta import Field
from mendlite.model.layer_system import LayerRepair
from mendlite.model.repair_options import EditScope, RepairOptions
from mendlite.model.svdf import hybrid_svdfs, integer_svdfs
from mendlite.moves import LeastSquares, RecurrentSquares
from mendlite.pairing.tensors import pair_tensors
from mendlite.repair.edits import Edit, kinds_of_edits
from mendlite.repair.facts import Facts
from mendlite.repair.layers.svdf_systems import Features, HybridUnits, Units
from mendlite.repair.layers.system_builder import float_rows
from mendlite.repair.run import propose
from mendlite.repair.settings import Settings
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.tflite.channel_groups import channel_groups
from mendlite.tflite.diff import diff
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import scale_groups
from svdf_cases import FORM, FRAMES, RECORDINGS, write_case, write_hybrid_case
from svdf_models import hybrid_spec, svdf_spec
from tiny_models import OpSpec, TensorSpec, build, dense_spec

FORMS = {
    "plain": {},
    "rank 2, two layers": {"rank": 2, "layers": 2, "out_scale": 0.15, "logit_scale": 0.4},
    "int8 state": {"state": "INT8", "state_scale": 0.12, "state_zero": 5},
    "no activation": {"activation": "NONE", "zero_point": 2, "out_scale": 0.12},
}


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def case(request, tmp_path):
    return write_case(tmp_path, request.param)


def gap(case, model):
    """Mean squared distance of the last SVDF's real outputs from the float model's."""
    own = integer_svdfs(model)[-1].output
    real = pair_tensors(case.reference, model)[own]
    samples = case.sets.validation
    runner = make_runner("reference", model, case.profile)
    stored = collect(runner, case.quantized_inputs(samples, model), [own])[own]
    runner = make_runner("reference", case.reference, case.profile)
    wanted = collect(runner, case.float_inputs(samples), [real])[real]
    tensor = model.tensors[own]
    least, most = (tensor.scale * (end - tensor.zero_point) for end in (-128, 127))
    values = tensor.scale * (stored - float(tensor.zero_point))
    return np.square(values - np.clip(wanted, least, most)).mean()


def test_the_units_come_back_to_float(case):
    assert case.quantized.frames == FRAMES
    proposal = propose(case, RecurrentSquares())
    edits = diff(case.quantized, proposal.model).edits
    assert kinds_of_edits(case.quantized, edits) == {Edit.WEIGHTS, Edit.BIASES}
    before, after = gap(case, case.quantized), gap(case, proposal.model)
    assert after < 0.5 * before


def test_a_badly_quantized_classifier_is_repaired(tmp_path):
    case = write_case(tmp_path, {})
    settings = Settings.of([RecurrentSquares(), LeastSquares()])
    repaired = repair(case, settings, PATHS)
    found = repaired.report.validation
    assert found.samples == (RECORDINGS - 80) * FRAMES
    assert found.int8.failing >= 20
    assert found.repaired.failing <= 0.4 * found.int8.failing
    assert repaired.report.second_opinion.confirmed


HYBRID_FORMS = {
    "plain": {},
    "rank 2, two layers": {"rank": 2, "layers": 2},
    "no activation": {"activation": "NONE"},
}


@pytest.mark.parametrize("form", HYBRID_FORMS.values(), ids=HYBRID_FORMS)
def test_int8_weights_between_float_values_come_back_to_float(form, tmp_path):
    case = write_hybrid_case(tmp_path, form)
    proposal = propose(case, RecurrentSquares())
    edits = diff(case.quantized, proposal.model).edits
    assert kinds_of_edits(case.quantized, edits) == {Edit.WEIGHTS, Edit.BIASES}
    own = hybrid_svdfs(proposal.model)
    assert {e.tensor for e in edits} == {t for svdf in own for t in svdf.constants}
    assert len(integer_svdfs(proposal.model)) == 0
    before, after = (
        _float_gap(case, model, own[-1].output) for model in (case.quantized, proposal.model)
    )
    assert after < 0.5 * before


def test_a_classifier_in_dynamic_range_is_repaired(tmp_path):
    case = write_hybrid_case(tmp_path, {})
    repaired = repair(case, Settings.of([RecurrentSquares(), LeastSquares()]), PATHS)
    found = repaired.report.validation
    assert found.int8.failing >= 20
    assert found.repaired.failing <= 0.4 * found.int8.failing
    assert repaired.report.second_opinion.confirmed


def _float_gap(case, model, tensor):
    """Mean squared distance of a float tensor from the float model's on held-out recordings."""
    samples = case.sets.validation
    runner = make_runner("reference", model, case.profile)
    stored = collect(runner, case.quantized_inputs(samples, model), [tensor])[tensor]
    real = pair_tensors(case.reference, model)[tensor]
    runner = make_runner("reference", case.reference, case.profile)
    wanted = collect(runner, case.float_inputs(samples), [real])[real]
    return np.square(stored - wanted).mean()


def test_real_rows_over_time_by_hand():
    # 4096 steps are the largest feature, 2.0; the bias, 0.5, counts in steps of 0.5 * 2 / 4096.
    spec = hybrid_spec(inputs=2, units=1, memory=2, classes=1, activation="NONE")
    for tensor in spec.tensors:
        tensor.scale = [0.5] if tensor.name == "time0" else tensor.scale
        tensor.data = np.array([0.5], "<f4") if tensor.name == "bias0" else tensor.data
    model = read(build(spec))
    features, unit = float_rows(np.array([[[2.0], [-1.0]]]))
    (svdf,) = hybrid_svdfs(model)
    part = HybridUnits(model=model, svdf=svdf, row_unit=unit, bounds=(-np.inf, np.inf))
    assert part.rows(features, np.array([0, 1])).tolist() == [[[0, 4096]], [[4096, -2048]]]
    stored = part.stored(model)
    assert (stored.bias.tolist(), stored.fixed_bias.tolist()) == ([0], [2048.0])
    rows = part.rows(features, np.array([0, 1]))
    system = part.system(rows, np.array([[1.0], [2.0]]), np.zeros((1, 2)))
    moved = LayerRepair(
        weights=stored.weights, bias=np.array([4]), before=np.array([2**60]), after=np.array([0])
    )
    edits, restated = part.written(system, moved)
    assert [(edit.tensor, edit.new.tolist()) for edit in edits] == [
        (svdf.bias, [np.float32(0.5 + 4 * 0.5 * 2 / 4096)])
    ]
    check_squares(system, part.stored(patched(model, edits)), restated, place="here")


def svdf_of(**form):
    model = read(build(svdf_spec(**form)))
    return model, integer_svdfs(model)[0]


def test_rows_over_time_by_hand():
    # Two recordings of two frames, two filters that make one unit, a memory of three frames; an
    # int16 state counts in steps of 32 here.
    model, svdf = svdf_of(inputs=2, units=1, rank=2, memory=3, classes=2)
    features = 32 * np.array([[[1, 10], [2, 20]], [[3, 30], [4, 40]]])
    part = Units(model=model, svdf=svdf)
    assert part.rows(features, np.array([1, 2, 3])).tolist() == [
        [[0, 1, 2, 0, 10, 20]],
        [[0, 0, 3, 0, 0, 30]],
        [[0, 3, 4, 0, 30, 40]],
    ]


def test_a_bias_is_written_in_its_own_steps():
    model, svdf = svdf_of(inputs=2, units=2, memory=3, classes=2)
    part = Units(model=model, svdf=svdf)
    stored = part.stored(model)
    own = model.tensors[svdf.bias].constant()
    assert np.array_equal(stored.bias * 32 + stored.fixed_bias * 32, own)
    solved = LayerRepair(
        weights=stored.weights,
        bias=stored.bias + np.array([1, 0]),
        before=np.ones(2),
        after=np.zeros(2),
    )
    (edit,) = part.edits(solved)
    assert (edit.tensor, edit.index.tolist()) == (svdf.bias, [0])
    assert edit.new[0] == own[0] + 32


@pytest.mark.parametrize(
    ("zero", "open_ends"), [(0, (True, True)), (5, (True, False)), (-5, (False, True))]
)
def test_a_target_is_one_sided_where_the_state_does_not_wrap(zero, open_ends):
    # 125 + 5 does not fit int8: it would be stored as -126.
    model, svdf = svdf_of(units=2, state="INT8", state_scale=0.5, state_zero=zero)
    wanted = np.array([[-100.0, 0.0], [100.0, 0.0]])
    part = Features(model=model, svdf=svdf)
    system = part.system(np.ones((2, 5), np.int16), wanted, np.zeros((2, 5)))
    unbounded = [bool(system.low[0, 0] == -UNBOUNDED), bool(system.high[1, 0] == UNBOUNDED)]
    assert tuple(unbounded) == open_ends
    if zero > 0:
        step = model.tensors[svdf.features].scale * model.tensors[svdf.input].scale
        assert system.high[1, 0] == round(0.5 * (127 - zero) / step * (1 << system.fraction_bits))


def test_ranges_around_an_svdf_change_and_its_state_stays():
    model = read(build(svdf_spec(layers=2)))
    first, second = integer_svdfs(model)
    frozen = {t: group.frozen for group in scale_groups(model) for t in group.tensors}
    assert frozen[first.output] is None
    assert frozen[second.output] is None
    assert frozen[first.state] == "operator 0 SVDF fixes its parameters"
    (group,) = (g for g in scale_groups(model) if first.output in g.tensors)
    changed = patched(model, rescale_edits(model, group, 0.04, -128))
    fields = {(edit.tensor, edit.field) for edit in diff(model, changed).edits}
    assert fields == {(first.output, Field.SCALE)}


def test_why_not(tmp_path):
    case = write_case(tmp_path, {})
    facts = Facts(case=case, model=case.quantized, layers=(0,), options=RepairOptions())
    assert RecurrentSquares().why_not(facts) is None
    scope = RepairOptions(scope=EditScope(layers=("0",)))
    assert "only some layers" in RecurrentSquares().why_not(replace(facts, options=scope))
    other = replace(facts, model=read(build(dense_spec())))
    assert "no LSTM or SVDF" in RecurrentSquares().why_not(other)
    form = replace(facts, model=read(build(svdf_spec(2, **{**FORM, "rank": 2}))))
    assert "no LSTM or SVDF" in RecurrentSquares().why_not(form), "another rank is no twin"


def test_equalization_stops_at_an_svdf():
    # Two dense layers with an SVDF between them: one that copied bytes would join them.
    dense, spec = dense_spec(inputs=5, hidden=5), svdf_spec()
    spec.tensors += [
        *dense.tensors[1:3],
        TensorSpec("x", (1, 5), scale=[0.03], zero_point=[-9]),
    ]
    first = len(spec.tensors) - 3
    spec.ops[0].inputs[0] = first + 2
    spec.ops.insert(
        0, OpSpec("FULLY_CONNECTED", [0, first, first + 1], [first + 2], "FullyConnectedOptions")
    )
    model = read(build(spec))
    assert len(model.layers) == 2
    assert not list(channel_groups(model))
