"""Worker processes that hang, die and lie; a Dask cluster."""

import threading
from dataclasses import replace

import distributed
import pytest
from problems import FREE, LIMITS, UNDONE, drawn, nothing, problem

from mendlite.model.problem import SolveStatus
from mendlite.solvers import process
from mendlite.solvers.base import Limits
from mendlite.solvers.pool import SolverPool
from mendlite.workers.dask_cluster import open_cluster
from waiting import HANG


def numbered(count):
    """Problems of which one's neuron is 1."""
    free = problem([[1]], [0], [FREE[0]], [FREE[1]])
    return [replace(free, neuron=index) for index in range(count)]


@pytest.fixture
def rogue(monkeypatch):
    """The workers' backends do what their names say."""
    monkeypatch.setattr(process, "ENTRY", "rogue_worker")

    honest, turn = process.SolverProcess.solve, threading.local()

    def run(name, *, seconds=0.2, grace=HANG):
        """The bad problem is given up after ``grace``, whatever it got done; the others never."""

        def solve(self, name, problem, limits):
            turn.grace = grace if problem.neuron == 1 else HANG
            return honest(self, name, problem, limits)

        monkeypatch.setattr(process.SolverProcess, "solve", solve)
        monkeypatch.setattr(process, "patience", lambda limits: 2 * limits.seconds + turn.grace)
        monkeypatch.setenv("ROGUE_GRACE", "0.6")
        plan = SolverPool(backend=name, limits=Limits(seconds=seconds), jobs=2)
        return plan.solve(numbered(4), nothing)

    return run


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hang", "killed after"),
        ("die", "died with status 9"),
        ("raise", "RuntimeError: no licence"),
    ],
)
def test_one_bad_problem_costs_itself_alone(rogue, name, words):
    found = rogue(name, grace=1.0 if name == "hang" else HANG)
    assert [a.status for a in found] == [
        SolveStatus.OPTIMAL, SolveStatus.ERROR, SolveStatus.OPTIMAL, SolveStatus.OPTIMAL,
    ]  # fmt: skip
    assert words in found[1].message


def test_the_system_ends_what_burns_its_cpu_time(rogue):
    # The parent's own clock would wait for minutes.
    found = rogue("burn")
    assert found[1].status is SolveStatus.ERROR
    assert "killed after" in found[1].message


def test_a_lie_is_an_error_with_its_words(monkeypatch):
    monkeypatch.setattr(process, "ENTRY", "rogue_worker")
    (found,) = SolverPool(backend="lie", limits=LIMITS, jobs=1).solve([UNDONE], nothing)
    assert found.status is SolveStatus.ERROR
    assert "claims 0 for the violated hard rows; exact re-evaluation results in 1" in found.message


@pytest.mark.slow
def test_answers_do_not_depend_on_the_number_of_workers():
    asked, told = [replace(drawn(seed), neuron=seed) for seed in range(0, 20, 2)], []
    found = [
        SolverPool(backend="chain", limits=LIMITS, jobs=jobs).solve(asked, told.append)
        for jobs in (1, 2)
    ]
    deltas = [[a.delta.tolist() for a in answers] for answers in found]
    assert deltas[0] == deltas[1]
    assert told == [*range(1, 11)] * 2


@pytest.mark.slow
def test_two_dask_workers_give_the_same_answers():
    asked = [replace(drawn(seed), neuron=seed) for seed in range(0, 16, 2)]
    plan = SolverPool(backend="chain", limits=LIMITS, jobs=1)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster, open_cluster(cluster.scheduler_address) as workers:
        there = replace(plan, cluster=workers).solve(asked, nothing)
    here = plan.solve(asked, nothing)
    assert [a.delta.tolist() for a in there] == [a.delta.tolist() for a in here]
    assert [a.status for a in there] == [a.status for a in here]
