"""Many mutants in worker processes, in slices that need not be repeated."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from model_fuzz.tally import Tally

SLICE = 2000
"""Mutants of one process: what it leaks is bounded."""

SILENCE = 300.0
"""Seconds without a word after which a worker is stopped; its own limits come much earlier."""


@dataclass(frozen=True)
class Campaign:
    """``seconds`` bounds the whole: no slice begins later."""

    seed: int
    mutants: int
    jobs: int
    seconds: float
    folder: Path
    small: bool
    differential: bool

    @property
    def ledger(self) -> Path:
        """A line for each slice that is done."""
        kind = "-small" * self.small + "-differential" * self.differential
        return self.folder / f"seed{self.seed}{kind}.jsonl"

    def done(self) -> dict[int, Tally]:
        """Slices done in an earlier run."""
        if not self.ledger.exists():
            return {}
        rows = [json.loads(line) for line in self.ledger.read_text(encoding="utf-8").splitlines()]
        return {row["begin"]: Tally.loads(json.dumps(row["tally"])) for row in rows}

    def run(self) -> Tally:
        """Run what is left, and return the counts of all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        total, done, end = Tally(), self.done(), monotonic() + self.seconds
        for tally in done.values():
            total.merge(tally)
        left = [b for b in range(0, self.mutants, SLICE) if b not in done]
        lock = threading.Lock()

        def one(begin: int) -> None:
            if monotonic() > end:
                return
            tally = self.slice(begin)
            row = json.dumps({"begin": begin, "tally": json.loads(tally.dumps())})
            with lock, self.ledger.open("a", encoding="utf-8") as file:
                file.write(row + "\n")
                total.merge(tally)
                print(f"{total.tried} mutants, faults {dict(total.kinds)}", file=sys.stderr)

        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(one, left))
        return total

    def slice(self, begin: int) -> Tally:
        """One slice; a worker that dies is started again behind the mutant that killed it."""
        tally, number, end = Tally(), begin, min(begin + SLICE, self.mutants)
        while number < end:
            last = number - 1
            for line in self._lines(number, end):
                if "faults" in line:
                    tally.add(line)
                else:
                    last = line["number"]
            number = last + 1
            if tally.tried < number - begin:
                tally.tried += 1
                tally.fault({"kind": "exception", "bucket": "worker died", "message": f"{last}",
                             "file": f"seed {self.seed} number {last}", "bytes": 0})  # fmt: skip
            elif number < end:
                raise RuntimeError(f"the worker does not start: see {self.folder}/worker.log")
        return tally

    def _lines(self, begin: int, end: int) -> Iterator[dict[str, Any]]:
        """A worker's lines, until it ends or says nothing for too long."""
        command = [sys.executable, "-m", "model_fuzz.worker", str(self.seed), str(begin), str(end),
                   str(self.folder), *["--small"] * self.small,
                   *["--differential"] * self.differential]  # fmt: skip
        root = Path(__file__).parents[2]
        path = os.pathsep.join([str(root / "toolchain"), str(root / "tools")])
        env = os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
        with (self.folder / "worker.log").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=env, text=True
            )
        try:
            yield from _spoken(process)
        finally:
            process.kill()
            process.wait()


def _spoken(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    words: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        for line in process.stdout or ():
            words.put(line)
        words.put(None)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            line = words.get(timeout=SILENCE)
        except queue.Empty:
            return
        if line is None:
            return
        if line.endswith("\n"):
            yield json.loads(line)
