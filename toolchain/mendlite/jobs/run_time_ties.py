"""How far two right kernels may be apart where activations are quantized at run time.

A dynamic-range layer quantizes its float input sample by sample (``arith/hybrid.py``). A value that
lies next to the middle between two steps may fall to either, by the last bit of a float product,
and then moves an output by one step of the input times a weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Layer, Model, Operator
from mendlite.model.layer_values import is_hybrid, weight_scale

NEAR = 2e-4
"""Steps from the middle within which a value counts as a tie: some float32 roundings at 255."""


def tie_tolerance(
    model: Model, operator: Operator, values: Mapping[int, NDArray[Any]]
) -> NDArray[np.float64] | None:
    """By how much each sample's outputs may differ, f64[n, 1]; None where nothing is quantized.

    It is the sample's number of ties, times the step, times the layer's largest weight.
    """
    layer = next(
        (candidate for candidate in model.layers if candidate.index == operator.index), None
    )
    if layer is None or layer.input not in values or not is_hybrid(model, layer):
        return None
    x = values[layer.input].astype(np.float64)
    rows = x.reshape(-1, x.shape[-1]) if layer.op == "FULLY_CONNECTED" else x.reshape(len(x), -1)
    largest = np.abs(rows).max(axis=1, initial=0.0)
    width = rows.max(axis=1, initial=0.0) - rows.min(axis=1, initial=0.0)
    each = [_ties(rows, step) * step for step in (largest / 127, width / 255)]
    tolerance = np.asarray(each).sum(axis=0).reshape(len(x), -1).max(axis=1, keepdims=True)
    weights = np.abs(model.tensors[layer.weights].constant().astype(np.float64)).max(initial=0.0)
    most = float(weights) * _largest_scale(model, layer)
    result: NDArray[np.float64] = tolerance * most
    return result


def _largest_scale(model: Model, layer: Layer) -> float:
    blocks = model.tensors[layer.weights].blocks
    return float(np.max(weight_scale(model, layer) if blocks is None else blocks.scale))


def _ties(rows: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many values of each row lie next to the middle between two steps."""
    scaled = rows / np.where(step > 0, step, 1.0)[:, None]
    near = np.abs(scaled - np.floor(scaled) - 0.5) < NEAR
    result: NDArray[np.float64] = near.sum(axis=1).astype(np.float64)
    return result
