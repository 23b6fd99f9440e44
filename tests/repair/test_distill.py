"""Weights and biases learned through the whole network, in the device's integers."""

from dataclasses import replace

import numpy as np
import pytest

from digits_case import OPTIONS
from mendlite.arith.ordered_sums import mean_of
from mendlite.case.evaluate import Evaluator
from mendlite.model.clock import Clock
from mendlite.model.repair_options import RepairOptions
from mendlite.model.tensor import INT4_RANGE
from mendlite.moves import Distill
from mendlite.repair.engine.stopping import Stopping
from mendlite.repair.facts import Facts
from mendlite.repair.learning import learn as learning
from mendlite.repair.run import propose
from mendlite.repair.settings import Settings
from mendlite.repair.strategies.auto import AUTO
from mendlite.repair.strategies.plan import moves_of
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.targets.open import load_case
from mendlite.tflite.reader import read
from small_networks import residual_spec
from small_targets import CASES, write_target
from tiny_models import build, dense_spec

SHORT = Distill(steps=40, rate=0.05)


def case_of(folder, make, table='[task]\nkind = "regression"\n', spread=2.0):
    write_target(folder, make, table, spread)
    return load_case(str(folder / "target.toml"), OPTIONS)


def attempted(case):
    """The moves that ``auto`` attempts for this case."""
    layers = tuple(layer.number for layer in case.quantized.layers)
    facts = Facts(case=case, model=case.quantized, layers=layers, options=RepairOptions())
    return list(moves_of(AUTO.plan, facts))


def losses(case, *models):
    evaluator = Evaluator.of(case, case.sets.selection)
    return [evaluator.score(evaluator.outputs(model)).loss for model in models]


def test_a_spoiled_network_becomes_nearly_as_good_as_its_float_twins_rounding(tmp_path):
    case = case_of(tmp_path, dense_spec)
    learned = propose(case, Distill(steps=200, rate=0.05)).model
    before, after, best = losses(case, case.quantized, learned, read(build(dense_spec())))
    assert before > 8 * best
    assert after < 2 * best


@pytest.mark.parametrize("name", [name for name in CASES if name != "transposed"])
def test_the_loss_of_every_task_falls(tmp_path, name):
    make, table, *spread = CASES[name]
    case = case_of(tmp_path, make, table, *spread)
    proposal = propose(case, SHORT)
    before, after = losses(case, case.quantized, proposal.model)
    assert after < before
    assert proposal.notes[0].startswith("distill: 40 steps of 32 of 150 samples")


def test_branches_pools_and_means_are_learned_through(tmp_path):
    case = case_of(tmp_path, lambda: residual_spec(2))
    learned = propose(case, Distill(steps=100, rate=0.05)).model
    before, after, rounded = losses(case, case.quantized, learned, read(build(residual_spec(2))))
    assert after < rounded < before


def test_an_operator_without_a_derivative_is_named_before_any_replay(tmp_path, monkeypatch):
    make, table, spread = CASES["transposed"]
    case = case_of(tmp_path, make, table, spread)
    facts = Facts(case=case, model=case.quantized, layers=(0,), options=RepairOptions())
    reason = "operator 0 TRANSPOSE_CONV: its derivative is not implemented"
    monkeypatch.setattr(ReferenceRunner, "run", lambda *_: pytest.fail("samples were replayed"))
    assert Distill().why_not(facts) == reason


def test_only_the_last_layers_and_small_moves_where_asked(tmp_path):
    case = case_of(tmp_path, dense_spec)
    last = propose(case, Distill(steps=40, last=1, rate=0.1)).model
    assert np.array_equal(last.tensors[1].data, case.quantized.tensors[1].data)
    assert not np.array_equal(last.tensors[4].data, case.quantized.tensors[4].data)
    options = Settings.of("distill", max_delta=1, distill_steps=40).options
    near = propose(case, Distill(rate=0.1), options).model
    moved = near.tensors[1].data.astype(int) - case.quantized.tensors[1].data
    assert np.abs(moved).max() == 1


