"""What no integer repair of a layer can go below: a bound by the continuous relaxation.

The squared distance from one-sided targets is convex in the weights and the bias, so it lies above
its tangent at any point. At the optimum of the real numbers, found by the same majorisation as
the integer search, the tangent is nearly flat, and its minimum over the box of allowed integers
bounds them all from below (weak duality; Boyd & Vandenberghe 2004, section 5.2). A point that is
not quite optimal only loosens the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.least_squares import LeastSquaresOptions, box
from mendlite.algorithms.normal import Normal
from mendlite.algorithms.wide_rows import WideNormal, equations_of
from mendlite.model.layer_system import RESIDUAL_LIMIT, LayerSystem

Floats = NDArray[np.float64]

ROUNDS = 8
RIDGE = 1e-6
"""Keeps a singular system solvable; the bound holds whatever the point."""

ROUNDING = 1e-9
"""Share by which the bound is lowered: float64 sums of up to 2**17 squares."""


@dataclass(slots=True, kw_only=True)
class _Point:
    """Real weights [C, K] and bias [C]."""

    weights: Floats
    bias: Floats


def lower_bound(system: LayerSystem, options: LeastSquaresOptions) -> Floats:
    """A lower bound f64[C] of the squared error, in squared target units, of every channel.

    It holds for all integer weights in the box of ``options`` and all biases. 0 where it states
    nothing, and the present error where a channel must not be edited.
    """
    rows = system.rows.astype(np.float64)
    scale = float(1 << system.fraction_bits)
    point = _relaxed(system, rows, scale)
    distance = _distance(system, rows, point, scale)
    value = np.square(distance).sum(axis=0)
    # The derivative by an accumulator is -2 * distance * scale.
    pull = -2 * scale * distance
    gradient = _transposed(system, rows, pull)
    low, high = box(system, options, system.weights)
    start = system.weights - point.weights
    slope = np.minimum(gradient * (start + low), gradient * (start + high)).sum(axis=1)
    bound = value + slope
    if system.bias is not None:
        bound -= np.abs(pull.sum(axis=0)) * _bias_reach(system, rows, point, options)
    fixed = np.square(_distance(system, rows, _present(system), scale)).sum(axis=0)
    bound = np.where(system.editable, bound, fixed)
    bound = np.where(np.abs(distance).max(axis=0, initial=0.0) < RESIDUAL_LIMIT, bound, 0.0)
    result: Floats = np.maximum(bound * (1 - ROUNDING), 0.0)
    return result


def _present(system: LayerSystem) -> _Point:
    bias = np.zeros(len(system.weights)) if system.bias is None else system.bias.astype(np.float64)
    return _Point(weights=system.weights.astype(np.float64), bias=bias)


def _products(system: LayerSystem, rows: Floats, weights: Floats) -> Floats:
    if system.depthwise:
        products: Floats = np.einsum("sck,ck->sc", rows, weights)
        return products
    return rows @ weights.T


def _transposed(system: LayerSystem, rows: Floats, values: Floats) -> Floats:
    if system.depthwise:
        products: Floats = np.einsum("sck,sc->ck", rows, values)
        return products
    return values.T @ rows


def _distance(system: LayerSystem, rows: Floats, point: _Point, scale: float) -> Floats:
    """Signed distances f64[S, C] to the targets, in target units."""
    fixed = np.rint(system.fixed_bias * scale)
    here = (_products(system, rows, point.weights) + point.bias) * scale + fixed
    distance: Floats = np.clip(here, system.low, system.high) - here
    return distance


def _relaxed(system: LayerSystem, rows: Floats, scale: float) -> _Point:
    """The optimum over the reals, nearly: rounds of majorisation without a box."""
    equations = equations_of(system)
    solve, mean = _solver(equations.with_ridge(RIDGE)), equations.mean
    point = _present(system)
    for _ in range(ROUNDS):
        distance = _distance(system, rows, point, scale) / scale
        right = _transposed(system, rows, distance) - distance.sum(axis=0)[:, None] * mean
        step = solve(right)
        point.weights = point.weights + step
        if system.bias is not None:
            left = _distance(system, rows, point, scale) / scale
            point.bias = point.bias + left.mean(axis=0)
    return point


def _solver(normal: Normal | WideNormal) -> Callable[[Floats], Floats]:
    """What solves the equations for right sides f64[C, K]."""
    if isinstance(normal, WideNormal):
        return normal.as_they_are().solve
    matrix = normal.matrix
    if matrix.ndim == 3:
        return lambda right: np.linalg.solve(matrix, right[..., None])[..., 0]
    return lambda right: np.linalg.solve(matrix, right.T).T


def _bias_reach(
    system: LayerSystem, rows: Floats, point: _Point, options: LeastSquaresOptions
) -> Floats:
    """How far from the point's bias the best bias of any allowed weights can be, f64[C].

    A bias beyond all targets could only move back toward them.
    """
    scale = float(1 << system.fraction_bits)
    here = _products(system, rows, point.weights) + point.bias
    finite_low = np.where(system.low > -(2**39), system.low / scale, here)
    finite_high = np.where(system.high < 2**39, system.high / scale, here)
    far = np.maximum(np.abs(finite_low - here), np.abs(finite_high - here)).max(axis=0, initial=0)
    low, high = box(system, options, system.weights)
    start = system.weights - point.weights
    moved = np.maximum(np.abs(start + low), np.abs(start + high))
    shift = _products(system, np.abs(rows), moved).max(axis=0, initial=0.0)
    reach: Floats = far + shift + np.abs(system.fixed_bias)
    return reach
