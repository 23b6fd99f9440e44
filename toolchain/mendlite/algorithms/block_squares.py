"""Integer least squares of weights with a scale for each block of a row, and of those scales.

XNNPACK multiplies with scales of 8 bits (bfloat16). In the smallest power of two of a row's scales
each of them is a whole number n, and a weight q counts n q: least squares on a grid whose steps are
the n (``algorithms/nearest_plane.py``). With the weights held, the scales of a row are ordinary
least squares of one unknown a block, rounded to 8 bits. Both alternate; a channel changes only if
its squared error, computed with what would be written, falls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.cholesky import cholesky, solve_triangles
from mendlite.algorithms.least_squares import LeastSquaresOptions, bounds_of
from mendlite.algorithms.nearest_plane import coordinate_descent, nearest_plane
from mendlite.algorithms.normal import Centred, Normal
from mendlite.algorithms.row_sums import RowSums
from mendlite.arith.block_scales import bfloat16
from mendlite.arith.exact_products import real_product
from mendlite.arith.ordered_sums import ordered_mean, ordered_sum

Floats = NDArray[np.float64]

MANTISSA = 8
"""Bits of a scale."""

SPREAD = 16
"""Powers of two that the scales of one row may span: its products with the rows stay exact."""

REACH = 2.0
"""Factor by which one step may change a scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSystem:
    """A dense layer's rows and targets; outputs and biases count in the unit of the rows.

    ``rows`` f64[S, K] are whole numbers of at most 13 bits, ``wanted`` f64[S, C] the targets, with
    ``open_low`` and ``open_high`` bool[S, C] where a smaller or larger output is as good.
    ``weights`` i64[C, K], ``scale`` f64[C, K / size], of 8 bits each, ``bias`` f64[C], which moves
    where ``moves_bias``; ``weights_float`` f64[C, K] is what the ridge pulls to, in real values;
    ``bias_unit`` the real value of one unit, by which a bias is rounded to float32.
    """

    rows: Floats
    wanted: Floats
    open_low: NDArray[np.bool_]
    open_high: NDArray[np.bool_]
    weights: NDArray[np.int64]
    scale: Floats
    bias: Floats
    moves_bias: bool
    weights_float: Floats
    weight_range: tuple[int, int]
    bias_unit: float

    @property
    def size(self) -> int:
        """Weights of a block."""
        return self.weights.shape[1] // self.scale.shape[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRepair:
    """Weights, scales and biases as in the system; squared errors f64[C] before and after."""

    weights: NDArray[np.int64]
    scale: Floats
    bias: Floats
    before: Floats
    after: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _BlockState:
    """Where the search stands; ``residual`` f64[S, C] is what the targets leave to the outputs."""

    weights: NDArray[np.int64]
    scale: Floats
    bias: Floats
    residual: Floats
    error: Floats


def whole_scales(scale: Floats) -> tuple[Floats, Floats]:
    """Whole numbers n f64[C, B] and units f64[C], powers of two, with scale = n * unit."""
    unit = np.ldexp(1.0, np.frexp(scale)[1].min(axis=1) - MANTISSA)
    return scale / unit[:, None], unit


def spans_too_far(scale: Floats) -> NDArray[np.bool_]:
    """Channels bool[C] whose scales span more than SPREAD powers of two."""
    exponents = np.frexp(scale)[1]
    far: NDArray[np.bool_] = exponents.max(axis=1) - exponents.min(axis=1) > SPREAD
    return far


def solve_blocks(
    system: BlockSystem, options: LeastSquaresOptions, *, edit_scales: bool
) -> BlockRepair:
    """Repair weights and biases, and scales with ``edit_scales``."""
    centred = Centred.of(RowSums.of_parts([system.rows]), has_bias=system.moves_bias)
    normal, plain = centred.with_ridge(options.ridge), centred.with_ridge(0.0)
    state = first = _state(system, system.weights, system.scale, system.bias)
    steps: list[Callable[[_BlockState], _BlockState]] = [
        lambda before: _weights_step(system, normal, options, before)
    ]
    if edit_scales:
        steps.append(lambda before: _scales_step(system, plain, options, before))
    far = spans_too_far(system.scale)
    for _ in range(options.rounds):
        changed = False
        for step in steps:
            candidate = step(state)
            better = (candidate.error < state.error) & ~far & ~spans_too_far(candidate.scale)
            state, changed = _merge(state, candidate, better), changed or bool(better.any())
        if not changed:
            break
    return BlockRepair(
        weights=state.weights,
        scale=state.scale,
        bias=state.bias,
        before=first.error,
        after=state.error,
    )


