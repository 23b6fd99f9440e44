"""What a runner computed before, so that a slow one computes it once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.replay.collect import joined
from mendlite.replay.runner import Runner, Values

KEPT = 8
"""Replays that are remembered, the latest ones."""

Key = tuple[str, str, tuple[int, ...]]


@dataclass(slots=True)
class Recordings:
    """Replays by model, samples and tensors."""

    _kept: dict[Key, Values] = field(default_factory=dict)

    def find(self, key: Key) -> Values | None:
        """What was computed for all of the key's tensors, or more."""
        model, samples, tensors = key
        for (name, inputs, known), values in self._kept.items():
            if (name, inputs) == (model, samples) and set(tensors) <= set(known):
                return {t: values[t] for t in tensors}
        return None

    def keep(self, key: Key, values: Values) -> None:
        """Remember a replay, and forget the oldest."""
        self._kept[key] = values
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRunner:
    """A runner that returns its recordings where it can."""

    runner: Runner
    model: Model
    recordings: Recordings

    @property
    def kernels(self) -> str:
        """Those of the runner behind it."""
        return self.runner.kernels

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol defines."""
        key = (self.model.sha256, _digest(inputs), tuple(tensors))
        recorded = self.recordings.find(key)
        if recorded is not None:
            yield recorded
            return
        slices: list[Values] = []
        for values in self.runner.run(inputs, tensors):
            slices.append(values)
            yield values
        self.recordings.keep(key, joined(slices, tensors))


def _digest(inputs: Sequence[NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for values in inputs:
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
