"""Proofs on several threads at a time come to what one after the other does."""

from contextlib import contextmanager

import numpy as np
import pytest

from mendlite.certify import input_splitting as splitting
from mendlite.certify import spread_questions
from mendlite.certify.open_question import ProofRun
from mendlite.errors import ClusterError
from mendlite.model.clock import TimeLimit
from mendlite.model.progress import no_progress
from mendlite.model.verification import Method
from mendlite.workers.dask_cluster import pickled
from mendlite.workers.workers import LocalThreads, local_threads
from spread_proofs import FEW, proofs, split_of, verification_of


class Elsewhere(LocalThreads):
    """Threads that take what a cluster takes: pickled values."""

    def hold(self, value):
        return pickled(value)


@contextmanager
def elsewhere(threads=3):
    with local_threads(threads) as here:
        yield Elsewhere(threads, here._pool)


@pytest.mark.parametrize("seed", range(3))
def test_splitting_finds_the_same_input(seed, monkeypatch):
    monkeypatch.setattr(splitting, "ENUMERATED", FEW)
    with elsewhere() as workers:
        found = [split_of(*proof, workers) for proof in proofs(seed)]
    assert found == [split_of(*proof) for proof in proofs(seed)]
    assert found[0] is True
    assert all(isinstance(one, list) for one in found[1:])


def test_an_earlier_input_replaces_a_later_one():
    """Parts end in any order; places count, and what lies behind a broken part is dropped."""
    parts = [
        splitting.RegionPart(place=place, box=None, queries=())
        for place in ((1, 1), (1, 0), (0, 1), (0, 0))
    ]
    tree = splitting._Tree(waiting=[parts[0], parts[3]])
    tree.take(parts[1], np.array([10]))
    assert tree.waiting == [parts[3]]
    assert not tree.matters(parts[0])
    assert tree.matters(parts[2])
    tree.take(parts[2], np.array([1]))
    assert tree.outcome == np.array([1])
    assert tree.waiting == [parts[3]]


def test_what_is_not_sure_is_undecided():
    tree = splitting._Tree(waiting=[])
    part = splitting.RegionPart(place=(), box=None, queries=())
    tree.take(part, True)
    assert tree.outcome is True
    tree.take(part, False)
    tree.take(part, True)
    assert tree.outcome is None
    assert tree.decided == 3


def test_a_watch_ends_the_search(monkeypatch):
    monkeypatch.setattr(splitting, "ENUMERATED", FEW)
    proof = next(proofs(0))
    with elsewhere() as workers:
        assert split_of(*proof, workers, lambda decided, _waiting: decided > 2) is None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("features", [splitting.FEATURES, -1], ids=["splitting", "questions"])
def test_certify_reports_the_same(seed, features, monkeypatch):
    monkeypatch.setattr(splitting, "ENUMERATED", FEW)
    monkeypatch.setattr(splitting, "FEATURES", features)
    with elsewhere() as workers:
        found = [verification_of(*proof, workers) for proof in proofs(seed)]
    assert found == [verification_of(*proof) for proof in proofs(seed)]


def test_a_lost_cluster_is_an_error(monkeypatch):
    class Lost(Elsewhere):
        def submit(self, *_):
            raise ClusterError("the cluster is lost")

    monkeypatch.setattr(splitting, "ENUMERATED", FEW)
    with local_threads(1) as here, pytest.raises(ClusterError):
        split_of(*next(proofs(0)), Lost(1, here._pool))


@pytest.mark.parametrize(("threads", "share"), [(1, 1 / 5), (2, 1 / 3), (3, 1 / 2), (8, 1)])
def test_shares_of_the_time_add_up_to_it(threads, share, monkeypatch):
    """Questions are sent before the first one ends: their seconds must not count twice."""
    sent = []

    def end_at_once(_held, _number, seconds):
        sent.append(seconds)
        return spread_questions.QuestionResult(outcome=True, top=0.0, method=Method.REACHABILITY)

    monkeypatch.setattr(spread_questions, "result_there", end_at_once)
    run = ProofRun(task=None, bounds=None, progress=no_progress, limit=TimeLimit.of(100.0))
    questions = spread_questions.OpenQuestions(
        run=run, queries=range(5), tops=range(5), solver=None, encoding=None
    )
    with elsewhere(threads) as workers:
        assert len(list(spread_questions.results(questions, workers))) == 5
    assert sent == pytest.approx([100.0 * share] * 5, rel=0.05)
