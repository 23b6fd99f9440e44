"""The neurons that a repair is limited to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mendlite.analysis.localization import localize
from mendlite.case.case import Case
from mendlite.model.spectra import Metric
from mendlite.repair.moves.layer_by_layer import Channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """Channels of every layer that may be edited, and a sentence for the report."""

    channels: Channels
    note: str


def suspicious_channels(case: Case, layers: Sequence[int], metric: Metric, count: int) -> Suspects:
    """The ``count`` most suspicious neurons of the layers by ``metric``, on the repair samples."""
    pairs = [pair for pair in case.pairs if pair.quantized.position in layers]
    found = localize(case, case.quantized, case.sets.repair, pairs)
    chosen = found.suspects(metric, count, case.seed)
    channels = {p.quantized.position: np.zeros(p.quantized.channels, bool) for p in pairs}
    for position, neuron in chosen:
        channels[position][neuron] = True
    note = f"only the {len(chosen)} most suspicious neurons by {metric.value} were edited"
    if not found.failed.any():
        note = "no repair sample fails: there is no suspicious neuron to edit"
    return Suspects(channels=channels, note=note)
