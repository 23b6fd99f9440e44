"""Processes that run single operators: an interpreter that aborts or hangs ends one of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import Empty, LifoQueue

from mendlite.replay.operators.messages import OpenOperator, OperatorReply, Request

ENTRY = "mendlite.replay.operators.worker"
"""The module that the processes run."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class DiedError(Exception):
    """The process ended, or was ended at its time limit; the text states which."""


class OperatorProcess:
    """One process, started at once; ``opened`` are the keys of the operators that it was given."""

    def __init__(self) -> None:
        """Start it. It ends when the connection closes, with this process at the latest."""
        self._connection, theirs = Pipe()
        self.opened: set[str] = set()
        self._process = subprocess.Popen(
            [sys.executable, "-m", ENTRY, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,  # Ctrl-C is for us
            # It finds the package where this process found it.
            env=os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        theirs.close()

    def ask(self, request: Request, seconds: float) -> OperatorReply:
        """Its reply; raises DiedError where it ends before, or is ended after ``seconds``."""
        connection: Connection = self._connection
        try:
            connection.send(request)
            if not connection.poll(seconds):
                self.end()
                raise DiedError(f"did not end within {seconds:.0f} s")
            reply: OperatorReply = connection.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise DiedError(f"died with status {self._process.returncode}") from error
        if isinstance(request, OpenOperator):
            self.opened.add(request.key)
        return reply

    def end(self) -> None:
        """End it and collect its status."""
        self._connection.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class OperatorProcesses:
    """Those that are idle; as many as threads ask at one time are started, and kept."""

    def __init__(self) -> None:
        """None is started yet."""
        self._owner = os.getpid()
        self._idle: LifoQueue[OperatorProcess] = LifoQueue()

    @contextmanager
    def one(self) -> Iterator[OperatorProcess]:
        """A process for the caller alone; one that died is not used again."""
        if os.getpid() != self._owner:  # a fork shares its parent's connections
            self._owner, self._idle = os.getpid(), LifoQueue()
        try:
            process = self._idle.get_nowait()
        except Empty:
            process = OperatorProcess()
        try:
            yield process
        except DiedError:
            raise
        except BaseException:
            process.end()  # a reply may still be on its way
            raise
        self._idle.put(process)


PROCESSES = OperatorProcesses()
"""Those of this process."""