def test_images_are_moved_and_mixed_unless_that_is_off(tmp_path):
    case = case_of(tmp_path, lambda: residual_spec(2))
    (note,) = propose(case, Distill(steps=2, copies=3)).notes
    assert "of 600 samples" in note
    (note,) = propose(case, Distill(steps=2, copies=0)).notes
    assert "of 150 samples" in note


def test_threads_do_not_change_a_bit(tmp_path, monkeypatch):
    case = case_of(tmp_path, lambda: residual_spec(2))
    monkeypatch.setattr(learning, "slice_size", lambda _model: 4)
    digests = set()
    for workers in (1, 3):
        monkeypatch.setattr(learning, "WORKERS", workers)
        digests.add(propose(case, Distill(steps=10, rate=0.1)).model.sha256)
    assert len(digests) == 1
    assert digests != {case.quantized.sha256}


def test_progress_is_shown_and_ctrl_c_ends_the_step(tmp_path):
    case, seen = case_of(tmp_path, dense_spec), []

    def pressed(what, done, of):
        seen.append((what, done, of))
        if (what, done) == ("distill", 3):
            raise KeyboardInterrupt

    watched = replace(case, execution=replace(case.execution, progress=pressed))
    with pytest.raises(KeyboardInterrupt):
        propose(watched, SHORT)
    assert [each for each in seen if each[0] == "distill"] == [
        ("distill", 1, 40), ("distill", 2, 40), ("distill", 3, 40),
    ]  # fmt: skip


def test_a_time_limit_shortens_the_course():
    done = iter([0.0, 0.5, 0.9, 1.0, 1.0])
    course = learning.Course(steps=100, batch=8, rate=0.1, done=lambda: next(done))
    rates = list(learning.rates(course))
    assert rates == pytest.approx([0.1, 0.05, 0.01])


def test_the_share_of_a_time_limit_that_has_passed():
    assert Stopping().share() == 0
    times = iter([0.0, 47.5, 500.0])
    stopping = Stopping(limit=100, clock=Clock(read=lambda: next(times)))
    assert stopping.share() == pytest.approx(0.5)
    assert stopping.share() > 1


def test_int4_weights_stay_within_their_values(tmp_path):

    def with_int4():
        spec = dense_spec()
        for place in (1, 2, 4, 5):
            tensor = spec.tensors[place]
            tensor.data = (tensor.data // 16).astype(tensor.data.dtype)
            tensor.scale = [16 * tensor.scale[0]]
        return spec

    case = case_of(tmp_path, with_int4)
    spec = with_int4()
    for place in (1, 4):
        values = np.clip(spec.tensors[place].data + 1, *INT4_RANGE)
        low, high = (values.reshape(-1)[begin::2] & 15 for begin in (0, 1))
        spec.tensors[place].type = "INT4"
        spec.tensors[place].data = (low | np.resize(high, low.size) << 4).astype(np.uint8)
    (tmp_path / "int8.tflite").write_bytes(build(spec))
    assert Distill() not in attempted(case)
    case = load_case(str(tmp_path / "target.toml"), OPTIONS)
    assert attempted(case)[-1] == Distill()
    learned = propose(case, Distill(steps=200, rate=0.02)).model
    before, after = losses(case, case.quantized, learned)
    assert after < before / 4
    assert len(learned.data) == len(case.quantized.data)
    assert learned.tensors[1].data.max() <= INT4_RANGE[1]


def test_the_mean_loss_of_a_batch_is_what_the_task_measures(tmp_path):
    case = case_of(tmp_path, dense_spec)
    (note,) = propose(case, Distill(steps=1, rate=0.0)).notes
    evaluator = Evaluator.of(case, case.sets.repair)
    scores = evaluator.score(evaluator.outputs(case.quantized)).losses
    first = np.random.default_rng(case.seed).permutation(150)[:32]
    assert f"{mean_of(scores[first]):.3g} ->" in note
