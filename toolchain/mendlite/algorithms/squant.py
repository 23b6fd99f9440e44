"""SQuant: weights rounded so that errors cancel in kernels and channels (Guo et al. 2022).

Data-free: the Hessian is taken as constant within an element, a kernel and a channel, which
leaves the sums of the rounding errors to be small (CASE). From the nearest rounding,
E, whole numbers are flipped to their other neighbour: first in each kernel (E&K) until the sum of
its errors is at most 0.5, then one element each in the kernels of a channel (E&K&C) until the
channel's sum is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import ordered_sum
from mendlite.model.tensor import WEIGHT_LIMIT

Floats = NDArray[np.float64]
Ends = tuple[int, int]
INT8: Ends = (-WEIGHT_LIMIT, WEIGHT_LIMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Weights i64[C, N, M] (N kernels of M elements a channel) after each of SQuant's stages."""

    element: NDArray[np.int64]
    kernel: NDArray[np.int64]
    channel: NDArray[np.int64]


def squant(weights: Floats, ends: Ends = INT8) -> Stages:
    """Round ``weights`` f64[C, N, M], in steps of the file's own scale.

    Sums of errors are at most 0.5 a kernel after the second stage and 0.5 a channel after the
    third (then at most 1 a kernel), save where ``ends``, the least and the largest weight, leave no
    room.
    """
    element = np.clip(np.rint(weights), *ends)
    kernel = _flip(element, weights, ends)
    channel = _flip_channels(kernel, weights, ends)
    return Stages(
        element=element.astype(np.int64),
        kernel=kernel.astype(np.int64),
        channel=channel.astype(np.int64),
    )


def _flippable(whole: Floats, error: Floats, direction: Floats, ends: Ends) -> Floats:
    """What a flip against ``direction`` would cancel of each error; -inf where none is possible."""
    movable = np.where(direction > 0, whole > ends[0], whole < ends[1])
    gain: Floats = np.where(movable & (error * direction > 0), error * direction, -np.inf)
    return gain


def _first(gain: Floats, count: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The ``count`` [..., 1] largest of the last axis, those that are possible."""
    order = np.argsort(-gain, axis=-1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(gain.shape[-1]), order.shape), -1)
    chosen: NDArray[np.bool_] = (rank < count) & np.isfinite(gain)
    return chosen


def _flip(whole: Floats, weights: Floats, ends: Ends) -> Floats:
    """Flip as many elements of each kernel as its sum of errors is whole numbers away from 0."""
    error = whole - weights
    total = ordered_sum(error, -1)[..., None]
    direction = np.sign(total)
    chosen = _first(_flippable(whole, error, direction, ends), _flips(total))
    flipped: Floats = whole - np.where(chosen, direction, 0.0)
    return flipped


def _flips(total: Floats) -> NDArray[np.int64]:
    """Flips that bring a sum to at most 0.5: a half itself needs none."""
    count: NDArray[np.int64] = np.ceil(np.abs(total) - 0.5).astype(np.int64)
    return count


def _flip_channels(whole: Floats, weights: Floats, ends: Ends) -> Floats:
    """Flip one element in each of the kernels that push their channel's sum the most."""
    error = whole - weights
    kernels = ordered_sum(error, -1)
    total = ordered_sum(kernels, -1)[..., None]
    direction = np.sign(total)[..., None]
    gain = _flippable(whole, error, direction, ends)
    best = gain.argmax(axis=-1)
    possible = np.isfinite(gain.max(axis=-1))
    push = np.where(possible, kernels * direction[..., 0], -np.inf)
    chosen = _first(push, _flips(total))
    flipped = whole.copy()
    step = np.where(chosen, direction[..., 0], 0.0)[..., None]
    before = np.take_along_axis(flipped, best[..., None], -1)
    np.put_along_axis(flipped, best[..., None], before - step, -1)
    return flipped
