"""Edits that set another scale and zero-point for a group of activations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.reach import accumulator_reach, farthest_from
from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import bias_limit, steps_from_zero
from mendlite.model.recurrent import integer_lstms
from mendlite.model.tensor import UINT8_OFFSET, DType, Tensor
from mendlite.tflite.edits import data_edit, field_edit
from mendlite.tflite.fields import SCALE_TYPE, ZERO_POINT_TYPE
from mendlite.tflite.scale_groups import ScaleGroup

SCALES = np.finfo(np.float32)
"""Normal float32 numbers: what a scale may be."""


def rescale_edits(
    model: Model, group: ScaleGroup, scale: float, zero_point: int
) -> tuple[TensorEdit, ...]:
    """The edits of all that depends on the group's parameters.

    ``zero_point`` is that of int8 values, in -128 to 127; of int16 values it is 0. The edits are
    those of the tensors' own vectors and of the biases of the layers that read them: a bias counts
    in units of s_x * s_w.
    Raises ValueError for a frozen group and for a scale that is no positive float32.
    """
    if group.frozen is not None:
        raise ValueError(f"the group is frozen: {group.frozen}")
    if not SCALES.tiny <= scale <= SCALES.max:
        raise ValueError(f"{scale} is no scale: it must be a positive float32")
    new = np.array([scale], SCALE_TYPE)
    edits: list[TensorEdit | None] = []
    edited: set[int] = set()
    for index in group.tensors:
        offset = model.tensors[index].quantization().scale_offset
        if offset not in edited:
            edited.add(offset)
            raised = UINT8_OFFSET if model.tensors[index].dtype is DType.UINT8 else 0
            zero = np.array([zero_point + raised], ZERO_POINT_TYPE)
            edits.append(field_edit(model, index, Field.SCALE, new))
            edits.append(field_edit(model, index, Field.ZERO_POINT, zero))
    edits += [
        _first_value(model, variable.initial, float(new[0]), zero_point)
        for variable in model.variables
        if variable.initial in group.tensors
    ]
    for layer in model.layers:
        if layer.input in group.tensors and layer.bias is not None:
            edits += _bias_edits(model, layer, float(new[0]))
    for lstm in integer_lstms(model):
        if lstm.input in group.tensors:
            source = model.tensors[lstm.input]
            for bias, weights in zip(lstm.biases, lstm.weights, strict=True):
                reach = _reach_of(model.tensors[weights].constant().astype(np.int64), source)
                edits += _bias_in_unit(model, bias, source.scale, float(new[0]), reach)
    return tuple(edit for edit in edits if edit is not None)


def _first_value(model: Model, index: int, scale: float, zero_point: int) -> TensorEdit | None:
    """The same real first value of a variable in other parameters, rounded and clipped."""
    tensor = model.tensors[index]
    steps = (tensor.constant().astype(np.float64) - tensor.zero_point) * (tensor.scale / scale)
    raised = UINT8_OFFSET if tensor.dtype is DType.UINT8 else 0
    values = np.clip(np.rint(steps) + zero_point + raised, *tensor.dtype.ends)
    return data_edit(model, index, values.astype(tensor.constant().dtype))


def _products_reach(model: Model, layer: Layer) -> NDArray[np.int64]:
    """The largest magnitude i64[C] of a layer's sum of products: what a bias must leave free.

    0 where the weights are of another type: no int32 sum is known of such a layer.
    """
    tensor = model.tensors[layer.weights]
    if tensor.data is None or not tensor.dtype.is_weight:
        return np.zeros(layer.channels, np.int64)
    return _reach_of(steps_from_zero(model, layer), model.tensors[layer.input])


def _reach_of(weights: NDArray[np.int64], source: Tensor) -> NDArray[np.int64]:
    """The same of weights [C, K] less their zero-point, whatever zero-point ``source`` gets."""
    ends = source.dtype.ends
    return accumulator_reach(weights.T, None, farthest_from(ends[0], ends))


def _bias_edits(model: Model, layer: Layer, scale: float) -> list[TensorEdit | None]:
    """The bias in its new unit, and its own scale vector where it has one."""
    if layer.bias is None:
        return []
    old = model.tensors[layer.input].scale
    return _bias_in_unit(model, layer.bias, old, scale, _products_reach(model, layer))


def _bias_in_unit(
    model: Model, index: int, old: float, scale: float, reach: NDArray[np.int64]
) -> list[TensorEdit | None]:
    """A bias for an input of another scale; ``reach`` i64[C] is what it must leave free."""
    bias = model.tensors[index]
    steps = np.rint(bias.constant().astype(np.float64) * (old / scale))
    limit = np.maximum(bias_limit(bias.dtype) - reach, 0)
    values = np.clip(steps, -limit, limit).astype(bias.constant().dtype)
    edits = [data_edit(model, index, values)]
    if bias.quant is not None:
        own = np.clip(bias.quant.scale * (scale / old), SCALES.tiny, SCALES.max).astype(SCALE_TYPE)
        edits.append(field_edit(model, index, Field.SCALE, own))
    return edits
