"""Build one layer's LayerSystem from replayed activations, and turn a repair into edits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.row_sums import squares_of
from mendlite.algorithms.system import targets
from mendlite.arith.exact_products import bits_of, largest_magnitude
from mendlite.claims.squares import FileLayer
from mendlite.model.delta import TensorEdit
from mendlite.model.graph import FUSED, Layer, Model
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.model.layer_values import (
    accumulator_unit,
    bias_limit,
    bias_of,
    is_wide,
    steps_from_zero,
    stored_weights,
    weight_scale,
)
from mendlite.model.tensor import STORED, DType
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.pairing.verdict import OTHER_NETWORK
from mendlite.repair.layers.float_targets import LayerTarget
from mendlite.replay.reference.patches import layer_rows
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.logits import real_values

FLOAT_ROW_BITS = 12
"""Float activations are taken as integers of this many bits: finer than the int8 to which
the hybrid kernels quantize them at run time, and their Gram matrix stays exact."""

TARGET_BITS = 21
"""Targets keep as many fraction bits (at most 4) as leave them below 2**21 units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A system and ``unit`` f64[C], the real value of one unit of its accumulator.

    ``row_unit`` is the real value of one unit of its rows.
    """

    system: LayerSystem
    unit: NDArray[np.float64]
    row_unit: float

    def real(self, error: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sums of squares f64[C] in target units as mean squares in real units."""
        unit = self.unit / (1 << self.system.fraction_bits)
        mean: NDArray[np.float64] = np.square(unit) / max(len(self.system.rows), 1)
        return mean * error.astype(np.float64)


def activation_range(model: Model, operator: int) -> tuple[float, float]:
    """Smallest and largest real output that an operator's tensor and fused activation carry."""
    activation = model.operators[operator].options.get("activation", "NONE")
    lowest, highest = FUSED.get(str(activation), FUSED["NONE"])
    tensor = model.tensors[model.operators[operator].outputs[0]]
    if tensor.quant is not None and tensor.dtype in STORED:
        least, most = tensor.dtype.ends
        scale, zero = float(tensor.quant.scale[0]), int(tensor.quant.zero_point[0])
        lowest = max(lowest, scale * (least - zero))
        highest = min(highest, scale * (most - zero))
    return float(lowest), float(highest)


def integer_rows(model: Model, layer: Layer, rows: NDArray[Any]) -> tuple[NDArray[np.int16], float]:
    """Rows as integers, and the real value of one of their units."""
    tensor = model.tensors[layer.input]
    if tensor.dtype is DType.INT16:
        coarse, steps = coarse_rows(rows)
        return coarse, tensor.scale * steps
    if rows.dtype != np.float32:
        return rows.astype(np.int16), tensor.scale
    return float_rows(rows)


def float_rows(rows: NDArray[Any]) -> tuple[NDArray[np.int16], float]:
    """Real rows as integers of FLOAT_ROW_BITS, and the real value of one of their units."""
    largest = float(np.abs(rows).max(initial=0.0)) or 1.0
    step = largest / (1 << FLOAT_ROW_BITS)
    return np.rint(rows.astype(np.float64) / step).astype(np.int16), step


def coarse_rows(rows: NDArray[Any]) -> tuple[NDArray[np.int16], int]:
    """int16 rows in a power of two of their steps, and it, so that FLOAT_ROW_BITS hold them.

    With all their bits, squared distances would leave int64.
    """
    largest = int(np.abs(rows.astype(np.int32)).max(initial=0))
    step = 1 << max(bits_of(float(largest)) - FLOAT_ROW_BITS, 0)
    return np.rint(rows / step).astype(np.int16), step


def fraction_bits(values: NDArray[np.float64], unit: NDArray[np.float64]) -> int:
    """Fraction bits, 0 to 4, of the targets, so that their size stays below 2**TARGET_BITS."""
    largest = float(np.max(largest_magnitude(values, 0)[0] / unit, initial=1.0))
    return min(max(TARGET_BITS - bits_of(max(largest, 1.0)), 0), 4)


def build(
    *,
    model: Model,
    reference: Model,
    pair: LayerPair,
    activations: NDArray[Any],
    addend: NDArray[Any] | None,
    target: LayerTarget,
    earlier: Built | None = None,
) -> Built:
    """The system of the quantized layer of ``pair``.

    ``activations`` (n, ...) are the layer's stored inputs, ``addend`` those of the branch that
    the target's sum adds to its output. The rows of an ``earlier`` system of the layer, from the
    same activations, are taken over.
    """
    layer = pair.quantized
    if earlier is None:
        drawn = layer_rows(model, layer, activations, target.rows)
        rows, row_unit = integer_rows(model, layer, drawn)
    else:
        rows, row_unit = earlier.system.rows, earlier.row_unit
    scale = weight_scale(model, layer)
    dead = dead_channels(model, layer)
    unit = np.where(dead, 1.0, scale * row_unit)
    matrix = steps_from_zero(model, layer)
    stored = read_layer(model, layer, unit)
    values, open_low, open_high = targets_here(model, layer, addend, target)
    bits = fraction_bits(values, np.where(dead, np.inf, unit))
    low, high = targets(
        float_targets=values, open_low=open_low, open_high=open_high, unit=unit, fraction_bits=bits
    )
    system = LayerSystem(
        rows=rows,
        weights=matrix,
        bias=stored.bias,
        fixed_bias=stored.fixed_bias,
        low=low,
        high=high,
        fraction_bits=bits,
        weights_float=_pulled_toward(reference, pair, matrix, np.where(dead, 1.0, scale)),
        editable=~dead,
        weight_range=model.tensors[layer.weights].weight_range,
        own_float=pair.distance <= OTHER_NETWORK,
    )
    return Built(system=system, unit=unit, row_unit=row_unit)


