"""Rank neurons by suspiciousness."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mendlite.localize.suspiciousness import suspiciousness
from mendlite.model.spectra import Metric, Ranking, Spectra


def rank(spectra: Spectra, metric: Metric, seed: int) -> Ranking:
    """The layer's neurons by falling score; equal scores by rising index."""
    score = suspiciousness(spectra, metric, seed)
    order = np.argsort(-score, kind="stable").astype(np.int64)
    return Ranking(layer=spectra.layer, metric=metric, neurons=order, score=score[order])


def most_suspicious(rankings: Iterable[Ranking], count: int) -> list[tuple[int, int]]:
    """The ``count`` most suspicious (layer, neuron) of several layers together.

    Equal scores go to the earlier layer, then to the lower index.
    """
    entries = [
        (-float(score), ranking.layer, int(neuron))
        for ranking in rankings
        for neuron, score in zip(ranking.neurons, ranking.score, strict=True)
    ]
    return [(layer, neuron) for _, layer, neuron in sorted(entries)[:count]]
