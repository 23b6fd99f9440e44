"""Fault localization: which repair samples fail, and where the two models' statuses differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.activation_status import LayerStatus, layer_statuses
from mendlite.case.case import Case
from mendlite.case.evaluate import evaluate, teacher_outputs
from mendlite.localize.ranking import most_suspicious, rank
from mendlite.localize.spectra import count_spectra, differing
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.model.spectra import Metric, Spectra
from mendlite.pairing.layers import LayerPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Localized:
    """The failing rows of a replay bool[n], and the spectra of ``pairs``: none where none fails."""

    pairs: tuple[LayerPair, ...]
    failed: NDArray[np.bool_]
    spectra: tuple[Spectra, ...]

    def suspects(self, metric: Metric, count: int, seed: int) -> list[tuple[int, int]]:
        """The ``count`` most suspicious (layer, neuron) of all pairs together."""
        return most_suspicious([rank(spectra, metric, seed) for spectra in self.spectra], count)


def layer_spectra(statuses: Sequence[LayerStatus], failed: NDArray[np.bool_]) -> list[Spectra]:
    """Spectra of the layers from the statuses of n tests, failed bool[n]."""
    return [
        count_spectra(
            status.layer, status.positions, differing(status.reference, status.quantized), failed
        )
        for status in statuses
    ]


def localize(case: Case, model: Model, samples: Samples, pairs: Sequence[LayerPair]) -> Localized:
    """Replay ``samples`` on both models and count what differs in the layers of ``pairs``."""
    tests = case.task.failing(teacher_outputs(case, samples), evaluate(case, model, samples))
    failed = case.by_row(tests)
    spectra: list[Spectra] = []
    if failed.any():
        spectra = layer_spectra(layer_statuses(case, model, samples, pairs), failed)
    return Localized(pairs=tuple(pairs), failed=failed, spectra=tuple(spectra))
