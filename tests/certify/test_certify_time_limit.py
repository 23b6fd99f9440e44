"""The time limit: every part of a proof ends with it, and what is reported then still holds.

The clocks here advance when they are read, or when a test moves them: no test waits for time.
"""

from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

from mendlite.certify import counterexample_search, decide, input_splitting
from mendlite.certify.bounds import backsubstitution, reach
from mendlite.certify.bounds.encode import encode
from mendlite.certify.bounds.network import InputBox
from mendlite.certify.bounds.property import ErrorBound, SameClass
from mendlite.certify.bounds.query import gaps
from mendlite.certify.decide import ENDED, ProofEffort, certify
from mendlite.certify.decide_smt import certify_smt
from mendlite.certify.exact_network import exact_network
from mendlite.certify.input_splitting import RegionPart, found_in, found_there
from mendlite.certify.model_pair import ModelPair
from mendlite.certify.proof_task import ProofTask
from mendlite.model.clock import Clock, TimeLimit
from mendlite.model.verification import Method, ProofVerdict
from mendlite.solvers import certify_smt as z3_queries
from mendlite.solvers.maximisers import BackendMaximiser, make_maximiser
from mendlite.workers.dask_cluster import pickled
from small_networks import tiny_models
from spread_proofs import FEW, proofs

LATE = 3
"""Pieces of work that may begin when the time is over: those between two looks at the clock."""


class Time:
    """A clock that stands until it is moved."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def ticking(seconds):
    """A limit whose clock advances by one at every look."""
    return TimeLimit(seconds=float(seconds), clock=Clock(read=count().__next__))


def over():
    """A limit that was reached before the work began."""
    time = Time()
    limit = TimeLimit(seconds=1.0, clock=Clock(read=time))
    time.now = 1.0
    return limit


def effort(limit, **others):
    return ProofEffort(
        seconds=limit.seconds, clock=limit.clock, solver=make_maximiser("highs"), **others
    )


def inputs(box):
    axes = [np.arange(a, b + 1) for a, b in zip(box.low, box.high, strict=True)]
    return np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], axis=1)


def forbid(monkeypatch, *places):
    def called(*_arguments, **_named):
        raise AssertionError("work began after the limit")

    for module, name in places:
        monkeypatch.setattr(module, name, called)


def looks(limit):
    """How often a ticking clock was looked at, this look left out."""
    return limit.clock.read()


def late(monkeypatch, limit):
    """Collects the pieces of work that begin after a ticking clock's limit."""
    found, last = [], [0]
    read = limit.clock.read

    def look():
        last[0] = read()
        return last[0]

    limit.clock.read = look
    pieces = (
        (backsubstitution._Form, "back"), (ModelPair, "kernels"), (BackendMaximiser, "__call__"),
    )  # fmt: skip
    for owner, name in pieces:
        plain = getattr(owner, name)

        def watched(*arguments, _plain=plain, _name=name):
            if last[0] >= limit.seconds:
                found.append(_name)
            return _plain(*arguments)

        monkeypatch.setattr(owner, name, watched)
    return found


def test_a_limit_before_the_work_leaves_intervals_alone(monkeypatch):
    models, box = tiny_models(0, radius=4)
    forbid(
        monkeypatch, (reach, "range_of_sums"), (decide, "search"), (decide, "split"),
        (decide, "encode"), (decide, "results"), (backsubstitution._Form, "back"),
    )  # fmt: skip
    task = ProofTask(models=models, box=box, wanted=ErrorBound(epsilon=1e-3, outputs=(0,)))
    found = certify(task, effort(over()))
    assert found.verdict is ProofVerdict.UNDECIDED
    assert found.means is Method.REACHABILITY
    assert found.open_questions == tuple(query.name for query in task.queries())
    assert found.notes == (ENDED,)
    plain = reach.reach(models.networks, box, symbolic=False).output.difference
    assert [b.upper for b in found.bounds] == plain.upper.tolist()


def test_what_intervals_prove_is_proved_without_time():
    models, box = tiny_models(0, radius=4)
    task = ProofTask(models=models, box=box, wanted=ErrorBound(epsilon=1e6, outputs=(0, 1)))
    found = certify(task, effort(over()))
    assert found.verdict is ProofVerdict.PROVED
    assert not found.open_questions


