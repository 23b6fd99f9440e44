"""Replays on the workers of a real Dask scheduler: equal bytes, lost workers, foreign workers."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import distributed
import numpy as np
import pytest

import mendlite
from digits_case import OPTIONS
from mendlite.errors import BadInputError, ClusterError
from mendlite.model.rounding import Profile
from mendlite.replay import spread
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.targets.open import open_target
from mendlite.workers import dask_cluster, workers
from mendlite.workers.dask_cluster import DaskCluster, open_cluster, run_as_here
from mendlite.workers.identity import identity
from waiting import until

SAMPLES = 5003
"""More than one part a thread, the last one not whole."""


@pytest.fixture
def cluster(local, monkeypatch):
    """The open cluster; every replay of several slices is worth sending."""
    monkeypatch.setattr(spread, "WORTH_SENDING", 1)
    with open_cluster(local.scheduler_address) as found:
        yield found


@contextmanager
def worker(address, toolchain=None):
    """A worker process without a nanny, on another copy of mendlite where one is named."""
    env = os.environ | ({} if toolchain is None else {"PYTHONPATH": str(toolchain)})
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny"]
    process = subprocess.Popen([*command, "--nthreads", "1", "--no-dashboard"], env=env)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def models_and_inputs():
    """The digits' two models with random inputs."""
    case, rng = open_target("digits", OPTIONS).case, np.random.default_rng(0)
    for model in (case.quantized, case.reference):
        tensor = model.tensors[model.inputs[0]]
        shape = (SAMPLES, *tensor.shape[1:])
        x = rng.integers(-128, 128, shape).astype(tensor.dtype.numpy)
        yield model, [x]


@pytest.mark.slow
def test_every_tensor_has_the_bytes_of_one_machine(cluster):
    for model, inputs in models_and_inputs():
        tensors = [t for operator in model.operators for t in operator.outputs]
        here = collect(ReferenceRunner(model=model, profile=Profile.TFLM), inputs, tensors)
        runner = spread.SpreadRunner(model=model, profile=Profile.TFLM, workers=cluster)
        there = collect(runner, inputs, tensors)
        assert len(cluster._held) > 2
        for tensor in tensors:
            assert there[tensor].dtype == here[tensor].dtype
            assert there[tensor].tobytes() == here[tensor].tobytes()


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_byte_and_is_replaced(local, cluster):
    model, inputs = next(models_and_inputs())
    output = model.outputs[0]
    here = collect(ReferenceRunner(model=model, profile=Profile.TFLM), inputs, [output])
    runner = spread.SpreadRunner(model=model, profile=Profile.TFLM, workers=cluster)
    with distributed.Client(local.scheduler_address) as client:
        before = set(client.run(os.getpid).values())
        slices = runner.run(inputs, [output])
        rows = [next(slices)[output]]
        # Parts are at work, and parts are not sent yet; the other worker may be killed next time.
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        rows += [values[output] for values in slices]
        assert np.concatenate(rows).tobytes() == here[output].tobytes()
        until(lambda: len(set(client.run(os.getpid).values()) - {killed}) == 2, "no new worker")


@pytest.mark.slow
def test_a_repair_on_two_workers_writes_the_same_file(local, monkeypatch):
    monkeypatch.setattr(spread, "WORTH_SENDING", 1)
    parts = []
    monkeypatch.setattr(spread, "in_order", lambda *a: parts.append(a) or workers.in_order(*a))
    target = mendlite.load_target("digits")
    here = mendlite.repair(**target, strategy="least-squares")
    assert not parts
    there = mendlite.repair(**target, strategy="least-squares", dask=local.scheduler_address)
    assert there.model == here.model
    assert parts


def fail_with(error):
    """On a worker."""
    raise error


@pytest.mark.slow
def test_errors_keep_their_words(cluster):
    with pytest.raises(BadInputError, match="^no such thing$"):
        cluster.submit(fail_with, BadInputError("no such thing")).result()
    with pytest.raises(ClusterError, match="^the cluster: KeyError: 'x'$"):
        cluster.submit(fail_with, KeyError("x")).result()


@pytest.mark.slow
def test_a_call_of_another_mendlite_is_refused_on_the_worker(local):
    other = replace(identity(), sources="others")
    with distributed.Client(local.scheduler_address) as client:
        task = client.submit(run_as_here, other, len, "abc", pure=False)
        with pytest.raises(BadInputError, match=r"^the Dask worker tcp://.* install the same"):
            task.result()


@pytest.mark.slow
def test_a_worker_with_another_version_is_refused_in_one_line(tmp_path):
    package = Path(mendlite.__file__).parent
    shutil.copytree(package, tmp_path / "mendlite", ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / "mendlite" / "__init__.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace(f'"{mendlite.__version__}"', '"0.0.7"'), encoding="utf-8")
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as one:
        address = one.scheduler_address
        with pytest.raises(BadInputError, match="has no worker: start one"), open_cluster(address):
            pass
        with worker(address, tmp_path):
            one.wait_for_workers(1)
            words = rf"has mendlite 0\.0\.7, here is {mendlite.__version__}: install the same"
            with pytest.raises(BadInputError, match=words) as failed, open_cluster(address):
                pass
    assert "\n" not in str(failed.value)


@pytest.mark.slow
def test_a_cluster_that_loses_all_workers_ends_the_run_in_one_line(monkeypatch):
    monkeypatch.setattr(workers, "LOOK", 0.1)
    monkeypatch.setattr(dask_cluster, "SECONDS_WITHOUT_WORKERS", 0)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as one,
        worker(one.scheduler_address) as process,
    ):
        one.wait_for_workers(1)
        with open_cluster(one.scheduler_address) as cluster:
            process.kill()
            with pytest.raises(ClusterError, match="has lost all workers"):
                list(workers.in_order(cluster, len, [("abc",)]))


def test_no_scheduler_is_one_line(monkeypatch):
    monkeypatch.setattr(dask_cluster, "SECONDS_TO_CONNECT", 1)
    words = "^no Dask scheduler responds at tcp://127.0.0.1:9 "
    with pytest.raises(BadInputError, match=words), open_cluster("tcp://127.0.0.1:9"):
        pass


def test_what_differs_is_named():
    here = identity()
    assert here.other(here) == ""
    assert replace(here, mendlite="9").other(here) == f"mendlite 9, here is {here.mendlite}"
    assert "other source files" in replace(here, sources="").other(here)
    missing = replace(here, interpreters=(None, *here.interpreters[1:]))
    assert missing.other(replace(here, interpreters=("2.1", *here.interpreters[1:]))) == (
        "ai_edge_litert missing, here 2.1"
    )


def test_held_values_are_bounded_and_sent_once(monkeypatch):
    class Client:
        sent = 0

        def nthreads(self):
            return {"a": 3}

        def submit(self, *_arguments, key):
            self.sent += 1
            return key

    monkeypatch.setattr(dask_cluster, "MOST_HELD", 100)
    cluster = DaskCluster(Client(), "here")
    assert cluster.threads == 3
    first = cluster.hold(b"x" * 40)
    assert cluster.hold(b"x" * 40) == first
    assert cluster._client.sent == 1
    for fill in (b"y", b"z"):
        cluster.hold(fill * 40)
    assert first not in cluster._held
