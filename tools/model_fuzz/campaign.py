"""Many mutants in worker processes, in slices that need not be repeated."""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from model_fuzz.process import WorkerProcess
from model_fuzz.tally import Tally

SLICE = 2000
"""Mutants that are asked for at a time, and kept as a line of the ledger."""


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
        left = iter([b for b in range(0, self.mutants, SLICE) if b not in done])
        lock = threading.Lock()

        def one_after_the_other(worker: WorkerProcess) -> None:
            try:
                while monotonic() <= end and (begin := next(left, None)) is not None:
                    tally = self.slice(begin, worker)
                    with lock:
                        self._keep(begin, tally)
                        total.merge(tally)
                        print(f"{total.tried} mutants, faults {dict(total.kinds)}", file=sys.stderr)
            finally:
                worker.stop()

        with ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(one_after_the_other, [self.worker() for _ in range(self.jobs)]))
        return total

    def worker(self) -> WorkerProcess:
        """A process for this campaign's mutants."""
        flags = ["--small"] * self.small + ["--differential"] * self.differential
        return WorkerProcess((str(self.seed), str(self.folder), *flags), self.folder / "worker.log")

    def _keep(self, begin: int, tally: Tally) -> None:
        row = json.dumps({"begin": begin, "tally": json.loads(tally.dumps())})
        with self.ledger.open("a", encoding="utf-8") as file:
            file.write(row + "\n")

    def slice(self, begin: int, worker: WorkerProcess) -> Tally:
        """One slice; a worker that dies is started again behind the mutant that killed it."""
        tally, number, end = Tally(), begin, min(begin + SLICE, self.mutants)
        while number < end:
            last = number - 1
            for line in worker.lines(number, end):
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
