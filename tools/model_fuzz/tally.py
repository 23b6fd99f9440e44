"""What a campaign has found so far, and how it is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts by what happened; ``worst`` holds the smallest file of each bucket."""

    tried: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    buckets: Counter[str] = field(default_factory=Counter)
    worst: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, line: dict[str, Any]) -> None:
        """A worker's line about one mutant."""
        self.tried += 1
        self.accepted += bool(line["accepted"])
        self.refused.update(f"{stage} {name}" for stage, name in line["refused"].items())
        for fault in line["faults"]:
            self.fault(fault)

    def fault(self, fault: dict[str, Any]) -> None:
        """One fault."""
        self.kinds[fault["kind"]] += 1
        self.buckets[fault["bucket"]] += 1
        self._keep(fault)

    def _keep(self, fault: dict[str, Any]) -> None:
        known = self.worst.get(fault["bucket"])
        if known is None or fault["bytes"] < known["bytes"]:
            self.worst[fault["bucket"]] = fault

    def merge(self, other: Tally) -> None:
        """Add another tally's counts."""
        self.tried += other.tried
        self.accepted += other.accepted
        for name in ("refused", "kinds", "buckets"):
            getattr(self, name).update(getattr(other, name))
        for fault in other.worst.values():
            self._keep(fault)

    def dumps(self) -> str:
        """As one line of JSON."""
        return json.dumps(self.__dict__)

    @staticmethod
    def loads(line: str) -> Tally:
        """The tally of ``dumps``."""
        raw = json.loads(line)
        counts: dict[str, Any] = {n: Counter(raw.pop(n)) for n in ("refused", "kinds", "buckets")}
        return Tally(**raw, **counts)

    def text(self) -> Iterator[str]:
        """Lines for a person."""
        yield f"{self.tried} mutants, {self.accepted} accepted by the reader"
        for what, count in self.refused.most_common():
            yield f"  refused   {count:8}  {what}"
        for bucket, count in self.buckets.most_common():
            fault = self.worst[bucket]
            yield f"  FAULT     {count:8}  {bucket}  {fault['file']}  {fault['message'][:80]}"
        names = {"exception": "exceptions outside errors.py", "time": "over 5 s",
                 "memory": "over 2 GB", "difference": "differences"}  # fmt: skip
        yield ", ".join(f"{self.kinds[kind]} {words}" for kind, words in names.items())
