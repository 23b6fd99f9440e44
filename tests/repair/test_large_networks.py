"""Of a large network less is measured, and what costs little is left out."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from digits_case import OPTIONS, PATHS
from mendlite.analysis.details import measured
from mendlite.analysis.diagnosis.evidence import Evidence
from mendlite.case import affordable as module
from mendlite.case.affordable import affordable, within
from mendlite.jobs import second_opinion
from mendlite.jobs.repair import repair
from mendlite.jobs.second_opinion import BASE, conclude, look
from mendlite.model.cost import Cost
from mendlite.model.repair_options import RepairOptions
from mendlite.moves import BiasCorrection, Edit, Move, Proposal
from mendlite.repair import facts
from mendlite.repair.engine import layer_solutions
from mendlite.repair.engine.state import RepairState
from mendlite.repair.engine.statistics import Statistics
from mendlite.repair.layers import calibration
from mendlite.repair.layers.candidate_search import searched
from mendlite.repair.learning import route
from mendlite.repair.moves import bias_correction
from mendlite.repair.run import propose
from mendlite.repair.settings import Settings
from mendlite.repair.strategies import conditions, noise_order
from mendlite.repair.strategies.noise_order import ByNoiseBudget, Order
from mendlite.repair.strategies.parts import LOSS_SEARCH, RANGE_FIT, RANGE_SEARCH
from mendlite.repair.strategies.plan import moves_of, run_step
from mendlite.replay.reference.slices import multiplications, slice_size
from mendlite.targets.open import load_case


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def test_a_small_network_is_measured_on_all_samples_and_a_large_one_on_fewer(digits):
    model = digits.quantized
    one = multiplications(model)
    assert affordable(model, 512) == 512
    assert affordable(model, 512, multiplied=100 * one) == 100
    assert affordable(model, 512, multiplied=one) == module.FEWEST
    assert affordable(model, 20, multiplied=one) == 20
    assert affordable(replace(model, frames=4), 512, 1, 100 * one) == 25


@dataclass(frozen=True)
class Named(Move):
    """A move that a scripted engine attempts."""

    name: str = "named"

    edits = frozenset({Edit.WEIGHTS})

    def propose(self, context, budget):  # noqa: ARG002 - the interface's
        return Proposal(model=context.model)


WEIGHTS, RANGES, AGAIN = Named("weights"), Named("ranges"), Named("weights again")
ORDERS = (Order(WEIGHTS, RANGES), Order(RANGES, AGAIN))


class ScriptedEngine:
    """What the noise budget costs, and the loss behind the first move."""

    def __init__(self, weights, ranges, left):
        budget = SimpleNamespace(
            weights=Cost(failing=0, loss=weights),
            ranges=Cost(failing=0, loss=ranges),
            fixed=Cost(failing=0, loss=0.0),
        )
        self.statistics = SimpleNamespace(noise_budget=lambda *_: budget)
        self.options = SimpleNamespace(scope=SimpleNamespace(interface=None))
        self.stopped, self.names, self._left = False, [], left

    def unless_stopped(self, compute):
        return compute()

    def context(self, state):
        return state

    def attempt(self, state, move):
        self.names.append(move.name)
        # The selection samples' loss is another one, and says nothing here.
        return replace(state, score=SimpleNamespace(loss=1e6))

    def loss(self, _state, _samples):
        return self._left


def attempted(digits, engine, monkeypatch, *, sparing):
    monkeypatch.setattr(noise_order, "_loss", ScriptedEngine.loss)
    node = ByNoiseBudget(*ORDERS, both=lambda _: False, sparing=lambda _: sparing)
    start = RepairState(case=digits, model=digits.quantized, score=SimpleNamespace(loss=1.0))
    notes = run_step(engine, start, node).notes
    return engine.names, notes


@pytest.mark.parametrize(
    ("costs", "left", "names"),
    [
        ((0.1, 0.9), 1.0, ["ranges"]),
        ((0.1, 0.9), 0.4, ["ranges", "weights again"]),
        ((0.9, 0.1), 1.0, ["weights"]),
        ((0.9, 0.3), 1.0, ["weights", "ranges"]),
        ((0.1, 0.9), 0.0, ["ranges", "weights again"]),
    ],
)
def test_a_large_network_keeps_what_costs_little_of_the_loss_that_is_left(
    digits, monkeypatch, costs, left, names
):
    engine = ScriptedEngine(*costs, left)
    tried, notes = attempted(digits, engine, monkeypatch, sparing=True)
    assert tried == names
    assert any("was not repaired" in note for note in notes) == (len(names) == 1)
    engine = ScriptedEngine(*costs, left)
    tried, notes = attempted(digits, engine, monkeypatch, sparing=False)
    assert len(tried) == 2
    assert not any("was not repaired" in note for note in notes)


def test_no_lower_bounds_of_a_large_network(digits, monkeypatch):
    settings = Settings.of("least-squares")
    assert repair(digits, settings, PATHS).report.squares
    monkeypatch.setattr(layer_solutions, "LARGE", 1.0)
    assert repair(digits, settings, PATHS).report.squares == ()
    assert facts.replayed_multiplications(digits) > 1.0


def test_ranges_of_a_large_network_are_those_of_some_samples(digits, monkeypatch):
    case = replace(digits, sets=replace(digits.sets, repair=digits.sets.repair.some(200)))
    tensors = [case.reference.layers[0].output]
    whole = calibration.measure_histograms(case, tensors)[tensors[0]]
    monkeypatch.setattr(calibration, "COUNTED", 1.0)
    part = calibration.measure_histograms(case, tensors)[tensors[0]]
    assert part.counts.sum() * 200 == whole.counts.sum() * calibration.FEWEST
    assert whole.low <= part.low < part.high <= whole.high


def test_others_run_fewer_samples_of_a_large_network(digits, monkeypatch):
    monkeypatch.setattr(second_opinion, "REPLAY", 1.0)
    looks = look(digits, BASE, digits.quantized)
    found = conclude(digits, digits.quantized, looks, looks)
    assert [one.samples for one in found.runtimes] == [8] * len(found.runtimes)
    assert "the same bytes on 8 samples" in found.summary


def test_under_a_time_limit_less_is_examined_and_cross_checked(digits):
    one = multiplications(digits.quantized)
    assert within(None) == (module.FEWEST, module.REPLAY)
    assert within(2.0) == (module.SPARE, 2 * module.PER_SECOND)
    assert Evidence.of(digits).samples.count == 128
    assert Evidence.of(digits, 40 * one / module.PER_SECOND).samples.count == 40
    assert Evidence.of(digits, 1e-9).samples.count == module.SPARE
    looks = look(digits, BASE, digits.quantized, 16 * one / second_opinion.PER_SECOND)
    assert [seen.samples for seen in looks] == [16] * len(looks)
    assert all(seen.compared is not None for seen in looks)
    looks = look(digits, BASE, digits.quantized, 1e-9)
    assert "the same bytes on 2 samples" in conclude(digits, digits.quantized, looks, looks).summary


def test_a_search_of_a_large_network_compares_on_fewer_samples(digits, monkeypatch):
    size = slice_size(digits.quantized)
    assert searched(digits.quantized) == min(max(64, 32 * size), 512)
    one = multiplications(digits.quantized)
    monkeypatch.setattr(module, "REPLAY", 100.0 * one)
    assert searched(digits.quantized) == 100


def test_biases_are_corrected_on_fewer_samples_under_a_time_limit(digits):
    """The samples are a part of the repair set, and nothing solved on them stands for all."""
    one = multiplications(digits.quantized)
    limit = 100 * one / bias_correction.PER_SECOND
    few = replace(digits, sets=replace(digits.sets, repair=digits.sets.repair.some(100)))
    limited = propose(digits, BiasCorrection(), RepairOptions(time_limit=limit)).model.sha256
    assert limited == propose(few, BiasCorrection()).model.sha256
    assert limited != propose(digits, BiasCorrection()).model.sha256
    statistics, solver = Statistics(), BiasCorrection().solver(None)
    solutions = layer_solutions.LayerSolutions.none_yet(digits, (0, 1))
    first = solutions.of(few, digits.quantized, solver, statistics).model.sha256
    whole = solutions.of(digits, digits.quantized, solver, statistics).model.sha256
    assert first != whole
    fresh = layer_solutions.LayerSolutions.none_yet(digits, (0, 1))
    assert whole == fresh.of(digits, digits.quantized, solver, Statistics()).model.sha256


def test_single_ranges_are_searched_where_that_is_not_long(digits, monkeypatch):
    options = RepairOptions()
    known = facts.Facts(case=digits, model=digits.quantized, layers=(0,), options=options)
    assert [move.name for move in moves_of(LOSS_SEARCH, known)] == ["scales", "scales"]
    samples = min(searched(digits.quantized), digits.sets.repair.count)
    one = multiplications(digits.quantized) * samples * len(known.groups)
    assert not conditions.range_search_is_long(known)
    monkeypatch.setattr(conditions, "LONG", one + 1)
    assert not conditions.range_search_is_long(known)
    monkeypatch.setattr(conditions, "LONG", one)
    assert conditions.range_search_is_long(known)
    assert list(moves_of(LOSS_SEARCH, known)) == []


def test_ranges_are_fitted_behind_the_weights_where_slopes_reach_them(digits, monkeypatch):
    known = facts.Facts(case=digits, model=digits.quantized, layers=(0,), options=RepairOptions())
    assert list(moves_of(RANGE_SEARCH, known)) == []
    fit = ["fit-ranges", "fit-ranges + least-squares"]
    assert [move.name for move in moves_of(RANGE_FIT, known)] == [*fit, "scales", "scales"]
    without = {op: row for op, row in route.SLOPES.items() if op != "FULLY_CONNECTED"}
    monkeypatch.setattr(route, "SLOPES", without)
    assert list(moves_of(RANGE_FIT, known)) == []
    assert [move.name for move in moves_of(RANGE_SEARCH, known)] == ["scales", "scales"]


def test_the_report_of_a_large_network_watches_fewer_samples(digits, monkeypatch):
    found = repair(digits, Settings.of("bias"), PATHS)
    pair = measured.RepairedPair(
        case=digits, repaired=found.model, delta=found.delta, followed=found.followed
    )
    assert measured.measured(pair).samples == 64
    monkeypatch.setattr(measured, "WATCHED", 1.0)
    assert measured.measured(pair).samples == measured.WATCHED_LEAST
