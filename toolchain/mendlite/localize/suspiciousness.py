"""The suspiciousness metrics of QNNRepair's Table 1, on counts f64[N].

With af, as, nf, ns for C^af, C^as, C^nf, C^ns. A quotient with a zero denominator is 0 where its
numerator is 0, too, and infinite otherwise (which only DStar can reach): a neuron that never
differs is never suspicious, one that differs in every failing test and in no other is most.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mendlite.model.spectra import Metric, Spectra

Counts = NDArray[np.float64]
DSTAR_EXPONENT = 2


def _ratio(numerator: Counts, denominator: Counts) -> Counts:
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = numerator / denominator
    return np.where(denominator != 0, quotient, np.where(numerator == 0, 0.0, np.inf))


def tarantula(af: Counts, as_: Counts, nf: Counts, ns: Counts) -> Counts:
    """(af / (af + nf)) / (af / (af + nf) + as / (as + ns))."""
    failing, passing = _ratio(af, af + nf), _ratio(as_, as_ + ns)
    return _ratio(failing, failing + passing)


def ochiai(af: Counts, as_: Counts, nf: Counts, _ns: Counts) -> Counts:
    """Af / sqrt((af + nf) (af + as))."""
    return _ratio(af, np.sqrt((af + nf) * (af + as_)))


def dstar(af: Counts, as_: Counts, nf: Counts, _ns: Counts) -> Counts:
    """af**2 / (as + nf)."""
    return _ratio(af**DSTAR_EXPONENT, as_ + nf)


def jaccard(af: Counts, as_: Counts, nf: Counts, _ns: Counts) -> Counts:
    """Af / (af + nf + as)."""
    return _ratio(af, af + nf + as_)


def ample(af: Counts, as_: Counts, nf: Counts, ns: Counts) -> Counts:
    """|af / (af + nf) - as / (as + ns)|."""
    score: Counts = np.abs(_ratio(af, af + nf) - _ratio(as_, as_ + ns))
    return score


def euclid(af: Counts, _as: Counts, _nf: Counts, ns: Counts) -> Counts:
    """sqrt(af + ns)."""
    score: Counts = np.sqrt(af + ns)
    return score


def wong3(af: Counts, as_: Counts, _nf: Counts, _ns: Counts) -> Counts:
    """Af - h, h = as up to 2, then 2 + 0.1 (as - 2) up to 10, then 2.8 + 0.01 (as - 10)."""
    middle, high = 2 + 0.1 * (as_ - 2), 2.8 + 0.01 * (as_ - 10)
    score: Counts = af - np.where(as_ <= 2, as_, np.where(as_ <= 10, middle, high))
    return score


METRICS: dict[Metric, Callable[[Counts, Counts, Counts, Counts], Counts]] = {
    Metric.TARANTULA: tarantula,
    Metric.OCHIAI: ochiai,
    Metric.DSTAR: dstar,
    Metric.JACCARD: jaccard,
    Metric.AMPLE: ample,
    Metric.EUCLID: euclid,
    Metric.WONG3: wong3,
}


def suspiciousness(spectra: Spectra, metric: Metric, seed: int) -> Counts:
    """Scores f64[N] of a layer's neurons; higher is more suspicious.

    ``Metric.RANDOM`` draws them from ``seed`` and the layer's number.
    """
    if metric is Metric.RANDOM:
        return np.random.default_rng([seed, spectra.layer]).random(spectra.active_fail.size)
    counts = (
        spectra.active_fail,
        spectra.active_pass,
        spectra.inactive_fail,
        spectra.inactive_pass,
    )
    return METRICS[metric](*(count / spectra.positions for count in counts))
