"""The parent's end of a worker process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from select import select

import numpy as np
from numpy.typing import NDArray

from mendlite.model.equivalence import EquivalenceAnswer, EquivalenceProblem
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers.base import Limits, without_answer
from mendlite.solvers.worker import KEEP_MEMORY, ONE_THREAD, Answer, Message, Problem, patience

ENTRY = "mendlite.solvers.worker"
"""The module that a worker process runs."""


class SolverProcess:
    """One worker, started when it is needed and again after it died."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._late = False
        self._inputs: NDArray[np.int16] | None = None

    def solve(self, name: str, problem: RepairProblem, limits: Limits) -> Solution:
        """The worker's result; ERROR with the reason where it had to be killed, or died."""
        answer = self._ask(name, problem, limits)
        if isinstance(answer, Solution):
            return answer
        return without_answer(name, SolveStatus.ERROR, str(answer))

    def equivalence(self, problem: EquivalenceProblem, limits: Limits) -> EquivalenceAnswer:
        """The worker's result for an equivalence problem, as ``solve``."""
        answer = self._ask("z3", problem, limits)
        if isinstance(answer, EquivalenceAnswer):
            return answer
        return EquivalenceAnswer(status="error", message=str(answer))

    def _ask(self, name: str, problem: Problem, limits: Limits) -> Answer | str:
        """The worker's result, or why there is none."""
        process = self._running()
        self._late = False
        try:
            pickle.dump(self._message(name, problem, limits), process.stdin)  # type: ignore[arg-type]
            process.stdin.flush()  # type: ignore[union-attr]
            if not select([process.stdout], [], [], patience(limits))[0]:  # type: ignore[type-var]
                self._kill()
            answer: Answer = pickle.load(process.stdout)  # type: ignore[arg-type]  # noqa: S301 - our own worker
        except (EOFError, OSError, pickle.UnpicklingError):
            return self._last_words(limits)
        return answer

    def _message(self, name: str, problem: Problem, limits: Limits) -> Message:
        """The problem, without its inputs where the worker has them from the one before.

        The neurons of a layer mostly share them, and they are nearly all of a problem's bytes.
        """
        if not isinstance(problem, RepairProblem):
            return name, problem, limits, False
        if self._inputs is not None and np.array_equal(self._inputs, problem.inputs):
            return name, replace(problem, inputs=problem.inputs[:0]), limits, True
        self._inputs = problem.inputs
        return name, problem, limits, False

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            # The worker finds the package where this process found it.
            path = os.pathsep.join(entry for entry in sys.path if entry)
            self._process = subprocess.Popen(
                [sys.executable, "-m", ENTRY],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **ONE_THREAD, **KEEP_MEMORY, "PYTHONPATH": path},
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
        self._inputs = None
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
