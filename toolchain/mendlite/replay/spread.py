"""The reference kernels on the workers of a cluster: slices of samples in parts.

A part is whole slices of the size that one machine replays at a time, so every slice is computed
as there. Model and samples travel once: later replays of the same samples send the model alone.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.rounding import KernelProfile
from mendlite.replay.inputs import require_constant_free, require_inputs
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.reference.slices import multiplications, slice_size
from mendlite.replay.runner import Values
from mendlite.workers.workers import Workers, in_order

WORTH_SENDING = 2**28
"""Multiplications of a part at least: some 30 ms of a core, where a task costs a few."""

PARTS = 4
"""Parts a thread where samples suffice: a slow worker then leaves its last ones to others."""

LATEST = 4
"""Models that a worker keeps prepared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadRunner:
    """One model on the reference kernels of ``workers``; a replay of one part runs here."""

    model: Model
    profile: KernelProfile
    workers: Workers

    @property
    def kernels(self) -> str:
        """As of one machine: the bytes are the same."""
        return self._here().kernels

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol defines; raises ClusterError where the cluster is lost, too."""
        require_inputs(self.model, inputs)
        require_constant_free(self.model, tensors)
        size, count = self._part(len(inputs[0])), len(inputs[0])
        if count <= size:
            yield from self._here().run(inputs, tensors)
            return
        model = self.workers.hold(self.model)
        calls = (
            (
                model,
                self.profile,
                self.workers.hold([x[begin : begin + size] for x in inputs]),
                tuple(tensors),
            )
            for begin in range(0, count, size)
        )
        for slices in in_order(self.workers, replay_part, calls):
            yield from slices

    def _here(self) -> ReferenceRunner:
        return ReferenceRunner(model=self.model, profile=self.profile)

    def _part(self, count: int) -> int:
        size = slice_size(self.model)
        return part_size(count, size, multiplications(self.model), self.workers.threads)


def part_size(count: int, size: int, products: int, threads: int) -> int:
    """Samples of a part of ``count``: whole slices of ``size``, for so many threads.

    ``products`` are the multiplications of one sample. A part is worth sending, and there are PARTS
    a thread where samples suffice.
    """
    worth = -(-WORTH_SENDING // max(1, products * size))
    shares = -(-count // (size * PARTS * threads))
    return size * max(worth, shares)


def replay_part(
    model: bytes, profile: KernelProfile, inputs: bytes, tensors: tuple[int, ...]
) -> list[Values]:
    """On a worker: the slices of one part. ``model`` and ``inputs`` are pickled."""
    return list(_runner(model, profile).run(pickle.loads(inputs), tensors))  # noqa: S301 - ours


@lru_cache(LATEST)
def _runner(model: bytes, profile: KernelProfile) -> ReferenceRunner:
    """The runner of one model: a worker's threads each run one part at a time."""
    return ReferenceRunner(model=pickle.loads(model), profile=profile, workers=1)  # noqa: S301
