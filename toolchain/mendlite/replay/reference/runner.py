"""The reference runner: our kernels over slices of samples, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
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
        size = slice_size(self.model)
        slices = [
            {
                t: side_by_side(self.model.tensors[t], x[begin : begin + size])
                for t, x in zip(self.model.inputs, inputs, strict=True)
            }
            for begin in range(0, len(inputs[0]), size)
        ]
        last = _last_needed(program, tensors)
        yield from self._in_order(program, slices, tensors, last)

    def _in_order(
        self, program: PreparedModel, slices: list[Values], tensors: Sequence[int], last: int
    ) -> Iterator[Values]:
        """Results of the slices in their order; a single one needs no thread."""

        def one(slice_inputs: Values) -> Values:
            # ``slices`` live on; what is computed must not live with them.
            values = dict(slice_inputs)
            first = self.model.inputs[0]
            count = len(slice_inputs[first]) // rows_of(self.model.tensors[first])
            run_operators(program, values, range(last + 1), frozenset(tensors))
            return {t: _of_samples(program, t, values[t], count) for t in tensors}

        workers = min(self._workers(program), len(slices))
        # One BLAS thread a slice: the slices themselves are the parallelism.
        with _blas().limit(limits=1):
            yield from map(one, slices) if workers <= 1 else _in_threads(one, slices, workers)

    def _workers(self, program: PreparedModel) -> int:
        """As many as ``workers``, but no more than memory is bounded for."""
        held = program.prepared.bytes * slice_size(self.model)
        return max(1, min(self.workers, MOST_BYTES // held))


@cache
def _blas() -> ThreadpoolController:
    """The libraries behind numpy's products; finding them takes a millisecond."""
    return ThreadpoolController()


def _in_threads(
    one: Callable[[Values], Values], slices: Sequence[Values], workers: int
) -> Iterator[Values]:
    """``one`` of each slice in their order."""
    with local_threads(workers) as threads:
        yield from in_order(threads, one, ((values,) for values in slices))


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
