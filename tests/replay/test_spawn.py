"""What this process starts ends with it, and a fork of it can start programs too."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from mendlite.replay.spawn import SPAWNER, Spawner
from mendlite.replay.worker_process import same_packages

PARENT = """
import sys, time
from mendlite.replay.worker_process import WorkerProcess
process = WorkerProcess("computes", {})
process._connection.send("go")
print(process._process.pid, flush=True)
time.sleep(600)
"""

COMPUTES = """
import sys
from itertools import repeat
from multiprocessing.connection import Connection
Connection(int(sys.argv[1])).recv()
all(repeat(True))
"""
"""One call that never ends and looks at no signal of Python's and at no connection."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_runtime_amid_a_computation_ends_with_a_parent_that_is_killed(tmp_path):
    (tmp_path / "computes.py").write_text(COMPUTES)
    paths = os.pathsep.join([str(tmp_path), same_packages()["PYTHONPATH"]])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": paths},
    ) as parent:
        child = os.pidfd_open(int(parent.stdout.readline()))
        try:
            assert not select.select([child], [], [], 0)[0]
            parent.kill()
            assert select.select([child], [], [], 60)[0], "it computes on"
        finally:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(child, signal.SIGKILL)
            os.close(child)


def test_a_fork_starts_programs_too():
    """A fork has its parent's objects, and none of its threads."""
    assert isinstance(SPAWNER, Spawner)
    SPAWNER.start([sys.executable, "-c", ""]).wait()
    fork = os.fork()
    if not fork:
        signal.alarm(60)  # its default action ends a fork that waits for a thread that is not there
        os._exit(SPAWNER.start([sys.executable, "-c", "raise SystemExit(7)"]).wait())
    assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 7