@pytest.mark.parametrize("features", [input_splitting.FEATURES, -1], ids=["splitting", "questions"])
@pytest.mark.parametrize("attack", [True, False])
def test_wherever_the_limit_falls_the_proof_ends_and_holds(features, attack, monkeypatch):
    """The clock advances at every look, so that limits of 1, 2, ... end it at every place."""
    monkeypatch.setattr(input_splitting, "ENUMERATED", FEW)
    monkeypatch.setattr(input_splitting, "FEATURES", features)
    models, box = tiny_models(1, radius=3)
    replay = models.replay(box, inputs(box))
    apart = replay.second - replay.first
    for share, truth in ((1.001, ProofVerdict.PROVED), (0.999, ProofVerdict.REFUTED)):
        epsilon = float(np.abs(apart[:, 0]).max() * share)
        task = ProofTask(models=models, box=box, wanted=ErrorBound(epsilon=epsilon, outputs=(0,)))
        for seconds in (*range(1, 60), *range(60, 400, 17), 10**7):
            with monkeypatch.context() as patch:
                limit = ticking(seconds)
                begun = late(patch, limit)
                found = certify(task, effort(limit, attack=attack))
                assert len(begun) <= LATE, (seconds, begun)
            assert found.verdict in {truth, ProofVerdict.UNDECIDED}
            assert bool(found.open_questions) == (found.verdict is ProofVerdict.UNDECIDED) or (
                found.verdict is ProofVerdict.REFUTED
            )
            for bound in found.bounds:
                assert bound.lower <= apart[:, bound.output].min()
                assert bound.upper >= apart[:, bound.output].max()
        assert found.verdict is truth


def test_forms_that_were_not_begun_have_no_bound(monkeypatch):
    models, box = tiny_models(2, radius=3)
    monkeypatch.setattr(backsubstitution, "BLOCK", 1)  # one form at a time
    bounds = reach.reach(models.networks, box)
    rows = np.concatenate([np.eye(2), -np.eye(2)])
    system = backsubstitution.System.JOINT
    whole = backsubstitution.upper_of_outputs(bounds, system, (None, rows))
    assert np.isfinite(whole).all()
    for seconds in range(20):
        limit = ticking(seconds + 1)
        part = backsubstitution.upper_of_outputs(bounds, system, (None, rows), limit.over)
        assert (part >= whole).all()
        assert np.isfinite(part).tolist() == sorted(np.isfinite(part).tolist(), reverse=True)
        if seconds == 0:
            assert np.isinf(part).all()
    assert (part == whole).all()


def test_bounds_without_a_limit_are_the_same_however_many_forms_go_back_at_a_time(monkeypatch):
    models, box = tiny_models(2, radius=3)
    several = reach.reach(models.networks, box).output.difference
    monkeypatch.setattr(backsubstitution, "BLOCK", 1)
    single = reach.reach(models.networks, box).output.difference
    assert np.allclose(single.lower, several.lower, rtol=1e-9, atol=1e-12)
    assert np.allclose(single.upper, several.upper, rtol=1e-9, atol=1e-12)


def test_a_search_ends_between_two_blocks_of_inputs(monkeypatch):
    models, box = tiny_models(0, radius=4)
    monkeypatch.setattr(counterexample_search, "REPLAYED", 1)  # one input at a time
    time, replayed = Time(), []
    kernels = ModelPair.kernels

    def counted(self, box, x):
        replayed.append(len(x))
        time.now += 1
        return kernels(self, box, x)

    monkeypatch.setattr(ModelPair, "kernels", counted)
    limit = TimeLimit(seconds=5.0, clock=Clock(read=time))
    wanted = ErrorBound(epsilon=1e6, outputs=(0,))
    queries = wanted.queries(2, None)
    found = counterexample_search.search(models, box, wanted, queries, seed=0, over=limit.over)
    assert found is None
    assert replayed == [1] * 5


def test_an_input_that_was_replayed_before_the_end_refutes(monkeypatch):
    models, box = tiny_models(0, radius=4)
    time = Time()
    kernels = ModelPair.kernels

    def last(self, box, x):
        time.now = 0.5
        return kernels(self, box, x)

    monkeypatch.setattr(ModelPair, "kernels", last)
    limit = TimeLimit(seconds=1.0, clock=Clock(read=time))
    wanted = ErrorBound(epsilon=1e-3, outputs=(0, 1))
    found = counterexample_search.search(
        models, box, wanted, wanted.queries(2, None), seed=0, over=limit.over
    )
    assert models.breaks(box, wanted, found)


