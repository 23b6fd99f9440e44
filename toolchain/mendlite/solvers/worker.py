"""A process of its own in which problems are solved: ``python -m mendlite.solvers.worker``.

It reads pickled messages from its standard input and writes pickled solutions
to what was its standard output; what solvers print goes nowhere. The system kills it at the CPU
time that a problem may take.
"""

from __future__ import annotations

import math
import os
import pickle
import sys
from dataclasses import replace
from time import process_time
from typing import BinaryIO

import numpy as np

from mendlite.errors import MendliteError
from mendlite.model.equivalence import EquivalenceAnswer, EquivalenceProblem
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.solvers.base import Limits, without_answer
from mendlite.solvers.registry import solve_with

Problem = RepairProblem | EquivalenceProblem
Answer = Solution | EquivalenceAnswer
Message = tuple[str, Problem, Limits, bool]
"""Backend, problem, limits, and whether the problem's inputs are those of the one before."""

GRACE = 20.0
"""CPU seconds beyond twice a problem's limit (its hard and its elastic form) until its worker is
killed: the solver's own start, and limits that it overran."""

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip
"""Workers run side by side: none of them takes more than a core."""

KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)}
"""glibc then reuses the arrays of one problem for the next; else most of a small problem's time
goes into fresh pages."""


def patience(limits: Limits) -> float:
    """Seconds after which a worker without a result is killed."""
    return 2 * limits.seconds + GRACE


def words_of(error: Exception) -> str:
    """What a solver raised, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def solve_here(name: str, problem: Problem, limits: Limits) -> Answer:
    """Solve in this process; what a solver raises becomes a status with its words."""
    start = process_time()
    if isinstance(problem, EquivalenceProblem):
        return _equivalence(problem, limits, start)
    try:
        solution = solve_with(name, problem, limits)
    except MendliteError as error:
        solution = without_answer(name, SolveStatus.ERROR, str(error))
    except Exception as error:  # noqa: BLE001 - a backend's failure is a status, with its words
        solution = without_answer(name, SolveStatus.ERROR, words_of(error))
    return replace(solution, seconds=process_time() - start)


def _equivalence(problem: EquivalenceProblem, limits: Limits, start: float) -> EquivalenceAnswer:
    from mendlite.solvers import smt

    try:
        answer = smt.solve(problem, limits)
    except Exception as error:  # noqa: BLE001 - a backend's failure is a status, with its words
        answer = EquivalenceAnswer(status="error", message=words_of(error))
    return replace(answer, seconds=process_time() - start)


def _no_core_file() -> None:
    """What the system ends at its limit leaves no core dump behind."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _cap_cpu(seconds: float) -> None:
    """Let the system end this process after so many more seconds of CPU."""
    try:
        import resource
    except ImportError:  # not on Windows, where the parent's clock alone ends it
        return
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    cap = math.ceil(process_time() + seconds)
    if hard != resource.RLIM_INFINITY:
        cap = min(cap, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (cap, hard))


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Process requests until the input ends."""
    last = np.zeros((0, 0), np.int16)
    while True:
        try:
            message: Message = pickle.load(source)  # noqa: S301 - the parent writes it
        except EOFError:
            return
        name, problem, limits, same = message
        if isinstance(problem, RepairProblem):
            problem = replace(problem, inputs=last) if same else problem
            last = problem.inputs
        _cap_cpu(patience(limits))
        pickle.dump(solve_here(name, problem, limits), sink)
        sink.flush()


def main() -> None:
    """Keep the pipe to the parent apart from what solvers print."""
    _no_core_file()
    sink = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
