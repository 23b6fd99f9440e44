"""Test spectra of a layer's neurons and their ranking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray


class Metric(Enum):
    """Suspiciousness metrics of QNNRepair's Table 1, and its random baseline."""

    TARANTULA = "tarantula"
    OCHIAI = "ochiai"
    DSTAR = "dstar"
    JACCARD = "jaccard"
    AMPLE = "ample"
    EUCLID = "euclid"
    WONG3 = "wong3"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectra:
    """Counts C^af, C^as, C^nf, C^ns of QNNRepair section 4.1, for N neurons of one layer.

    A neuron is "active" in a test at a position where the activation status (output > 0)
    of the float and of the quantized model differ. The four i64[N] arrays sum positions
    over tests; dividing by ``positions`` (1 for a dense layer) results in the counts: for a
    convolution a test counts by its share of positions that differ.
    """

    layer: int
    positions: int
    active_fail: NDArray[np.int64]
    active_pass: NDArray[np.int64]
    inactive_fail: NDArray[np.int64]
    inactive_pass: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Neurons of one layer by falling suspiciousness, ties by rising index.

    ``neurons`` i64[N] are channel indices, ``score`` f64[N] their scores in that order.
    """

    layer: int
    metric: Metric
    neurons: NDArray[np.int64]
    score: NDArray[np.float64]
