"""Proofs on the workers of a real Dask scheduler: the same verdicts, also when workers are lost."""

import os
import signal

import distributed
import pytest

from in_process import run
from mendlite.certify import input_splitting as splitting
from mendlite.errors import ExitCode
from mendlite.workers.dask_cluster import open_cluster
from spread_proofs import FEW, proofs, split_of, verification_of

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("features", [splitting.FEATURES, -1], ids=["splitting", "questions"])
def test_certify_reports_what_it_does_here(local, features, monkeypatch):
    monkeypatch.setattr(splitting, "ENUMERATED", FEW)
    monkeypatch.setattr(splitting, "FEATURES", features)
    with open_cluster(local.scheduler_address) as cluster:
        there = [verification_of(*proof, cluster) for proof in proofs(0)]
    assert there == [verification_of(*proof) for proof in proofs(0)]


def test_a_lost_worker_is_replaced(local, monkeypatch):
    monkeypatch.setattr(splitting, "ENUMERATED", FEW)
    proof, killed = next(proofs(1)), []

    def kill_one(decided, _waiting):
        if decided >= 1 and not killed:
            with distributed.Client(local.scheduler_address) as client:
                killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[0], signal.SIGKILL)
        return False

    with open_cluster(local.scheduler_address) as cluster:
        assert split_of(*proof, cluster, kill_one) is True
    assert killed
    assert split_of(*proof) is True


def test_the_command_takes_an_address(local):
    command = ["certify", "digits", "--sample", "1", "--radius", "0", "--solver", "none"]
    here, there = run(*command), run(*command, "--dask", local.scheduler_address)
    assert here.code == there.code == 0
    assert "proved" in there.out
    refused = run(*command[:-1], "z3", "--dask", local.scheduler_address)
    assert refused.code == ExitCode.BAD_INPUT
    assert "--dask has no effect with solver z3" in refused.err
