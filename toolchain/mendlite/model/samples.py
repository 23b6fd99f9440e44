"""Samples that a model is replayed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """n samples of one set, as stored in the data file, before preprocessing.

    ``raw`` holds one array (n, ...) per model input, in the input's order. ``labels`` [n] are
    class indices as the model counts them (i64), or [n, ...] what the task compares with; None
    where there are none. ``outputs`` are recorded outputs of a teacher, (n, ...) each. ``source``
    names the data file's entry in the target and ``rows`` i64[n] the samples' rows in it.
    """

    name: str
    source: str
    rows: NDArray[np.int64]
    raw: tuple[NDArray[np.generic], ...]
    labels: NDArray[Any] | None
    outputs: tuple[NDArray[np.generic], ...] = ()

    @property
    def count(self) -> int:
        """Number of samples."""
        return int(self.rows.size)

    def some(self, count: int) -> Samples:
        """At most ``count`` samples, drawn at random (always the same ones), in random order.

        Rows are sorted, and neighbours are often alike: the first ones would be no sample of all.
        """
        order = np.random.default_rng(0).permutation(self.count)
        return self.take(order[:count])

    def take(self, chosen: slice | NDArray[Any]) -> Samples:
        """The samples of a slice, of a mask or of indices, in that order."""
        return Samples(
            name=self.name,
            source=self.source,
            rows=self.rows[chosen],
            raw=tuple(values[chosen] for values in self.raw),
            labels=None if self.labels is None else self.labels[chosen],
            outputs=tuple(values[chosen] for values in self.outputs),
        )
