"""The logits of a last dense layer at other output ranges, from one replay of what lies before it.

Its sums do not depend on the range of its output: a candidate costs their requantization alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.measure.outputs import Outputs
from mendlite.model.graph import Layer, Model
from mendlite.model.rounding import Profile
from mendlite.repair.layers.last_dense import DenseLayer
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.layers import make_requantizer
from mendlite.tflite.logits import real_values


@dataclass(frozen=True, slots=True, kw_only=True)
class LogitCandidates:
    """The sums i64[n, C] of dense ``layer`` in accumulator steps, bias included."""

    layer: Layer
    profile: Profile
    sums: NDArray[np.int64]

    @staticmethod
    def of(layer: Layer, dense: DenseLayer, profile: Profile) -> LogitCandidates:
        """Of a layer's integers on n samples."""
        sums = dense.rows @ dense.weights.T
        sums += 0 if dense.bias is None else dense.bias
        return LogitCandidates(layer=layer, profile=profile, sums=sums)

    def outputs(self, model: Model) -> Outputs:
        """The logits of ``model``, which differs in the range of the layer's output alone."""
        quantizer = make_requantizer(prepare(model, self.profile).context(self.layer.index))
        channels = np.broadcast_to(np.arange(self.layer.channels), self.sums.shape).reshape(-1)
        stored = quantizer.exact(self.sums.reshape(-1), channels).reshape(self.sums.shape)
        return Outputs(values=real_values(model, self.layer.output, stored))
