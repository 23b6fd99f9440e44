"""The float model is replayed once for all moves, and what is kept is what a replay gives."""

from collections import Counter

import numpy as np
import pytest
from test_acceptance import engine

from digits_case import OPTIONS
from mendlite.moves import ActivationRanges, Calibrate, Equalize, LeastSquares
from mendlite.repair.layers import calibration, float_targets, rescaled_replay
from mendlite.repair.layers.calibration import RULES
from mendlite.repair.layers.rescaled_replay import RescaledReplay
from mendlite.replay.reference import execute
from mendlite.replay.reference.batches import samples_of
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.registry import make_runner
from mendlite.targets.open import load_case


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


@pytest.fixture
def replays(digits, monkeypatch):
    """Replays of the float model, and of rescaled ones, since the test began."""
    honest, seen = ReferenceRunner.run, Counter()

    def run(self, inputs, tensors):
        seen["float"] += self.model.data is digits.reference.data
        return honest(self, inputs, tensors)

    monkeypatch.setattr(ReferenceRunner, "run", run)
    return seen


def states(case, moves):
    """The states before and after each of the moves, from one engine."""
    runner = engine(case)
    found = [runner.begin()]
    for move in moves:
        found.append(runner.attempt(found[-1], move))
    return found


def test_all_rules_of_calibration_need_one_replay(digits, replays):
    runner = engine(digits)
    state = runner.begin()
    replays.clear()
    for rule in RULES:
        runner.attempt(state, Calibrate(rule=rule))
    assert replays["float"] == 1
    runner.attempt(state, Calibrate())
    assert replays["float"] == 2, "the teacher's outputs besides"
    runner.attempt(state, ActivationRanges())
    assert replays["float"] == 2, "the same samples' outputs are known"


def test_histograms_do_not_depend_on_what_is_kept(digits, replays, monkeypatch):
    tensors = [operator.outputs[0] for operator in digits.reference.operators[:3]]
    kept = calibration.measure_histograms(digits, tensors)
    assert replays["float"] == 1
    monkeypatch.setattr(calibration, "MEMORY", 0)
    again = calibration.measure_histograms(digits, tensors)
    assert replays["float"] == 3
    for tensor in tensors:
        assert (kept[tensor].low, kept[tensor].high) == (again[tensor].low, again[tensor].high)
        assert kept[tensor].counts.tolist() == again[tensor].counts.tolist()


def test_targets_are_collected_once_for_all_layer_moves(digits, replays):
    runner = engine(digits)
    state = runner.begin()
    replays.clear()
    for bound in (1, 2, 3):
        runner.attempt(state, LeastSquares(max_delta=bound))
    assert replays["float"] == 1


def test_targets_that_do_not_fit_are_collected_again(digits, replays, monkeypatch):
    runner = engine(digits)
    state = runner.begin()
    replays.clear()
    monkeypatch.setattr(float_targets, "MEMORY", 0)
    ends = [runner.attempt(state, LeastSquares(max_delta=bound)) for bound in (3, 4)]
    assert replays["float"] == 2 * len(digits.quantized.layers), "a pass a layer"
    free = engine(digits)
    assert (
        ends[0].model.sha256 == free.attempt(free.begin(), LeastSquares(max_delta=3)).model.sha256
    )


def test_equalization_runs_the_float_model_once_not_once_a_group(digits, replays, monkeypatch):
    runner = engine(digits)
    state = runner.begin()
    honest, runs = execute._run_operator, Counter()

    def run_operator(program, index, values):
        if program.model.data is digits.reference.data:
            runs[index] += samples_of(program, values)
        return honest(program, index, values)

    monkeypatch.setattr(execute, "_run_operator", run_operator)
    replays.clear()
    ended = runner.attempt(state, Equalize())
    assert any("3 places between them" in note for note in ended.notes)
    assert replays["float"] == 0
    count = digits.sets.repair.count
    # Once on the way and once or twice ahead of it, for extremes and for clipping.
    assert count <= max(runs.values()) <= 3 * count
    assert sum(runs.values()) < 2 * count * len(digits.reference.operators)


def test_a_replay_of_rescaled_models_gives_what_a_runner_gives(digits, monkeypatch):
    samples = digits.sets.repair
    first, later = digits.reference.layers[1], digits.reference.layers[2]
    moved = digits.reference.with_float_constants(
        {first.weights: digits.reference.tensors[first.weights].constant() * np.float32(1.5)}
    )
    replay = RescaledReplay(digits, samples)
    calls = [(digits.reference, first), (moved, later), (digits.reference, first)]
    for memory in (rescaled_replay.MEMORY, 0):
        monkeypatch.setattr(rescaled_replay, "MEMORY", memory)
        for model, layer in calls:
            tensors = [layer.input, layer.output]
            found = list(replay.run(model, layer.index, tensors))
            runner = make_runner("reference", model, digits.profile)
            expected = list(runner.run(digits.float_inputs(samples), tensors))
            assert len(found) == len(expected)
            for a, b in zip(found, expected, strict=True):
                assert all(np.array_equal(a[t], b[t]) for t in tensors)


def test_one_engine_measures_a_statistic_once(digits, replays):
    states(digits, [Calibrate(rule="min-max"), Calibrate(rule="percentile 99.9")])
    once = replays["float"]
    replays.clear()
    states(digits, [Calibrate(rule="min-max")])
    assert replays["float"] == once
