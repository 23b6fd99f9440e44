"""The parent's end of a worker process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from threading import Timer

from mendlite.model.equivalence import EquivalenceAnswer, EquivalenceProblem
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers.base import Limits, without_answer
from mendlite.solvers.worker import ONE_THREAD, Answer, Problem, patience

ENTRY = "mendlite.solvers.worker"
"""The module that a worker process runs."""


class SolverProcess:
    """One worker, started when it is needed and again after it died."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._late = False

    def solve(self, name: str, problem: RepairProblem, limits: Limits) -> Solution:
        """The worker's answer; ERROR with the reason where it had to be killed, or died."""
        found = self._ask(name, problem, limits)
        if isinstance(found, Solution):
            return found
        return without_answer(name, SolveStatus.ERROR, str(found))

    def equivalence(self, problem: EquivalenceProblem, limits: Limits) -> EquivalenceAnswer:
        """The worker's answer to an equivalence problem, as ``solve``."""
        found = self._ask("z3", problem, limits)
        if isinstance(found, EquivalenceAnswer):
            return found
        return EquivalenceAnswer(status="error", message=str(found))

    def _ask(self, name: str, problem: Problem, limits: Limits) -> Answer | str:
        """What the worker answers, or why it does not."""
        process = self._running()
        self._late = False
        clock = Timer(patience(limits), self._kill)
        clock.start()
        try:
            pickle.dump((name, problem, limits), process.stdin)  # type: ignore[arg-type]
            process.stdin.flush()  # type: ignore[union-attr]
            found: Answer = pickle.load(process.stdout)  # type: ignore[arg-type]  # noqa: S301 - our own worker
        except (EOFError, OSError, pickle.UnpicklingError):
            return self._last_words(limits)
        finally:
            clock.cancel()
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            # The worker finds the package where this process found it.
            path = os.pathsep.join(entry for entry in sys.path if entry)
            self._process = subprocess.Popen(
                [sys.executable, "-m", ENTRY],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
            )
        return self._process

    def _kill(self) -> None:
        self._late = True
        if self._process is not None:
            self._process.kill()

    def _last_words(self, limits: Limits) -> str:
        late, code = self._late, self.close()
        if late or code == -_SIGXCPU:
            return f"killed after {patience(limits):.0f} s"
        return f"killed: its worker process died with status {code}"

    def close(self) -> int:
        """End the worker; its exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        try:
            return process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


_SIGXCPU = 24
"""What the system sends at the CPU limit (Linux, macOS)."""
