"""The outputs of one model on a set of samples, as a task compares them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The evaluated values of n samples, real, f64[n, M].

    A model with several evaluated outputs has them side by side: ``shapes`` are the shapes of one
    sample's heads, in order (one head of M values where it is empty). ``inputs`` f64[n, K] are
    the real inputs, kept where the task compares them with the outputs.
    """

    values: NDArray[np.float64]
    shapes: tuple[tuple[int, ...], ...] = ()
    inputs: NDArray[np.float64] | None = None

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.values)

    def head(self, index: int) -> NDArray[np.float64]:
        """One head's values f64[n, ...], in its own shape."""
        sizes = [int(np.prod(shape, dtype=np.int64)) for shape in self.shapes]
        begin = sum(sizes[:index])
        part = self.values[:, begin : begin + sizes[index]]
        return part.reshape(self.count, *self.shapes[index])

    def take(self, chosen: slice | NDArray[np.int64]) -> Outputs:
        """The outputs of some of the samples, by a slice or by their places."""
        inputs = None if self.inputs is None else self.inputs[chosen]
        return Outputs(values=self.values[chosen], shapes=self.shapes, inputs=inputs)
