"""QNNRepair's neuron repair as an integer problem (Song et al. 2023, section 4.3).

For one suspicious neuron, find integer weight deltas so that the neuron's activation status is
the float model's at the repair inputs where the two differ, minimising M with |delta| <= M.
The status is that of the output byte: above its zero-point exactly where the accumulator
reaches the threshold T (DESIGN, "Arithmetic"), so every row is linear, integer and exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.model.problem import INT32, RepairProblem
from mendlite.model.repair_options import Passing
from mendlite.model.tensor import WEIGHT_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronData:
    """One neuron at S positions of the repair inputs.

    ``inputs`` i16[S, K] are x_q - z_x; ``float_active`` and ``active`` bool[S] the statuses of
    the float and of the quantized neuron; ``failing`` bool[S] marks rows of failing tests.
    ``threshold`` is the smallest accumulator whose output is active; ``weight_range`` are the least
    and the largest weight.
    """

    layer: int
    neuron: int
    inputs: NDArray[np.int16]
    float_active: NDArray[np.bool_]
    active: NDArray[np.bool_]
    failing: NDArray[np.bool_]
    weights: NDArray[np.int16]
    bias: int
    threshold: int
    weight_range: tuple[int, int] = (-WEIGHT_LIMIT, WEIGHT_LIMIT)


def neuron_problem(
    data: NeuronData, *, passing: Passing, max_delta: int | None, max_rows: int, seed: int
) -> RepairProblem:
    """The problem of one neuron.

    Rows are those of failing tests where the statuses differ, and those of passing tests as
    ``passing`` selects, which keep the quantized model's status. More than ``max_rows`` are drawn
    by the seed. ``max_delta`` bounds |delta| beyond the weights' own range.
    """
    differ = data.failing & (data.float_active != data.active)
    active = np.where(data.failing, data.float_active, data.active)
    rows = np.flatnonzero(differ if passing is Passing.NONE else differ | ~data.failing)
    if rows.size > max_rows:
        generator = np.random.default_rng([seed, data.layer, data.neuron])
        rows = np.sort(generator.choice(rows, max_rows, replace=False))
    low, high = data.weight_range
    weights = data.weights.astype(np.int64)
    prices = (~data.failing[rows]).astype(np.int64) if passing is Passing.SOFT else None
    reach = max_delta if max_delta is not None else high - low
    return RepairProblem(
        layer=data.layer,
        neuron=data.neuron,
        inputs=data.inputs[rows],
        weights=data.weights,
        bias=data.bias,
        lower=np.where(active[rows], data.threshold, INT32[0]),
        upper=np.where(active[rows], INT32[1], data.threshold - 1),
        delta_min=np.maximum(np.minimum(low - weights, 0), -reach).astype(np.int16),
        delta_max=np.minimum(np.maximum(high - weights, 0), reach).astype(np.int16),
        row_weights=prices,
    )
