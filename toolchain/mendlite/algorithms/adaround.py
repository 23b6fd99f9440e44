"""AdaRound: learned rounding up or down (Nagel et al. 2020), layer by layer, as a baseline.

Minimise over V the squared distance from the targets with weights floor(w) + h(V),
h(V) = clip(1.2 sigmoid(V) - 0.1, 0, 1), plus lambda sum(1 - |2 h(V) - 1|**beta) (equations 21 to
24), beta annealed from 20 to 2 after a warm start of a fifth of the steps, by Adam on batches of
rows. At the end h is 0 or 1: each weight is a neighbour of its float value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.claims import claim
from mendlite.arith.elementary import log, logistic, power
from mendlite.arith.exact_products import whole_product
from mendlite.arith.ordered_sums import mean_of, ordered_sum
from mendlite.model.layer_system import LayerRepair, LayerSystem

Floats = NDArray[np.float64]

ZETA, GAMMA = 1.1, -0.1
"""Ends of the stretched sigmoid (equation 23)."""

BETA = (20.0, 2.0)
WARM = 0.2
REGULARISER = 3.0
"""Lambda beside a loss in units of what nearest rounding adds per weight: h must end at 0 or 1."""
RATE = 1e-2
BATCH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaRoundOptions:
    """``steps`` of Adam and the ``seed`` of its batches."""

    steps: int = 3000
    seed: int = 0


def stretched(values: Floats) -> tuple[Floats, Floats]:
    """h(V) and its derivative."""
    sigmoid = logistic(values)
    free = (ZETA - GAMMA) * sigmoid + GAMMA
    inside = (free > 0) & (free < 1)
    slope: Floats = np.where(inside, (ZETA - GAMMA) * sigmoid * (1.0 - sigmoid), 0.0)
    return np.clip(free, 0.0, 1.0), slope


def adaround(system: LayerSystem, options: AdaRoundOptions) -> LayerRepair:
    """New weights for one layer; channels that end further from their targets stay."""
    floor = np.floor(system.weights_float)
    part = np.clip(system.weights_float - floor, 1e-3, 1.0 - 1e-3)
    values = -log((ZETA - GAMMA) / (part - GAMMA) - 1.0)
    generator = np.random.default_rng(options.seed)
    rows = system.rows.astype(np.float64)
    first, second = np.zeros_like(values), np.zeros_like(values)
    unit = _unit(system, rows, floor, part)
    for step in range(1, options.steps + 1):
        batch = generator.integers(0, len(rows), min(BATCH, len(rows)))
        up, slope = stretched(values)
        slopes = _loss_slope(system, rows[batch], batch, floor + up) / unit
        slopes += REGULARISER * _round_slope(up, step / options.steps)
        slopes *= slope
        first += 0.1 * (slopes - first)
        second += 0.001 * (slopes * slopes - second)
        scaled = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        values -= RATE * scaled
    whole = np.clip(floor + (stretched(values)[0] >= 0.5), *system.weight_range)
    return claim(system, whole.astype(np.int64))


def _unit(system: LayerSystem, rows: Floats, floor: Floats, part: Floats) -> float:
    """The mean square error that nearest rounding adds: lambda is meant beside losses near 1."""
    rounding = np.rint(part) - part
    added = _products(system, rows, rounding)
    return max(mean_of(ordered_sum(np.square(added), 1)) / floor.size, 1e-12)


def _products(system: LayerSystem, rows: Floats, weights: Floats) -> Floats:
    """Accumulators f64[S, C] of whole rows and real weights, in any order of the sum."""
    if system.depthwise:
        stacked = whole_product(rows.transpose(1, 0, 2), weights[:, :, None])
        return stacked[..., 0].T
    return whole_product(rows, weights.T)


def _loss_slope(
    system: LayerSystem, rows: Floats, batch: NDArray[np.int64], weights: Floats
) -> Floats:
    """Slope of the mean squared distance from the targets, in accumulator units, by weight."""
    scale = float(1 << system.fraction_bits)
    fixed = system.fixed_bias + (0 if system.bias is None else system.bias)
    here = _products(system, rows, weights) + fixed
    short = here - np.clip(here, system.low[batch] / scale, system.high[batch] / scale)
    if system.depthwise:
        stacked = whole_product(rows.transpose(1, 2, 0), short.T[:, :, None])
        return 2.0 * stacked[..., 0] / len(rows)
    return 2.0 * whole_product(rows.T, short).T / len(rows)


def _round_slope(up: Floats, done: float) -> Floats:
    """Slope of sum(1 - |2 h - 1|**beta); 0 in the warm start."""
    if done < WARM:
        return np.zeros_like(up)
    beta = BETA[1] + (BETA[0] - BETA[1]) * (1 - (done - WARM) / (1 - WARM))
    away = 2.0 * up - 1.0
    slope: Floats = -2.0 * beta * np.sign(away) * power(np.abs(away), beta - 1.0)
    return slope
