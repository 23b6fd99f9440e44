"""The values of all live tensors for all samples, moved forward operator by operator.

A layer is repaired from the activations of the already repaired prefix. Running the prefix
again for every layer costs the square of the depth; the frontier runs each operator once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.rows import fed
from mendlite.replay.reference.batches import run_together, samples_of, slices_together
from mendlite.replay.reference.execute import PreparedModel
from mendlite.replay.reference.runner import WORKERS, one_blas_thread

Values = dict[int, NDArray[np.generic]]

T = TypeVar("T")
R = TypeVar("R")


def in_threads(compute: Callable[[T], R], parts: Iterable[T]) -> list[R]:
    """``compute`` of each part in their order, on all cores; each uses one thread of BLAS.

    A single part needs no thread.
    """
    listed = list(parts)
    if len(listed) < 2:
        with one_blas_thread():
            return [compute(part) for part in listed]
    with one_blas_thread(), ThreadPoolExecutor(min(WORKERS, len(listed))) as pool:
        return list(pool.map(compute, listed))


def _batches(program: PreparedModel, slices: Sequence[Values]) -> list[Sequence[Values]]:
    """The slices in their order, those together that are run as one."""
    if not slices:
        return []
    size = samples_of(program, slices[0])
    together = slices_together(program, size, len(slices), WORKERS)
    return [slices[begin : begin + together] for begin in range(0, len(slices), together)]


def run_on(
    program: PreparedModel, slices: Sequence[Values], begin: int, tensors: Collection[int]
) -> list[Values]:
    """The values of ``tensors`` by slice, from the values before operator ``begin``, which stay.

    No operator behind the last that writes one of ``tensors`` runs.
    """
    last = max(o.index for o in program.model.operators if set(o.outputs) & set(tensors))
    span, keep = range(begin, last + 1), set(tensors)
    ran = in_threads(lambda b: run_together(program, b, span, keep), _batches(program, slices))
    return [values for batch in ran for values in batch]


class Frontier:
    """Live activations of all samples in slices, before operator ``next_operator``."""

    def __init__(
        self,
        model: Model,
        inputs: Sequence[NDArray[np.generic]],
        slice_size: int,
        keep: Collection[int] = (),
    ) -> None:
        """Start before the first operator, with one array (n, *sample_shape) per input.

        Tensors in ``keep`` stay live behind their last use: a model with several outputs has some
        that are complete before the last layer.
        """
        count = len(inputs[0])
        self.slices: list[Values] = [
            fed(model, [x[begin : begin + slice_size] for x in inputs])
            for begin in range(0, count, slice_size)
        ]
        self.next_operator = 0
        self._keep = keep

    def advance(self, program: PreparedModel, end: int) -> None:
        """Run the operators from the next one up to, not including, ``end``."""
        span = range(self.next_operator, end)

        def run(batch: Sequence[Values]) -> None:
            for values, after in zip(
                batch, run_together(program, batch, span, self._keep), strict=True
            ):
                values.clear()
                values.update(after)

        in_threads(run, _batches(program, self.slices))
        self.next_operator = max(self.next_operator, end)

    def value(self, tensor: int) -> NDArray[np.generic]:
        """The values of a live tensor for all samples, (n, ...)."""
        return np.concatenate([values[tensor] for values in self.slices])
