"""A process that tries mutants one after the other and writes a line of JSON about each.

Usage: python -m model_fuzz.worker SEED FOLDER [--small] [--differential]
Each line "BEGIN END" on stdin asks for the mutants BEGIN to END - 1. The originals are read once.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from mendlite.tflite.reader import read
from model_fuzz.attempt import Outcome, attempt
from model_fuzz.dice import Dice
from model_fuzz.limits import limit_process
from model_fuzz.mutate import mutant
from model_fuzz.originals import originals, weight
from model_fuzz.stages import DIFFERENTIAL, STAGES


class Maker:
    """Mutant ``number`` of a campaign: the same seed gives the same bytes."""

    def __init__(self, seed: int, *, small: bool, differential: bool = False) -> None:
        """Reads all originals."""
        self.stages = DIFFERENTIAL if differential else STAGES
        self.seed, self.files = seed, originals(small=small)
        weights = np.array([weight(one) for one in self.files])
        self.bounds = np.cumsum(weights) / weights.sum()
        self.bases = [read(one.written) for one in self.files]

    def make(self, number: int) -> tuple[int, bytes, Dice]:
        """The original's number, the mutant, and the dice for what follows."""
        dice = Dice(self.seed, number)
        at = min(int(np.searchsorted(self.bounds, dice.rng.random())), len(self.files) - 1)
        return at, mutant(self.files[at], dice), dice

    def attempt(self, number: int) -> tuple[str, bytes, Outcome]:
        """Name of the original, the mutant and how it went."""
        at, data, dice = self.make(number)
        return self.files[at].name, data, attempt(data, self.bases[at], dice, self.stages)


def keep(folder: Path, bucket: str, data: bytes) -> str:
    """Keep the smallest file of a bucket; returns its name."""
    name = sha256(bucket.encode()).hexdigest()[:10] + ".tflite"
    path = folder / name
    if not path.exists() or path.stat().st_size > len(data):
        temporary = path.with_suffix(f".{len(data)}")
        temporary.write_bytes(data)
        temporary.replace(path)
    return name


def main() -> None:
    """Try what stdin asks for, until it ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seed", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--differential", action="store_true")
    chosen = parser.parse_args()
    maker = Maker(chosen.seed, small=chosen.small, differential=chosen.differential)
    limit_process()
    # The originals never go: the collector need not walk them again.
    gc.freeze()
    for request in sys.stdin:
        begin, end = (int(word) for word in request.split())
        for number in range(begin, end):
            print(json.dumps({"number": number}), flush=True)
            sys.stdout.write(json.dumps(attempted(maker, number, chosen.folder)) + "\n")
        sys.stdout.flush()


def attempted(maker: Maker, number: int, folder: Path) -> dict[str, Any]:
    """The line about one mutant; what it breaks is kept."""
    name, data, outcome = maker.attempt(number)
    faults = [
        asdict(fault) | {"file": keep(folder, fault.bucket, data), "of": name, "bytes": len(data)}
        for fault in outcome.faults
    ]
    return {"number": number, "accepted": outcome.accepted, "refused": outcome.refused,
            "faults": faults}  # fmt: skip


if __name__ == "__main__":
    main()
