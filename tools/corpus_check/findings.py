"""What a check of a folder found, and the file that keeps that of the public files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from corpus_check.record import FileRecord, from_json

RESULTS = Path(__file__).parents[2] / "docs" / "benchmarks" / "corpus.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The records of all files, and how their inputs were drawn."""

    seed: int
    samples: int
    records: tuple[FileRecord, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        records = [record.to_json() for record in self.records]
        return {"seed": self.seed, "samples": self.samples, "records": records}

    def merged(self, newer: Iterable[FileRecord]) -> list[FileRecord]:
        """These records, with the ``newer`` ones of the same files in their place."""
        by_name = {record.name: record for record in newer}
        return [by_name.get(record.name, record) for record in self.records]

    def ratios(self) -> Mapping[str, float]:
        """By operator: samples a second on our kernels in those of the interpreter, the median."""
        found: dict[str, list[float]] = {}
        for record in self.records:
            for speed in record.speeds:
                found.setdefault(speed.op, []).append(speed.ours / speed.theirs)
        return {op: median(ratios) for op, ratios in sorted(found.items())}


def stored() -> Findings:
    """The findings of the public files as they were last written."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    records = tuple(from_json(row) for row in found["records"])
    return Findings(seed=found["seed"], samples=found["samples"], records=records)