def test_every_input_of_a_box_with_many_features_is_computed(monkeypatch):
    """An array has 32 axes at most; features with one value each take none."""
    monkeypatch.setattr(input_splitting, "products", lambda _: 1)
    seen = []

    def replay(_box, x):
        seen.append(x)
        return SimpleNamespace(first=None, error=None, second=None, kernels_first=None)

    def every(value):
        return lambda *_: np.full(len(seen[-1]), value)

    models = SimpleNamespace(networks=SimpleNamespace(first=None), replay=replay)
    wanted = SimpleNamespace(violated=every(value=False), kept=every(value=True))
    low = np.arange(100)
    for wide, inputs in (((), 1), ((3, 70), 6)):
        high = low.copy()
        for feature, more in zip(wide, (1, 2), strict=False):
            high[feature] += more
        box = InputBox(low=low, high=high, scale=1.0, zero_point=0)
        seen.clear()
        assert found_in(models, wanted, RegionPart(place=(), box=box, queries=()), 10) is True
        found = {tuple(x) for x in np.concatenate(seen)}
        assert len(found) == inputs
        assert all((low <= x).all() and (x <= high).all() for x in np.array(list(found)))


def test_a_part_of_the_region_without_time_stays_open():
    models, box, wanted = next(proofs(0))
    queries = wanted.queries(2, models.networks.second.nodes[-1].step)
    part = RegionPart(place=(), box=box, queries=queries)
    limit = over()
    assert found_in(models, wanted, part, FEW, limit.over) == queries
    assert found_in(models, wanted, part, 10**9, limit.over) is False
    assert found_in(models, wanted, part, 10**9) is True
    held = pickled((models, wanted))
    assert found_there(held, part, FEW, 0.0) == queries
    assert found_there(held, part, 10**9, 0.0) is False
    assert found_there(held, part, 10**9, 1e9) is True


def test_a_program_that_is_not_encoded_in_time_is_none():
    models, box = tiny_models(1, radius=4)
    bounds = reach.reach(models.networks, box)
    assert encode(bounds, box, over()) is None
    for seconds in range(1, 20):
        assert encode(bounds, box, ticking(seconds)) is None
    assert encode(bounds, box, ticking(10**6)) is not None


def test_z3_states_no_further_neuron_when_the_time_is_over():
    models, box = tiny_models(1, radius=1)
    networks = tuple(exact_network(m, models.profile) for m in (models.first, models.second))
    query = SameClass().queries(2, models.networks.second.nodes[-1].step)[0]
    for seconds in (1, 2, 5, 9):
        limit = ticking(seconds)
        assert z3_queries.ask(query, networks, box, limit).holds is None
        assert looks(limit) == seconds + 1
    task = ProofTask(models=models, box=box, wanted=SameClass())
    found = certify_smt(task, over())
    assert found.verdict is ProofVerdict.UNDECIDED
    assert len(found.open_questions) == found.questions


def test_the_shares_of_reachability_and_search_leave_time_for_the_rest(monkeypatch):
    """A reachability that would take everything is ended at its share, and the search begins."""
    models, box = tiny_models(0, radius=4)
    time = Time()
    plain = reach.range_of_sums

    def slow(*arguments):
        time.now += 30.0
        return plain(*arguments)

    monkeypatch.setattr(reach, "range_of_sums", slow)
    limit = TimeLimit(seconds=100.0, clock=Clock(read=time))
    wanted = ErrorBound(epsilon=1e-3, outputs=(0,))
    found = certify(ProofTask(models=models, box=box, wanted=wanted), effort(limit))
    assert found.verdict is ProofVerdict.REFUTED
    assert found.means is Method.SEARCH
    assert found.notes == (ENDED,)
    assert found.reach_seconds == 90.0


def test_a_limit_leaves_parts_of_what_is_left():
    time = Time()
    limit = TimeLimit(seconds=10.0, clock=Clock(read=time))
    time.now = 4.0
    half = limit.part(0.5)
    assert half.left() == 3.0
    assert limit.at_most(2.0, 0.5).left() == 2.0
    time.now = 7.0
    assert half.over()
    assert not limit.over()
    time.now = 12.0
    assert limit.left() == -2.0
    assert limit.part(0.5).over()


def test_the_gaps_of_queries_without_time_are_those_of_intervals():
    models, box = tiny_models(0, radius=4)
    bounds = reach.reach(models.networks, box)
    queries = ErrorBound(epsilon=1e-3, outputs=(0, 1)).queries(2, None)
    known = gaps(queries, bounds)
    without = gaps(queries, bounds, over().over)
    for (_, top), (_, loose), query in zip(known, without, queries, strict=True):
        assert top <= loose == query.goal.plain(bounds)
