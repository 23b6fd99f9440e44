"""GPFQ: greedy path following quantization (Lybrand and Saab 2021), as a baseline.

Weight by weight, each neuron rounds so that its running sum over the samples follows the float
weights' sum: q_k = round(<x_k, u + w_k x_k> / |x_k|**2), u = u + (w_k - q_k) x_k. Both
sums run over the inputs of the already quantized prefix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.claims import claim
from mendlite.arith.exact_products import whole_product
from mendlite.model.layer_system import LayerRepair, LayerSystem


def gpfq(system: LayerSystem) -> LayerRepair:
    """New weights for one layer; channels that end further from their targets stay."""
    rows = system.rows.astype(np.float64)
    if system.depthwise:
        weights = np.stack(
            [
                _follow(rows[:, c], system.weights_float[c : c + 1], system.weight_range)[0]
                for c in range(len(system.weights))
            ]
        )
    else:
        weights = _follow(rows, system.weights_float, system.weight_range)
    return claim(system, weights)


def _follow(
    rows: NDArray[np.float64], weights: NDArray[np.float64], ends: tuple[int, int]
) -> NDArray[np.int64]:
    """Whole weights [C, K] within ``ends`` for rows f64[S, K]."""
    columns = np.ascontiguousarray(rows.T)
    power = np.square(columns).sum(axis=1)
    behind = np.zeros((len(rows), len(weights)))
    whole = np.zeros(weights.shape, np.int64)
    for k, column in enumerate(columns):
        target = weights[:, k] + whole_product(column, behind) / max(power[k], 1.0)
        whole[:, k] = np.clip(np.rint(target), *ends)
        behind += np.outer(column, weights[:, k] - whole[:, k])
    return whole
