"""A file's check in a process of its own, bounded in time and memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from corpus_check.record import Comparison, FileRecord, Outcome, from_json

SECONDS = 300.0
"""Seconds that one file may take."""

PATIENCE = 10.0
"""Seconds to end in order: the runtimes' processes end with it."""

ROOT = Path(__file__).parents[2]


def checked(
    path: Path, name: str, samples: int, seed: int, *, timed: bool, seconds: float = SECONDS
) -> FileRecord:
    """The record of the file at ``path``; a process that dies or hangs is a failure of its own."""
    command = [
        sys.executable, "-m", "corpus_check.one_file",
        str(path), name, str(samples), str(seed), "timed" if timed else "untimed",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
    )
    try:
        said, errors = process.communicate(timeout=seconds)
        late = False
    except subprocess.TimeoutExpired:
        said, errors = _ended(process)
        late = True
    lines = [line for line in said.splitlines() if line.startswith("{")]
    if lines:
        return from_json(json.loads(lines[-1]))
    last = (errors.strip().splitlines() or [""])[-1]
    why = f"no result within {seconds:g} s" if late else f"ended with {process.returncode}: {last}"
    failure = Comparison(runtime="mendlite", outcome=Outcome.FAILED, reason=why)
    return FileRecord(name=name, size=path.stat().st_size, interpreted={}, comparisons=(failure,))


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """As Ctrl-C ends it, so that the processes of the runtimes end, too; else for good."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()


def _environment() -> dict[str, str]:
    one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    path = os.pathsep.join([str(ROOT / "toolchain"), str(ROOT / "tools")])
    return os.environ | one | {"PYTHONPATH": path}
