"""The values of all live tensors for all samples, moved forward operator by operator.

A layer is repaired from the activations of the already repaired prefix. Running the prefix
again for every layer costs the square of the depth; the frontier runs each operator once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mendlite.model.graph import Model
from mendlite.replay.reference.execute import PreparedModel, run_operators
from mendlite.replay.reference.runner import WORKERS

Values = dict[int, NDArray[np.generic]]


class Frontier:
    """Live activations of all samples in slices, before operator ``next_operator``."""

    def __init__(
        self,
        model: Model,
        inputs: Sequence[NDArray[np.generic]],
        slice_size: int,
        keep: Collection[int] = (),
    ) -> None:
        """Start before the first operator, with one array (n, ...) per model input.

        Tensors in ``keep`` stay live behind their last use: a model with several outputs has some
        that are complete before the last layer.
        """
        count = len(inputs[0])
        self.slices: list[Values] = [
            {t: x[begin : begin + slice_size] for t, x in zip(model.inputs, inputs, strict=True)}
            for begin in range(0, count, slice_size)
        ]
        self.next_operator = 0
        self._keep = keep

    def advance(self, program: PreparedModel, end: int) -> None:
        """Run the operators from the next one up to, not including, ``end``."""
        span = range(self.next_operator, end)
        with threadpool_limits(1), ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda v: run_operators(program, v, span, self._keep), self.slices))
        self.next_operator = max(self.next_operator, end)

    def value(self, tensor: int) -> NDArray[np.generic]:
        """The values of a live tensor for all samples, (n, ...)."""
        return np.concatenate([values[tensor] for values in self.slices])
