"""The gates of an LSTM are repaired: unrolled rows, edits of their kinds, ranges of their states."""

from dataclasses import replace

import numpy as np
import pytest

from digits_case import OPTIONS
from mendlite.model.layer_system import LayerRepair
from mendlite.model.recurrent import integer_lstms
from mendlite.model.repair_options import EditScope, RepairOptions
from mendlite.repair.edits import Edit, kinds_of_edits
from mendlite.repair.facts import Facts
from mendlite.repair.layers.lstm_systems import GateRows, gate_edits, operands
from mendlite.repair.moves.recurrent_squares import RecurrentSquares
from mendlite.repair.run import propose
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.targets.open import load_case
from mendlite.tflite.diff import diff
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import scale_groups
from recurrent_models import INT16_LACKING, int16_lstm_spec, lstm_spec
from small_targets import write_target
from tiny_models import build, dense_spec

TASK = '[task]\nkind = "classification"\n'


FORMS = {"int8": lstm_spec, "int16": int16_lstm_spec}


@pytest.fixture(scope="module", params=FORMS.values(), ids=FORMS)
def case(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("lstm")
    write_target(folder, request.param, TASK, spread=0.6)
    return load_case(str(folder / "target.toml"), OPTIONS)


def gap(case, model):
    """Mean squared distance of the LSTM's real outputs from the float model's."""
    steps = integer_lstms(model)[0].output
    tensor, samples = model.tensors[steps], case.sets.validation
    runner = make_runner("reference", model, case.profile)
    own = collect(runner, case.quantized_inputs(samples, model), [steps])[steps]
    real = case.reference.operators[0].outputs[0]
    runner = make_runner("reference", case.reference, case.profile)
    wanted = collect(runner, case.float_inputs(samples), [real])[real]
    return np.square(tensor.scale * (own - float(tensor.zero_point)) - wanted).mean()


def test_the_gates_come_back_to_float(case):
    proposal = propose(case, RecurrentSquares())
    assert kinds_of_edits(case.quantized, diff(case.quantized, proposal.model).edits) == {
        Edit.WEIGHTS,
        Edit.BIASES,
    }
    assert gap(case, proposal.model) < 0.2 * gap(case, case.quantized)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"options": RepairOptions(scope=EditScope(layers=("0",)))}, "only some layers"),
        (
            {"model": read(build(dense_spec()))},
            "no LSTM or SVDF of integer weights has a float twin",
        ),
    ],
)
def test_why_not(case, change, why):
    facts = Facts(case=case, model=case.quantized, layers=(0,), options=RepairOptions())
    assert RecurrentSquares().why_not(facts) is None
    assert why in RecurrentSquares().why_not(replace(facts, **change))


@pytest.mark.parametrize(
    ("spec", "zero_point"), [(lstm_spec(zero_point=3), -4), (int16_lstm_spec(), 0)], ids=FORMS
)
def test_a_state_is_rescaled_with_its_output_and_intermediate_tensor(spec, zero_point):
    model = read(build(spec))
    lstm = integer_lstms(model)[0]
    (group,) = (g for g in scale_groups(model) if lstm.output in g.tensors)
    assert set(lstm.hidden) <= set(group.tensors)
    assert group.frozen is None
    changed = patched(model, rescale_edits(model, group, 0.01, zero_point))
    assert {(changed.tensors[t].scale, changed.tensors[t].zero_point) for t in lstm.hidden} == {
        (float(np.float32(0.01)), zero_point)
    }
    frozen = [g.frozen for g in scale_groups(model) if lstm.cell in g.tensors]
    assert frozen == ["operator 0 UNIDIRECTIONAL_SEQUENCE_LSTM fixes its parameters"]


def test_biases_of_int16_move_by_whole_steps_of_the_rows():
    """The part of a bias below a step of the rows stays; 3 bits of full int16 rows are cut."""
    model = read(build(int16_lstm_spec()))
    lstm = integer_lstms(model)[0]
    values = np.full((1, 5), 2**15 - 1, np.int16)
    rows = GateRows.of(values, np.zeros((1, 6), np.int16), np.zeros((1, 24)))
    operand, _ = operands(lstm, rows.units)
    assert rows.units == (8, 1)
    assert rows.rows[0].tolist() == [[4096] * 5]
    stored = operand.stored(model)
    bias = np.concatenate([model.tensors[t].constant() for t in lstm.biases])
    assert (8 * (stored.bias + stored.fixed_bias) == bias).all()
    zeros = np.zeros(24, np.int64)
    repair = LayerRepair(weights=stored.weights, bias=stored.bias - 3, before=zeros, after=zeros)
    changed = patched(model, gate_edits(model, operand, repair))
    moved = np.concatenate([changed.tensors[t].constant() for t in lstm.biases])
    assert (moved == bias - 24).all()


def test_other_types_of_biases_are_not_repaired():
    spec = int16_lstm_spec()
    INT16_LACKING["INT32"](spec)
    assert integer_lstms(read(build(spec))) == ()
