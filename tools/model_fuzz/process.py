"""A worker's process: started when first asked, started again when it has died or grown old."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SILENCE = 300.0
"""Processor seconds without a word after which a worker is stopped; its own limits come earlier."""

PATIENCE = 60.0
"""Seconds between two looks at a silent worker; one that sleeps through them has hung."""

REQUESTS = 25
"""Requests to one process: what it leaks is bounded."""

ROOT = Path(__file__).parents[2]


@dataclass
class WorkerProcess:
    """``arguments`` are the worker's; its stderr goes to ``log``."""

    arguments: tuple[str, ...]
    log: Path
    program: tuple[str, ...] = ("-m", "model_fuzz.worker")
    process: subprocess.Popen[str] | None = None
    words: queue.Queue[str | None] = field(default_factory=queue.Queue)
    requests: int = 0

    def lines(self, begin: int, end: int) -> Iterator[dict[str, Any]]:
        """Its lines about the mutants ``begin`` to ``end - 1``; fewer where it died or hung."""
        if self.process is None:
            self._start()
        self.requests += 1
        self._ask(f"{begin} {end}\n")
        for line in self._spoken():
            yield line
            if "faults" in line and line["number"] == end - 1:
                if self.requests >= REQUESTS:
                    self.stop()
                return
        self.stop()

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.process = None

    def _start(self) -> None:
        path = os.pathsep.join([str(ROOT / "toolchain"), str(ROOT / "tools")])
        env = os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
        with self.log.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, *self.arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=env, text=True,
            )  # fmt: skip
        self.words, self.requests = queue.Queue(), 0
        threading.Thread(target=_listen, args=(self.process, self.words), daemon=True).start()

    def _ask(self, request: str) -> None:
        assert self.process is not None  # noqa: S101 - just started
        assert self.process.stdin is not None  # noqa: S101 - a pipe
        try:
            self.process.stdin.write(request)
            self.process.stdin.flush()
        except BrokenPipeError:
            return  # It has died: its lines end at once.

    def _spoken(self) -> Iterator[dict[str, Any]]:
        while True:
            line = self._word()
            if line is None or not line.endswith("\n"):
                return
            yield json.loads(line)

    def _word(self) -> str | None:
        """The next line; None where it has ended, hangs, or computes for too long.

        Judged by processor time: on a busy machine a good worker may wait long for its turn.
        """
        assert self.process is not None  # noqa: S101 - it was just asked
        begun, _ = used(self.process.pid)
        before = begun
        while True:
            try:
                return self.words.get(timeout=PATIENCE)
            except queue.Empty:
                now, sleeps = used(self.process.pid)
            if (sleeps and now == before) or now - begun > SILENCE:
                return None
            before = now


def used(pid: int) -> tuple[float, bool]:
    """A process's processor seconds so far, with its ended children's, and whether it sleeps."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    state, *numbers = stat.rpartition(")")[2].split()
    return sum(map(int, numbers[10:14])) / os.sysconf("SC_CLK_TCK"), state == "S"


def _listen(process: subprocess.Popen[str], words: queue.Queue[str | None]) -> None:
    for line in process.stdout or ():
        words.put(line)
    words.put(None)
