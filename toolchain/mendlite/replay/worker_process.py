"""Processes in which foreign runtimes run: one that aborts or hangs ends there, alone."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from mendlite.replay.spawn import SPAWNER


def same_packages() -> dict[str, str]:
    """The variable by which another process finds packages where this one found them."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


class DiedError(Exception):
    """A process ended, with ``status``, or was ended at its time limit (None)."""

    def __init__(self, words: str, status: int | None = None) -> None:
        """``words`` state which of the two."""
        super().__init__(words)
        self.status = status


class WorkerProcess:
    """One process of the module ``entry``, started at once.

    It takes requests from a connection whose descriptor is its only argument, until that closes.
    ``opened`` is what the callers know it to hold, by names of theirs.
    """

    def __init__(self, entry: str, env: Mapping[str, str]) -> None:
        """Start it; ``env`` stands beside this process's own variables."""
        self._connection, theirs = Pipe()
        self.opened: set[str] = set()
        self._process = SPAWNER.start(
            [sys.executable, "-m", entry, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env=os.environ | env | same_packages(),
        )
        theirs.close()

    def ask(self, request: Any, seconds: float) -> Any:
        """Its reply; raises DiedError where it ends before, or is ended after ``seconds``."""
        connection: Connection = self._connection
        try:
            connection.send(request)
            if not connection.poll(seconds):
                self.end()
                raise DiedError(f"did not end within {seconds:.0f} s")
            return connection.recv()
        except (EOFError, OSError) as error:
            self.end()
            status = self._process.returncode
            raise DiedError(f"died with status {status}", status) from error

    @property
    def alive(self) -> bool:
        """Whether it still waits for requests."""
        return self._process.poll() is None

    def end(self) -> None:
        """End it and collect its status."""
        self._connection.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class WorkerProcesses:
    """Those of a module that are idle: starting one takes most of a short run's time.

    As many as threads ask at one time are started, and kept.
    """

    def __init__(self, entry: str, env: Mapping[str, str] | None = None) -> None:
        """None is started yet; all end with this process."""
        self._entry, self._env = entry, dict(env or {})
        self._owner, self._lock = os.getpid(), Lock()
        self._idle: defaultdict[str, list[WorkerProcess]] = defaultdict(list)
        atexit.register(self.close)

    @contextmanager
    def one(self, kind: str = "") -> Iterator[WorkerProcess]:
        """A process for the caller alone, one of those of this ``kind`` where one is idle.

        It is not used again where the block ends with an error: it may be in any state.
        """
        process = self._take(kind)
        try:
            yield process
        except DiedError:
            raise
        except BaseException:
            process.end()  # a reply may still be on its way
            raise
        with self._lock:
            self._idle[kind].append(process)

    def _take(self, kind: str) -> WorkerProcess:
        with self._lock:
            if os.getpid() != self._owner:  # a fork shares its parent's connections
                self._owner = os.getpid()
                self._idle.clear()
            idle = self._idle[kind]
            while idle:
                process = idle.pop()
                if process.alive:
                    return process
                process.end()
        return WorkerProcess(self._entry, self._env)

    def close(self) -> None:
        """End all that are idle."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            idle = [process for processes in self._idle.values() for process in processes]
            self._idle.clear()
        for process in idle:
            process.end()
