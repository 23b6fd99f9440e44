"""Rows of a layer's neurons from replayed samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.qnnrepair import NeuronData
from mendlite.analysis.activation_status import LayerStatus, layer_statuses
from mendlite.arith.requantize import accumulator_threshold
from mendlite.case.case import Case
from mendlite.errors import ClaimError
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import bias_of, steps_from_zero
from mendlite.model.samples import Samples
from mendlite.pairing.layers import LayerPair
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.layers import make_requantizer
from mendlite.replay.reference.patches import layer_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRows:
    """What the neurons of one layer saw and did on samples.

    ``reference`` and ``quantized`` bool[P, C] are the statuses at all P positions; ``matrix``
    i64[C, K] are less their zero-point; ``bias`` i64[C]; ``threshold`` i64[C] the least
    accumulators of an active output.
    """

    model: Model
    layer: Layer
    status: LayerStatus
    reference: NDArray[np.bool_]
    quantized: NDArray[np.bool_]
    matrix: NDArray[np.int64]
    bias: NDArray[np.int64]
    threshold: NDArray[np.int64]

    @staticmethod
    def of(case: Case, model: Model, pair: LayerPair, samples: Samples) -> LayerRows:
        """Replay both models on ``samples``; ``model`` is the quantized one, as far as repaired."""
        layer = pair.quantized
        status = next(iter(layer_statuses(case, model, samples, [pair], with_inputs=True)))
        reference, quantized = (
            s.reshape(-1, layer.channels) for s in (status.reference, status.quantized)
        )
        quantizer = make_requantizer(prepare(model, case.profile).context(layer.index))
        zero = model.tensors[layer.output].zero_point
        channels = np.arange(layer.channels)
        stored = bias_of(model, layer)
        bias = np.zeros(layer.channels, np.int64) if stored is None else stored.astype(np.int64)
        return LayerRows(
            model=model,
            layer=layer,
            status=status,
            reference=reference,
            quantized=quantized,
            matrix=steps_from_zero(model, layer),
            bias=bias,
            threshold=accumulator_threshold(quantizer, channels, np.full_like(channels, zero + 1)),
        )

    def neuron(
        self, neuron: int, places: NDArray[np.int64], failing: NDArray[np.bool_]
    ) -> NeuronData:
        """One neuron at ``places`` of the positions; ``failing`` bool[P] marks failing tests."""
        if self.status.inputs is None:
            raise ClaimError(f"layer {self.layer.number}: its inputs were not kept")
        rows = layer_rows(self.model, self.layer, self.status.inputs, places)
        return NeuronData(
            layer=self.layer.number,
            neuron=neuron,
            inputs=(rows[:, neuron] if rows.ndim == 3 else rows).astype(np.int16),
            float_active=self.reference[places, neuron],
            active=self.quantized[places, neuron],
            failing=failing[places],
            weights=self.matrix[neuron].astype(np.int16),
            bias=int(self.bias[neuron]),
            threshold=int(self.threshold[neuron]),
            weight_range=self.model.tensors[self.layer.weights].weight_range,
        )
