"""A sweep over targets: on this machine and on a cluster, with workers that are lost."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import distributed
import pytest

from mendlite.cli.repair_all import command_of
from mendlite.errors import BadInputError, ExitCode
from mendlite.jobs import sweep
from mendlite.jobs.sweep import SweepTask, code_of, lost, run_task
from mendlite.jobs.sweep_places import run_here, run_on_dask
from mendlite.workers import dask_cluster

FAST = ("--strategy", "bias")


def tasks(folder, seeds=(0, 1), more=FAST):
    return [
        SweepTask(
            target="digits",
            seed=seed,
            out=str(folder / str(seed)),
            words=command_of("digits", seed, folder / str(seed), more),
        )
        for seed in seeds
    ]


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("repaired.tflite")}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Two repairs on this machine: their results and files."""
    folder = tmp_path_factory.mktemp("here")
    return {r.task.seed: r for r in run_here(tasks(folder), 1)}, files(folder)


@pytest.fixture
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as found:
        yield found


def test_each_repair_has_its_report_and_files(here):
    results, written = here
    assert [results[seed].code for seed in (0, 1)] == [0, 0]
    assert all(results[seed].words.startswith("repaired: ") for seed in (0, 1))
    assert results[1].report["repair"]["samples"] > 0
    assert set(written) == {Path("0/repaired.tflite"), Path("1/repaired.tflite")}


@pytest.mark.slow
def test_a_lost_worker_costs_no_result_and_no_byte(here, cluster, tmp_path):
    """The worker is killed with the repair at work in it; the other one, or its heir, repeats it."""
    client = distributed.Client(cluster.scheduler_address)
    pids = client.run(os.getpid)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: list(run_on_dask(tasks(tmp_path), cluster.scheduler_address)))
        while not (busy := [w for w, keys in client.processing().items() if keys]):
            pass
        os.kill(pids[busy[0]], signal.SIGKILL)
        results = running.result()
    client.close()
    assert sorted((r.task.seed, r.code) for r in results) == [(0, 0), (1, 0)]
    assert files(tmp_path) == here[1]


def test_a_process_ends_with_the_one_that_began_it():
    """Its parent is killed: it lets go of the pipe that it would hold open."""
    child = "import time; print('there', flush=True); time.sleep(600)"
    parent = (
        "import os, subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {sweep.WITH_PARENT!r}, str(os.getpid()), "
        f"'-c', {child!r}])\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"there\n"
        process.kill()
        assert process.stdout.read() == b""


def test_a_process_whose_parent_was_lost_before_does_not_begin():
    words = [sys.executable, "-c", sweep.WITH_PARENT, str(os.getppid()), "-c", "print('there')"]
    done = subprocess.run(words, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_an_error_is_its_message_and_its_code(tmp_path):
    (result,) = run_here(tasks(tmp_path, seeds=(0,), more=("--strategy", "nonsense")), 1)
    assert result.code == ExitCode.BAD_INPUT
    assert "nonsense" in result.words
    assert result.report is None
    assert code_of([lost(result.task, "x"), result]) == ExitCode.FAILURE
    assert code_of([]) == 0


def test_a_worker_without_the_folder_says_so(tmp_path):
    task = SweepTask(target="digits", seed=0, out="out", folder=str(tmp_path / "absent"))
    assert "workers need the same paths" in run_task(task).words


def test_no_scheduler_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "SECONDS_TO_CONNECT", 1)
    with pytest.raises(BadInputError, match="no Dask scheduler responds at tcp://127.0.0.1:9"):
        list(run_on_dask(tasks(tmp_path), "tcp://127.0.0.1:9"))
