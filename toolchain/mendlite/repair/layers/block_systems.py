"""A dense layer whose weights have a scale for each block as a system, and its repair as edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.block_squares import BlockRepair, BlockSystem
from mendlite.arith.block_scales import bfloat16, quantize_rows
from mendlite.model.delta import TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import bias_of
from mendlite.model.tensor import BlockScales
from mendlite.pairing.layers import LayerPair, real_weights
from mendlite.pairing.verdict import OTHER_NETWORK
from mendlite.repair.layers.float_targets import LayerTarget
from mendlite.repair.layers.system_builder import integer_rows, targets_here
from mendlite.replay.reference.patches import layer_rows
from mendlite.tflite.edits import data_edit


def blocks_of(model: Model, layer: Layer) -> BlockScales:
    """The layer's scales; ValueError where it has none for each block."""
    blocks = model.tensors[layer.weights].blocks
    if blocks is None:
        raise ValueError(f"layer {layer.number} has no scale for each block")
    return blocks


def block_layers(model: Model) -> tuple[Layer, ...]:
    """The layers whose weights have a scale for each block and whose bytes no other one shares."""
    return tuple(
        layer
        for layer in model.layers
        if model.tensors[layer.weights].blocks is not None
        and layer.interpreted is None
        and _own(model, layer.weights)
    )


def _own(model: Model, tensor: int) -> bool:
    buffer = model.tensors[tensor].buffer
    return buffer is not None and not buffer.shared


def scales_are_own(model: Model, layer: Layer) -> bool:
    """Whether nothing else reads the scales, as bytes or as a tensor."""
    index = blocks_of(model, layer).tensor
    readers = [t.index for t in model.tensors if t.blocks is not None and t.blocks.tensor == index]
    read = any(index in operator.inputs for operator in model.operators)
    return readers == [layer.weights] and not read and _own(model, index)


def block_system(
    model: Model,
    reference: Model,
    pair: LayerPair,
    values: Mapping[int, NDArray[Any]],
    target: LayerTarget,
) -> BlockSystem:
    """The system of the quantized layer of ``pair``.

    ``values`` (n, ...) are its inputs and the target's addend by tensor, as the model has them.

    Rows are what the kernel makes of them: each rounded to int8 by its own range.
    """
    layer, blocks = pair.quantized, blocks_of(model, pair.quantized)
    stored, step, zero = quantize_rows(layer_rows(model, layer, values[layer.input], target.rows))
    seen = (stored.astype(np.float32) - zero[:, None]) * step[:, None]
    rows, row_unit = integer_rows(model, layer, seen.astype(np.float32))
    addend = None if target.residual.addend is None else values[target.residual.addend]
    wanted, open_low, open_high = targets_here(model, layer, addend, target)
    bias = bias_of(model, layer)
    own = bias is not None and layer.bias_frozen is None
    real = np.zeros(layer.channels) if bias is None else bias.astype(np.float64)
    tensor = model.tensors[layer.weights]
    near = pair.distance <= OTHER_NETWORK
    follows, twin = (reference, pair.reference) if near else (model, layer)
    return BlockSystem(
        rows=rows.astype(np.float64),
        wanted=wanted / row_unit,
        open_low=open_low,
        open_high=open_high,
        weights=tensor.constant().astype(np.int64),
        scale=bfloat16(blocks.scale).astype(np.float64),
        bias=real / row_unit,
        moves_bias=own,
        weights_float=real_weights(follows, twin),
        weight_range=tensor.weight_range,
        bias_unit=row_unit,
    )


def block_edits(
    model: Model, layer: Layer, system: BlockSystem, repair: BlockRepair
) -> list[TensorEdit]:
    """The edits that write a repair; a scale that it left keeps all its bits."""
    stored = model.tensors[blocks_of(model, layer).tensor].constant()
    moved = repair.scale != system.scale
    scales = np.where(moved, repair.scale.astype(np.float16), stored)
    edits = [
        data_edit(model, layer.weights, repair.weights.astype(np.int8)),
        data_edit(model, blocks_of(model, layer).tensor, scales.astype(stored.dtype)),
    ]
    bias = bias_of(model, layer)
    if layer.bias is not None and bias is not None and system.moves_bias:
        real = (repair.bias * system.bias_unit).astype(np.float32)
        kept = np.where(repair.bias == system.bias, bias, real)
        edits.append(data_edit(model, layer.bias, kept.astype(np.float32)))
    return [edit for edit in edits if edit is not None]
