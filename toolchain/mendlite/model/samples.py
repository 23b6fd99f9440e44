"""Samples that a model is replayed on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """n samples of one set, as stored in the data file, before preprocessing.

    ``raw`` holds one array (n, ...) per model input, in the input's order. ``labels`` i64[n]
    are class indices as the model counts them, None where there are none. ``source`` names
    the data file's entry in the target and ``rows`` i64[n] the samples' rows in it.
    """

    name: str
    source: str
    rows: NDArray[np.int64]
    raw: tuple[NDArray[np.generic], ...]
    labels: NDArray[np.int64] | None

    @property
    def count(self) -> int:
        """Number of samples."""
        return int(self.rows.size)

    def take(self, chosen: slice) -> Samples:
        """The samples of a slice, in order."""
        return Samples(
            name=self.name,
            source=self.source,
            rows=self.rows[chosen],
            raw=tuple(values[chosen] for values in self.raw),
            labels=None if self.labels is None else self.labels[chosen],
        )
