"""The integers of a dense layer: its rows on samples, its weights and its bias."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import bias_of, steps_from_zero
from mendlite.model.samples import Samples
from mendlite.replay.collect import collect


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseLayer:
    """An int8 or uint8 layer ``acc = rows @ weights.T + bias``.

    ``rows`` i64[n, K] are x_q - z_x, a row for each of a sample's
    positions; ``weights`` i64[C, K] less their zero-point; ``bias`` i64[C],
    None without one.
    """

    rows: NDArray[np.int64]
    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None


def read_dense(case: Case, model: Model, layer: Layer, samples: Samples) -> DenseLayer:
    """A dense 8-bit ``layer`` of ``model`` on ``samples``, replayed by the reference kernels."""
    runner = case.execution.reference_runner(model)
    inputs = case.quantized_inputs(samples, model)
    stored = collect(runner, inputs, [layer.input])[layer.input]
    weights = steps_from_zero(model, layer)
    zero_point, bias = model.tensors[layer.input].zero_point, bias_of(model, layer)
    return DenseLayer(
        rows=stored.reshape(-1, weights.shape[1]).astype(np.int64) - zero_point,
        weights=weights,
        bias=None if bias is None else bias.astype(np.int64),
    )
