"""Exact re-evaluation of what bias correction and least squares claim.

Shares nothing with the solvers: it takes the integers that were read back from the patched
file and works through the rows in exact integers, block by block, without any Gram matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import ClaimError
from mendlite.model.layer_system import RESIDUAL_LIMIT, LayerRepair, LayerSystem

BLOCK_VALUES = 2**18
"""Values of the rows, or of the outputs, worked on at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLayer:
    """A layer's values as read back from the patched bytes.

    ``weights`` i64[C, K]; ``bias`` i64[C] or None; ``fixed_bias`` f64[C], as in LayerSystem.
    """

    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None
    fixed_bias: NDArray[np.float64]


def _errors(
    system: LayerSystem, file_layer: FileLayer, channels: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Sums of squared target distances of the channels, i64[N]."""
    total = np.zeros(channels.size, np.int64)
    weights = file_layer.weights[channels]
    bias = np.int64(0) if file_layer.bias is None else file_layer.bias[channels]
    shift = np.rint(file_layer.fixed_bias[channels] * (1 << system.fraction_bits))
    # A depthwise layer's channels have rows of their own.
    values = weights.size if system.depthwise else max(weights.shape)
    size = max(1, BLOCK_VALUES // max(values, 1))
    for begin in range(0, system.rows.shape[0], size):
        block = slice(begin, begin + size)
        rows = system.rows[block]
        products = _products(rows[:, channels] if system.depthwise else rows, weights)
        here = ((products + bias) << system.fraction_bits) + shift.astype(np.int64)
        # Both are copies, since ``channels`` are places.
        short, over = system.low[block, channels], system.high[block, channels]
        short -= here
        np.subtract(here, over, out=over)
        np.maximum(short, 0, out=short)
        np.maximum(over, 0, out=over)
        short += over
        distance = np.minimum(short, RESIDUAL_LIMIT, out=short)
        total += np.einsum("sc,sc->c", distance, distance)
    return total


def _products(rows: NDArray[np.int16], weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of rows [S, K] or [S, N, K] times ``weights`` [N, K]: i64[S, N].

    In floats only where no sum can leave their exact integers, 2**24 or 2**53.
    """
    if rows.ndim == 3:
        result: NDArray[np.int64] = np.einsum("snk,nk->sn", rows.astype(np.int64), weights)
        return result
    largest = max(int(rows.max(initial=0)), -int(rows.min(initial=0)))
    reach = int(np.abs(weights).sum(axis=1).max(initial=0)) * largest
    if reach >= 2**53:
        return rows.astype(np.int64) @ weights.T
    real = np.float32 if reach < 2**24 else np.float64
    sums: NDArray[Any] = rows.astype(real) @ weights.T.astype(real)
    return sums.astype(np.int64)


def check_squares(
    system: LayerSystem,
    file_layer: FileLayer,
    claimed: LayerRepair,
    *,
    place: str,
    rescaled: NDArray[np.bool_] | None = None,
) -> None:
    """Raise ClaimError unless the file's integers have exactly the claimed errors.

    Checked for every channel that changed: the integers are the claimed ones, the error is
    the claimed one, and it is lower than before. Channels bool[C] that were ``rescaled`` changed,
    whatever their integers. ``place`` names the layer in the message.
    """
    same_bias = (
        file_layer.bias is claimed.bias
        if file_layer.bias is None or claimed.bias is None
        else np.array_equal(file_layer.bias, claimed.bias)
    )
    if not np.array_equal(file_layer.weights, claimed.weights) or not same_bias:
        raise ClaimError(f"{place}: the patched file does not hold the repaired integers")
    changed = _changed(system, file_layer)
    if rescaled is not None:
        changed |= rescaled
    channels = np.flatnonzero(changed)
    for channel, error in zip(channels, _errors(system, file_layer, channels), strict=True):
        if error != int(claimed.after[channel]) or error >= int(claimed.before[channel]):
            raise ClaimError(
                f"{place}: channel {channel} was claimed to lower its squared error from "
                f"{int(claimed.before[channel])} to {int(claimed.after[channel])}, "
                f"but exact re-evaluation results in {error}"
            )


def _changed(system: LayerSystem, file_layer: FileLayer) -> NDArray[np.bool_]:
    """Channels whose weights or bias differ from the system's own, bool[C]."""
    changed: NDArray[np.bool_] = np.any(file_layer.weights != system.weights, axis=1)
    changed |= file_layer.fixed_bias != system.fixed_bias
    if file_layer.bias is not None and system.bias is not None:
        changed |= file_layer.bias != system.bias
    return changed
