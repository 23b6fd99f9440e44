"""Repairs of several targets, each ``mendlite repair`` in a process of its own.

One target and one seed give the same files wherever they run: in a sweep on this machine, on a
cluster, or alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from mendlite.errors import ExitCode

WITH_PARENT = """
import ctypes, os, signal, sys
parent, *words = sys.argv[1:]
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(parent):
        sys.exit(1)
os.execv(sys.executable, [sys.executable, *words])
"""
"""Begins a process that ends with its parent, whose number is the first argument: a lost worker
leaves no repair behind, which would go on holding the folder of its results. PR_SET_PDEATHSIG of
prctl does it from then on; a parent that was lost before has left its place to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTask:
    """One repair: ``target`` with ``seed``, results into ``out``.

    ``words`` are those of its command line behind ``mendlite``; ``data`` is what MENDLITE_DATA is,
    ``folder`` the folder that relative paths begin at.
    """

    target: str
    seed: int
    out: str
    words: tuple[str, ...] = ()
    data: str | None = None
    folder: str = "."

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"{self.target}, seed {self.seed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """How one repair ended: its exit ``code``, and its report (None after an error).

    ``words`` are the report's first line, or the error's.
    """

    task: SweepTask
    code: int
    words: str
    seconds: float
    report: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "target": self.task.target,
            "seed": self.task.seed,
            "out": self.task.out,
            "exit_code": self.code,
            "result": self.words,
            "seconds": round(self.seconds, 1),
            "report": self.report,
        }


def run_task(task: SweepTask) -> SweepResult:
    """Repair one target in a process of its own, which ends with this one."""
    start = perf_counter()
    command = [sys.executable, "-c", WITH_PARENT, str(os.getpid())]
    command += ["-m", "mendlite", *task.words]
    environment = dict(os.environ)
    if task.data is not None:
        environment["MENDLITE_DATA"] = task.data
    if not Path(task.folder).is_dir():
        return lost(task, f"there is no folder {task.folder} here: workers need the same paths")
    done = subprocess.run(
        command, cwd=task.folder, env=environment, capture_output=True, text=True, check=False
    )
    return SweepResult(
        task=task,
        code=done.returncode if done.returncode >= 0 else ExitCode.FAILURE,
        words=_words(done),
        seconds=perf_counter() - start,
        report=_report(done.stdout),
    )


def lost(task: SweepTask, why: str) -> SweepResult:
    """The result of a repair that did not run, or whose end is not known."""
    return SweepResult(task=task, code=ExitCode.FAILURE, words=why, seconds=0.0)


def code_of(results: Sequence[SweepResult]) -> int:
    """0 where all ended with 0, else the exit code of the first that did not."""
    return next((result.code for result in results if result.code), 0)


def _report(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _words(done: subprocess.CompletedProcess[str]) -> str:
    """The verdict of the report, else the error's message."""
    report = _report(done.stdout)
    if report is not None and "headline" in report:
        return str(report["headline"])
    last = (done.stderr.strip().splitlines() or [""])[-1]
    said = (_report(last) or {}).get("error")
    if isinstance(said, dict) and "message" in said:
        return str(said["message"])
    return last or f"it ended with exit code {done.returncode} and no message"
