"""The most suspicious neurons alone: whatever touches others is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mendlite.repair.engine.accept import Engine
from mendlite.repair.engine.state import RepairState
from mendlite.repair.facts import Facts
from mendlite.repair.layers.layer_move import LayerMove
from mendlite.repair.layers.layerwise import Channels
from mendlite.repair.move import Move
from mendlite.repair.strategies.plan import PlanNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """Channels of every layer that may be edited, and a sentence for the report."""

    channels: Channels
    note: str


@dataclass(frozen=True)
class OnSuspects(PlanNode):
    """One move on the ``neurons`` most suspicious ones of the editable layers."""

    move: LayerMove

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``."""
        suspects = suspicious_channels(engine)
        state = replace(state, notes=(*state.notes, suspects.note))
        return replace(engine, channels=suspects.channels).attempt(state, self.move)

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:  # noqa: ARG002 - the same
        """As ``PlanNode``."""
        yield self.move


def suspicious_channels(engine: Engine) -> Suspects:
    """The most suspicious neurons of the layers by the options' metric, on the repair samples."""
    case, scope = engine.base, engine.options.scope
    pairs = [pair for pair in case.pairs if pair.quantized.number in engine.layers]
    localized = engine.statistics.spectra(case, case.quantized, pairs)
    chosen = localized.suspects(scope.metric, scope.neurons or 0, case.seed)
    channels = {p.quantized.number: np.zeros(p.quantized.channels, bool) for p in pairs}
    for layer, neuron in chosen:
        channels[layer][neuron] = True
    note = f"only the {len(chosen)} most suspicious neurons by {scope.metric.value} were edited"
    if not localized.failed.any():
        note = "no repair sample fails: there is no suspicious neuron to edit"
    return Suspects(channels=channels, note=note)
