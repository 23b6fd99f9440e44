"""Scales of the graph's inputs and outputs: edited where the caller permits it, and nowhere else."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from lying_moves import GenerousEvaluator

from digits_case import OPTIONS, PATHS
from mendlite.case.evaluate import Evaluator
from mendlite.errors import BadInputError
from mendlite.jobs.repair import repair
from mendlite.model.delta import Field
from mendlite.model.interface import MayEdit, Side
from mendlite.moves import ActivationRanges, Calibrate, Edit, Move, Proposal, patched
from mendlite.repair.edits import kinds_of_edits
from mendlite.repair.engine.accept import Engine
from mendlite.repair.run import require_settings, run
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.edits import field_edit
from mendlite.tflite.fields import SCALE_TYPE
from mendlite.tflite.interface import interface_changes
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from small_networks import calibrated_on_other_data, residual_spec, spec_of, with_uint8_ends
from small_targets import HEAD
from tiny_models import OpSpec, TensorSpec, build, dense_spec, float_twin

BOTH = MayEdit(inputs=True, outputs=True)


def write(folder, make, bad, table="", feeding=""):
    """A target whose int8 file is ``bad`` of what its float file is the perfect twin of."""
    spec = make()
    shape = spec.tensors[spec.inputs[0]].shape[1:]
    rng = np.random.default_rng(5)
    np.savez(folder / "data.npz", x=rng.normal(0, 2.0, (400, *shape)).astype(np.float32))
    (folder / "float.tflite").write_bytes(build(float_twin(spec)))
    (folder / "int8.tflite").write_bytes(build(bad(make())))
    (folder / "target.toml").write_text(HEAD + table + feeding, encoding="utf-8")
    return load_case(str(folder), OPTIONS)


def wide_output(spec):
    return calibrated_on_other_data(spec, spec.outputs[0], 150.0)


def narrow_input(spec):
    return calibrated_on_other_data(spec, spec.inputs[0], 0.1)


def wide_input(spec):
    return calibrated_on_other_data(spec, spec.inputs[0], 60.0)


RANGES = (Calibrate(rule="min-max"), ActivationRanges())


def repaired(case, **options):
    return repair(case, Settings.of(RANGES, **options), PATHS)


def sides(report):
    return {change.side for change in report.interface}


def test_a_wide_output_is_repaired_where_that_is_permitted(tmp_path):
    case = write(tmp_path, dense_spec, wide_output)
    kept = repaired(case).report
    assert kept.interface == ()
    assert kept.validation.repaired is None or kept.validation.repaired.failing > 20
    found = repaired(case, edit_outputs=True)
    report, delta = found.report, found.delta
    assert sides(report) == {Side.OUTPUT}
    assert report.validation.repaired.failing <= 8
    assert (case.quantized.outputs[0], Field.SCALE) in {(e.tensor, e.field) for e in delta.edits}
    (change,) = report.interface
    assert change.old.scale == pytest.approx(60.0)
    assert 0.1 < change.new.scale < 2.0
    assert report.unreachable is None


@pytest.mark.parametrize("bad", [narrow_input, wide_input])
def test_an_input_of_another_range_is_repaired_where_that_is_permitted(tmp_path, bad):
    case = write(tmp_path, dense_spec, bad)
    found = repaired(case, edit_inputs=True)
    report = found.report
    assert sides(report) == {Side.INPUT}
    assert report.validation.repaired.failing < report.validation.int8.failing
    assert report.validation.repaired.failing <= 10
    # The repaired file is fed by its own scale: its inputs differ from the base file's.
    samples = case.sets.validation
    base, now = (case.quantized_inputs(samples, m)[0] for m in (case.quantized, found.model))
    assert not np.array_equal(base, now)


def test_uint8_ends_change_with_the_int8_tensors_behind_them(tmp_path):
    bad = lambda spec: with_uint8_ends(wide_output(wide_input(spec)))  # noqa: E731
    case = write(tmp_path, dense_spec, bad)
    found = repaired(case, edit_inputs=True, edit_outputs=True)
    assert sides(found.report) == {Side.INPUT, Side.OUTPUT}
    assert found.report.validation.repaired.failing <= 10
    for operator in (o for o in found.model.operators if o.op == "QUANTIZE"):
        first, second = (found.model.tensors[t] for t in (*operator.inputs, *operator.outputs))
        assert first.scale == second.scale
        assert abs(first.zero_point - second.zero_point) == 128


@pytest.mark.parametrize("seed", range(5))
def test_without_permission_no_group_of_an_end_is_free(seed):
    model = read(build(spec_of(seed)))
    ends = {*model.inputs, *model.outputs}
    assert all(group.frozen for group in scale_groups(model) if ends & set(group.tensors))
    for may, own in (
        (MayEdit(inputs=True), model.outputs),
        (MayEdit(outputs=True), model.inputs),
    ):
        assert all(g.frozen for g in scale_groups(model, may) if set(own) & set(g.tensors))
    free = [g for g in scale_groups(model, BOTH) if g.frozen is None and ends & set(g.tensors)]
    assert free


@dataclass(frozen=True)
class MovesAnEnd(Move):
    """It sets another scale at one tensor, and declares every kind of edit."""

    tensor: int

    name = "bold"
    edits = frozenset(Edit)

    def propose(self, context, budget):  # noqa: ARG002 - the protocol's
        model = context.model
        scale = np.array([model.tensors[self.tensor].scale * 1.1], SCALE_TYPE)
        return Proposal(model=patched(model, [field_edit(model, self.tensor, Field.SCALE, scale)]))


def attempt(case, move, **options):
    base = Evaluator.of(case, case.sets.selection)
    evaluator = GenerousEvaluator(case=case, samples=base.samples, teacher=base.teacher)
    runner = Engine.of(case, Settings.of(**options).options, (0, 1), evaluator)
    return runner.attempt(runner.begin(), move)


@pytest.mark.parametrize("make", [dense_spec, lambda: residual_spec(0), lambda: residual_spec(1)])
def test_no_edit_of_an_end_is_admitted_without_permission_however_good(tmp_path, make):
    case = write(tmp_path, make, lambda spec: spec, '[task]\nkind = "regression"\n')
    model = case.quantized
    for end, option in ((model.inputs[0], "edit_inputs"), (model.outputs[0], "edit_outputs")):
        after = attempt(case, MovesAnEnd(end))
        assert [step.accepted for step in after.steps] == [False]
        assert f"parameters of the graph's {option[5:]}" in after.notes[-1]
        allowed = attempt(case, MovesAnEnd(end), **{option: True})
        assert [step.accepted for step in allowed.steps] == [True]


def test_an_edit_counts_as_an_ends_wherever_its_bytes_are_named(tmp_path):
    case = write(tmp_path, dense_spec, lambda spec: spec)
    model, out = case.quantized, case.quantized.outputs[0]
    # The hidden tensor's vector is the output's, too: the delta names the first of them.
    tensors = list(model.tensors)
    hidden = model.layers[0].output
    tensors[hidden] = replace(tensors[hidden], quant=tensors[out].quant)
    shared = replace(model, tensors=tuple(tensors))
    edit = field_edit(shared, hidden, Field.SCALE, np.array([0.7], SCALE_TYPE))
    assert Edit.OUTPUTS in kinds_of_edits(shared, [edit])
    assert interface_changes(model, model) == ()


def with_softmax():
    spec = dense_spec()
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[1 / 256], zero_point=[-128]))
    spec.ops.append(OpSpec("SOFTMAX", [6], [7], "SoftmaxOptions", {"Beta": 1.0}))
    spec.outputs = [7]
    return spec


def test_what_an_operator_fixes_stays_and_the_report_states_why(tmp_path):
    case = write(tmp_path, with_softmax, lambda spec: spec)
    assert all(g.frozen for g in scale_groups(case.quantized, BOTH) if 7 in g.tensors)
    settings = Settings.of(RANGES, edit_outputs=True, time_limit=1e-9)
    state = run(case, settings, Evaluator.of(case, case.sets.selection)).state
    assert any("`edit_outputs` is set: operator 2 SOFTMAX fixes" in note for note in state.notes)
    assert interface_changes(case.quantized, state.model) == ()


RAW = '[[inputs]]\nint8 = "raw"\n'


def test_raw_integers_are_refused_with_edit_inputs(tmp_path):
    case = write(tmp_path, dense_spec, lambda spec: spec, feeding=RAW)
    with pytest.raises(BadInputError, match="takes raw integers as they are"):
        require_settings(case, Settings.of(edit_inputs=True))
    require_settings(case, Settings.of(edit_outputs=True))


@pytest.mark.parametrize(
    ("options", "words"),
    [({"edit_scales": False}, "`edit_scales` is off"), ({"layers": ["0"]}, "exclude each other")],
)
def test_options_that_contradict_are_refused(tmp_path, options, words):
    case = write(tmp_path, dense_spec, lambda spec: spec)
    with pytest.raises(BadInputError, match=words):
        require_settings(case, Settings.of(edit_outputs=True, **options))