def _state(
    system: BlockSystem, weights: NDArray[np.int64], scale: Floats, bias: Floats
) -> _BlockState:
    """The outputs' distances from the targets, exact sums but for one rounding."""
    whole, unit = whole_scales(scale)
    counted = weights * np.repeat(whole, system.size, axis=1)
    outputs = (system.rows @ counted.T) * unit + bias
    residual = system.wanted - outputs
    held = (system.open_low & (residual > 0)) | (system.open_high & (residual < 0))
    residual = np.where(held, 0.0, residual)
    error = ordered_sum(np.square(residual), 0)
    return _BlockState(weights=weights, scale=scale, bias=bias, residual=residual, error=error)


def _with_bias(system: BlockSystem, state: _BlockState) -> _BlockState:
    """The state with its bias moved by the mean distance, rounded to float32."""
    if not system.moves_bias:
        return state
    moved = (state.bias + ordered_mean(state.residual, 0)) * system.bias_unit
    bias = moved.astype(np.float32).astype(np.float64) / system.bias_unit
    return _state(system, state.weights, state.scale, bias)


def _correlation(system: BlockSystem, normal: Normal, residual: Floats) -> Floats:
    """The centred rows' products with the distances, f64[C, K]."""
    products = real_product(np.ascontiguousarray(system.rows.T), residual).T
    centred: Floats = products - ordered_sum(residual, 0)[:, None] * normal.mean
    return centred


def _weights_step(
    system: BlockSystem, normal: Normal, options: LeastSquaresOptions, state: _BlockState
) -> _BlockState:
    """Other weights at the same scales."""
    whole, unit = whole_scales(state.scale)
    steps = np.repeat(whole, system.size, axis=1)
    right = _correlation(system, normal, state.residual / unit)
    right += normal.ridge * (system.weights_float / unit[:, None] - state.weights * steps)
    lower, upper = bounds_of(system.weights, state.weights, system.weight_range, options)
    start = nearest_plane(normal.triangle, right, lower, upper, steps)
    moved = coordinate_descent(normal.matrix, right, start, lower, upper, steps=steps)
    weights = state.weights + np.rint(moved / steps).astype(np.int64)
    return _with_bias(system, _state(system, weights, state.scale, state.bias))


def _scales_step(
    system: BlockSystem, normal: Normal, options: LeastSquaresOptions, state: _BlockState
) -> _BlockState:
    """Other scales for the same weights, rounded to what a file holds of 8 bits."""
    weights = state.weights.astype(np.float64)
    matrix = _block_gram(system, normal, weights)
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    ridge = np.maximum(options.ridge * ordered_mean(diagonal, -1), 1.0)
    matrix = matrix + ridge[:, None, None] * np.eye(matrix.shape[-1])
    correlation = _correlation(system, normal, state.residual)
    right = ordered_sum((correlation * weights).reshape(len(weights), -1, system.size), -1)
    moved = state.scale + solve_triangles(cholesky(matrix), right[..., None])[..., 0]
    scale = writable(np.clip(moved, state.scale / REACH, state.scale * REACH), state.scale)
    return _with_bias(system, _state(system, state.weights, scale, state.bias))


def _block_gram(system: BlockSystem, normal: Normal, weights: Floats) -> Floats:
    """The Gram matrices f64[C, B, B] of the blocks' sums, one block against all at a time."""
    # The matrix without its ridge, which a system of no ridge holds as 1 on the diagonal.
    plain = normal.matrix - normal.ridge * np.eye(len(normal.matrix))
    blocks = []
    for begin in range(0, weights.shape[1], system.size):
        span = slice(begin, begin + system.size)
        against = real_product(
            np.ascontiguousarray(plain[:, span]), np.ascontiguousarray(weights[:, span].T)
        )
        blocks.append(ordered_sum((against.T * weights).reshape(len(weights), -1, system.size), -1))
    return np.stack(blocks, axis=-1)


def writable(scale: Floats, kept: Floats) -> Floats:
    """Scales rounded to bfloat16; those that float16 does not hold as well stay as in ``kept``."""
    rounded = bfloat16(scale).astype(np.float64)
    with np.errstate(over="ignore"):
        stored = rounded.astype(np.float16).astype(np.float64)
    return np.where((stored == rounded) & (rounded > 0), rounded, kept)


def _merge(state: _BlockState, candidate: _BlockState, better: NDArray[np.bool_]) -> _BlockState:
    """Take the candidate's channels where they are better."""
    return replace(
        state,
        weights=np.where(better[:, None], candidate.weights, state.weights),
        scale=np.where(better[:, None], candidate.scale, state.scale),
        bias=np.where(better, candidate.bias, state.bias),
        residual=np.where(better, candidate.residual, state.residual),
        error=np.where(better, candidate.error, state.error),
    )
