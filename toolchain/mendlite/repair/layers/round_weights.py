"""Write a layer of the int8 file as the rounding of its float twin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import (
    bias_steps,
    largest_steps,
    steps_from_zero,
    stored_weights,
    weight_scale,
)
from mendlite.model.tensor import DType
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.tflite.dead import DEAD_SCALE, dead_channels
from mendlite.tflite.edits import data_edit, field_edit
from mendlite.tflite.fields import SCALE_TYPE

Factors = NDArray[np.float64]


def rounded_edits(
    reference: Model, model: Model, pair: LayerPair, *, follow: bool
) -> list[TensorEdit]:
    """Edits that make the int8 layer the rounding of its float twin; dead channels stay.

    With ``follow`` the weight scales follow the weights (``TFLite quantization specification``:
    the largest weight of a channel, or of the tensor, is 127, of int4 7; uint8 weights fill what
    their zero-point leaves).
    """
    layer, twin = pair.quantized, pair.reference
    scale, dead = weight_scale(model, layer), dead_channels(model, layer)
    ends = model.tensors[layer.weights].weight_range
    old = steps_from_zero(model, layer)
    real = real_weights(reference, twin)
    scale_edits: list[TensorEdit | None] = []
    if follow:
        largest = largest_steps(model, layer, real)
        if not model.tensors[layer.weights].quantization().per_channel:
            largest = np.full_like(largest, largest.max())
        moved = np.where(dead | (largest == 0) | np.isinf(largest), scale, largest)
        scale = np.maximum(moved.astype(np.float32), np.float32(2 * DEAD_SCALE)).astype(np.float64)
        scale = np.where(dead, moved, scale)
        scale_edits = edit_scales(model, layer, scale)
    rounded = np.rint(real / scale[:, None])
    matrix = np.where(dead[:, None], old, np.clip(rounded, *ends))
    edits = [data_edit(model, layer.weights, stored_weights(model, layer, matrix)), *scale_edits]
    if layer.bias is not None and twin.bias is not None:
        bias = reference.tensors[twin.bias].constant().reshape(-1).astype(np.float64)
        edits.append(_edit_bias(model, layer, bias, scale, dead))
    return [edit for edit in edits if edit is not None]


def edit_scales(model: Model, layer: Layer, scale: Factors) -> list[TensorEdit | None]:
    """New weight scales f64[C], and the bias's own, which are s_x * s_w."""
    size = model.tensors[layer.weights].quantization().scale.size
    scale = scale[:size]
    edits = [field_edit(model, layer.weights, Field.SCALE, scale.astype(SCALE_TYPE))]
    bias = None if layer.bias is None else model.tensors[layer.bias]
    if bias is not None and bias.quant is not None and bias.quant.scale.size == scale.size:
        unit = model.tensors[layer.input].scale * scale
        edits.append(field_edit(model, bias.index, Field.SCALE, unit.astype(SCALE_TYPE)))
    return edits


def _edit_bias(
    model: Model, layer: Layer, bias: Factors, scale: Factors, dead: NDArray[np.bool_]
) -> TensorEdit | None:
    if layer.bias is None:
        return None
    if model.tensors[layer.bias].dtype is DType.FLOAT32:
        return data_edit(model, layer.bias, bias.astype(np.float32))
    stored = model.tensors[layer.bias].constant().reshape(-1)
    unit = model.tensors[layer.input].scale * scale
    dtype = model.tensors[layer.bias].dtype
    steps = bias_steps(bias, np.where(dead, 1.0, unit), dtype)
    return data_edit(model, layer.bias, np.where(dead, stored, steps).astype(stored.dtype))
