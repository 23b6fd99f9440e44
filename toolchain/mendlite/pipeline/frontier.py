"""The values of all live tensors for all samples, moved forward operator by operator.

A layer is repaired from the activations of the already repaired prefix. Running the prefix
anew for every layer costs the square of the depth; the frontier runs each operator once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.replay.reference.execute import Program, run_operator

Values = dict[int, NDArray[np.generic]]


class Frontier:
    """Live activations of ``samples`` images in slices, before operator ``position``."""

    def __init__(self, model: Model, inputs: Sequence[NDArray[np.generic]], slice_size: int) -> None:
        """Start before the first operator, with one array (n, ...) per model input."""
        count = len(inputs[0])
        self._slices: list[Values] = [
            {t: x[begin : begin + slice_size] for t, x in zip(model.inputs, inputs, strict=True)}
            for begin in range(0, count, slice_size)
        ]
        self._last_use = _last_use(model)
        self.position = 0

    def advance(self, program: Program, position: int) -> None:
        """Run the operators from the current position up to, not including, ``position``."""
        for index in range(self.position, position):
            for values in self._slices:
                values.update(run_operator(program, index, values))
                self._free(values, index)
        self.position = max(self.position, position)

    def value(self, tensor: int) -> NDArray[np.generic]:
        """The values of a live tensor for all samples, (n, ...)."""
        return np.concatenate([values[tensor] for values in self._slices])

    def _free(self, values: Values, index: int) -> None:
        for tensor in [t for t in values if self._last_use.get(t, -1) <= index]:
            del values[tensor]


def _last_use(model: Model) -> Mapping[int, int]:
    """The last operator that reads each tensor."""
    return {t: operator.index for operator in model.operators for t in operator.inputs}
