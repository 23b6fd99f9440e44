"""The reference runner: our kernels over slices of samples, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from mendlite.model.graph import Model
from mendlite.model.rounding import KernelProfile
from mendlite.model.rows import rows_of, side_by_side
from mendlite.prepare.memory import MOST_BYTES
from mendlite.replay.inputs import require_constant_free, require_inputs
from mendlite.replay.reference.batches import slices_together, split
from mendlite.replay.reference.execute import PreparedModel, prepare, run_operators
from mendlite.replay.reference.interpreted_words import TERM, interpreted_words
from mendlite.replay.reference.slices import slice_size
from mendlite.replay.runner import Values
from mendlite.workers.workers import in_order, local_threads

WORKERS = max(1, min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))
"""Slices in flight: numpy releases the interpreter lock. Results do not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRunner:
    """One model on the reference kernels under one rounding profile."""

    model: Model
    profile: KernelProfile
    workers: int = WORKERS
    _programs: list[PreparedModel] = field(default_factory=list, repr=False, compare=False)
    """The prepared model, from the first run on: kernels are made once for all runs."""

    @property
    def kernels(self) -> str:
        """``reference (<profile>)``, and the operators that an interpreter runs."""
        others = interpreted_words(self.model, self.profile)
        named = f"; {TERM}: {others}" if others else ""
        return f"reference ({self.profile.value}){named}"

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol defines."""
        require_inputs(self.model, inputs)
        require_constant_free(self.model, tensors)
        if not self._programs:
            self._programs.append(prepare(self.model, self.profile))
        program = self._programs[0]
        size, count = slice_size(self.model), len(inputs[0])
        together = slices_together(program, size, -(-count // size), self.workers, tensors)
        batches = [
            {
                t: side_by_side(self.model.tensors[t], x[begin : begin + size * together])
                for t, x in zip(self.model.inputs, inputs, strict=True)
            }
            for begin in range(0, count, size * together)
        ]
        for slices in self._in_order(program, batches, tensors, size):
            yield from slices

    def _in_order(
        self, program: PreparedModel, batches: list[Values], tensors: Sequence[int], size: int
    ) -> Iterator[list[Values]]:
        """Results of the batches in their order, in slices; a single batch needs no thread."""
        span = range(_last_needed(program, tensors) + 1)

        def one(inputs: Values) -> list[Values]:
            # ``batches`` live on; what is computed must not live with them.
            values = dict(inputs)
            first = self.model.inputs[0]
            count = len(inputs[first]) // rows_of(self.model.tensors[first])
            run_operators(program, values, span, frozenset(tensors))
            sizes = [min(size, count - begin) for begin in range(0, count, size)]
            chosen = {t: values[t] for t in tensors}
            return [
                {t: _of_samples(program, t, x, rows) for t, x in values.items()}
                for values, rows in zip(split(program, chosen, sizes), sizes, strict=True)
            ]

        workers = min(self._workers(program, batches), len(batches))
        with one_blas_thread():
            yield from map(one, batches) if workers <= 1 else _in_threads(one, batches, workers)

    def _workers(self, program: PreparedModel, batches: Sequence[Values]) -> int:
        """As many as ``workers``, but no more than memory is bounded for."""
        first = self.model.inputs[0]
        held = program.prepared.bytes * max((len(each[first]) for each in batches), default=1)
        return max(1, min(self.workers, MOST_BYTES // max(held, 1)))


def one_blas_thread() -> AbstractContextManager[Any]:
    """One BLAS thread a batch: the batches themselves are the parallelism."""
    limited: AbstractContextManager[Any] = _blas().limit(limits=1)
    return limited


@cache
def _blas() -> ThreadpoolController:
    """The libraries behind numpy's products; finding them takes a millisecond."""
    return ThreadpoolController()


def _in_threads(
    one: Callable[[Values], list[Values]], batches: Sequence[Values], workers: int
) -> Iterator[list[Values]]:
    """``one`` of each batch in their order."""
    with local_threads(workers) as threads:
        yield from in_order(threads, one, ((values,) for values in batches))


def _of_samples(
    program: PreparedModel, tensor: int, values: NDArray[Any], count: int
) -> NDArray[Any]:
    """Values with the samples along the first axis, as runners of one sample at a time return them.

    What does not depend on the samples is there once for all of ``count`` samples.
    """
    rows = values.reshape(1) if values.ndim == 0 else values
    once = tensor not in program.prepared.batched and count > 1
    return np.concatenate([rows] * count) if once else rows


def _last_needed(program: PreparedModel, tensors: Sequence[int]) -> int:
    """Index of the last operator that writes one of ``tensors``; -1 where none does.

    What is read of a variable is there when its block has run.
    """
    wanted, model = set(tensors), program.model
    last = max((o.index for o in model.operators if set(o.outputs) & wanted), default=-1)
    for block in program.blocks.values():
        read = {t for number in block.variables for t in model.variables[number].reads}
        last = max(last, block.span.stop - 1) if read & wanted else last
    return last