def _pulled_toward(
    reference: Model, pair: LayerPair, matrix: NDArray[Any], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What the ridge pulls to, f64[C, K]: float's weights, unless they are another network's."""
    if pair.distance > OTHER_NETWORK:
        return matrix.astype(np.float64)
    return real_weights(reference, pair.reference) / scale[:, None]


def targets_here(
    model: Model, layer: Layer, addend: NDArray[Any] | None, target: LayerTarget
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """The layer's own target outputs f64[S, C], and where they may be smaller or larger.

    They may where the operator behind saturates, and where the layer's own output does.
    """
    lowest, highest = activation_range(model, target.residual.operator)
    # In place: a large layer has some 10**8 of them.
    values = target.values.astype(np.float64)
    open_low, open_high = values <= lowest, values >= highest
    np.clip(values, lowest, highest, out=values)
    if addend is not None and target.residual.addend is not None:
        flat = addend.reshape(-1, layer.channels)[target.rows]
        values -= real_values(model, target.residual.addend, flat)
        lowest, highest = activation_range(model, layer.index)
        open_low |= values <= lowest
        open_high |= values >= highest
        np.clip(values, lowest, highest, out=values)
    return values, open_low, open_high


def read_layer(model: Model, layer: Layer, unit: NDArray[np.float64]) -> FileLayer:
    """A layer's integers as they stand in the file of ``model``.

    A float32 bias is not an integer of the accumulator, and that of int16 activations is finer
    than one: it is the fixed bias, in the system's unit, and the integer bias starts at zero. A
    bias that must not be edited is fixed, too.
    """
    weights = steps_from_zero(model, layer)
    bias = bias_of(model, layer)
    zeros = np.zeros(layer.channels)
    if bias is None:
        return FileLayer(weights=weights, bias=None, fixed_bias=zeros)
    if bias.dtype == np.float32 or is_wide(model, layer):
        movable = bias.dtype == np.float32 or layer.bias_frozen is None
        return FileLayer(
            weights=weights,
            bias=np.zeros(layer.channels, np.int64) if movable else None,
            fixed_bias=bias.astype(np.float64) * bias_unit(model, layer) / unit,
        )
    if layer.bias_frozen is not None:
        fixed = bias.astype(np.float64)
        return FileLayer(weights=weights, bias=None, fixed_bias=fixed)
    return FileLayer(weights=weights, bias=bias.astype(np.int64), fixed_bias=zeros)


def bias_unit(model: Model, layer: Layer) -> NDArray[np.float64]:
    """The real value f64[C] of one step of a bias that is not in the system's unit."""
    if layer.bias is not None and model.tensors[layer.bias].dtype is DType.FLOAT32:
        return np.ones(layer.channels)
    dead = dead_channels(model, layer)
    return np.where(dead, 1.0, accumulator_unit(model, layer))


def edits(
    model: Model, layer: Layer, built: Built, repair: LayerRepair
) -> tuple[tuple[TensorEdit, ...], LayerRepair]:
    """The edits that write ``repair``, and the repair as the file will hold it.

    A bias in a finer unit moves by the integer steps times the system's, rounded to what the file
    holds; what is claimed is then stated again for that.
    """
    stored = bias_of(model, layer)
    new_bias: NDArray[Any] | None
    finer = stored is not None and (stored.dtype == np.float32 or is_wide(model, layer))
    if stored is not None and finer and repair.bias is not None:
        repair, new_bias = with_fixed_bias(built, repair, stored, bias_unit(model, layer))
    elif stored is not None and repair.bias is not None:
        new_bias = repair.bias.astype(stored.dtype)
    else:
        new_bias = None
    written = [data_edit(model, layer.weights, stored_weights(model, layer, repair.weights))]
    if layer.bias is not None and new_bias is not None:
        written.append(data_edit(model, layer.bias, new_bias))
    return tuple(e for e in written if e is not None), repair


def with_fixed_bias(
    built: Built, repair: LayerRepair, stored: NDArray[Any], unit: NDArray[np.float64]
) -> tuple[LayerRepair, NDArray[Any]]:
    """The repair with its bias steps in the ``unit`` f64[C] of the file's bias, and that bias [C].

    A channel that the rounding leaves no better than before keeps its old values.
    """
    steps = repair.bias if repair.bias is not None else np.zeros(stored.size, np.int64)
    moved = np.where(steps != 0, _moved(stored, steps * (built.unit / unit)), stored)
    moved = moved.astype(stored.dtype)
    weights, after = repair.weights, repair.before
    restated = _fixed_error(built, weights, moved.astype(np.float64) * unit)
    better = restated < repair.before
    weights = np.where(better[:, None], weights, built.system.weights)
    after = np.where(better, restated, repair.before)
    kept = replace(repair, weights=weights, bias=np.zeros_like(steps), after=after)
    return kept, np.where(better, moved, stored)


def _moved(stored: NDArray[Any], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """A bias [C] moved by ``steps`` of its own, within what is written of its type."""
    moved: NDArray[np.float64] = stored.astype(np.float64) + steps
    if stored.dtype == np.float32:
        return moved
    limit = bias_limit(DType.INT64 if stored.dtype.itemsize == 8 else DType.INT32)
    return np.clip(np.rint(moved), -limit, limit)


def _fixed_error(
    built: Built, weights: NDArray[np.int64], real: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Squared errors i64[C] of the layer with these weights and this real bias."""
    zeros = np.zeros(real.size, np.int64)
    fixed = real / built.unit
    system = replace(built.system, weights=weights, bias=zeros, fixed_bias=fixed)
    return squares_of(system)
