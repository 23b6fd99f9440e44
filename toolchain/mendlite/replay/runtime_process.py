"""The parent's end of a process in which a foreign runtime runs."""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
from contextlib import suppress
from select import select
from threading import Lock

from mendlite.replay.isolated_worker import Reply, RunRequest

ENTRY = "mendlite.replay.isolated_worker"
"""The module that the process runs."""

LAST_SECONDS = 5.0
"""What a process may take to end after its output has ended."""


class RuntimeProcess:
    """One started process; it runs request after request until it is closed."""

    def __init__(self) -> None:
        """Start it: the process finds the package where this one found it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", ENTRY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us: a repair goes on after the first one
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )

    def run(self, request: RunRequest, seconds: float) -> Reply:
        """The reply, or why there is none; the process is of no more use where it is a text."""
        kernels = request.runtime.kernels
        stdin, stdout = self._process.stdin, self._process.stdout
        try:
            pickle.dump(request, stdin)  # type: ignore[arg-type]
            stdin.flush()  # type: ignore[union-attr]
            if not select([stdout], [], [], seconds)[0]:  # type: ignore[type-var]
                return f"{kernels} did not end within {seconds:.0f} s on this file"
            reply: Reply = pickle.load(stdout)  # type: ignore[arg-type]  # noqa: S301 - our own process
        except (EOFError, OSError, pickle.UnpicklingError):
            return f"{kernels} died on this file with status {self._status()}"
        return reply

    @property
    def alive(self) -> bool:
        """Whether it still waits for requests."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._process.wait()

    def _status(self) -> int:
        """Its exit status; its output has ended, or was no reply."""
        try:
            return self._process.wait(timeout=LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class IdleProcesses:
    """Processes that wait for another request: starting one takes most of a short run's time.

    One is kept a runtime and way to start it. It is kept only after it has run a file: what has
    refused or crashed on one may be in any state.
    """

    def __init__(self) -> None:
        """None yet; they end with this process."""
        self._idle: dict[tuple[str, ...], RuntimeProcess] = {}
        self._lock = Lock()
        atexit.register(self.close)

    def run(self, request: RunRequest, seconds: float) -> Reply:
        """Run a request on an idle process, or on a new one."""
        key = (request.runtime.name, sys.executable, ENTRY, *sys.path)
        with self._lock:
            idle = self._idle.pop(key, None)
        process = idle if idle is not None and idle.alive else RuntimeProcess()
        kept = False
        try:
            reply = process.run(request, seconds)
            kept = not isinstance(reply, str) and self._keep(key, process)
        finally:
            if not kept:
                process.close()
        return reply

    def _keep(self, key: tuple[str, ...], process: RuntimeProcess) -> bool:
        with self._lock:
            return self._idle.setdefault(key, process) is process

    def close(self) -> None:
        """End all that wait."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for process in idle.values():
            process.close()


PROCESSES = IdleProcesses()
"""Those of this process."""
