"""A float file that is itself quantized in parts, with all its weights in float32."""

from __future__ import annotations

import numpy as np

from mendlite.model.graph import Model
from mendlite.model.layer_values import tensor_layout
from mendlite.model.tensor import DType
from mendlite.pairing.layers import real_weights


def hybrid_layers(model: Model) -> tuple[int, ...]:
    """Positions of the layers with int8 or int4 weights and float activations (dynamic range)."""
    return tuple(
        layer.number
        for layer in model.layers
        if model.tensors[layer.weights].dtype.is_weight
        and model.tensors[layer.input].dtype is DType.FLOAT32
    )


def in_float32(model: Model) -> Model:
    """The model with the weights of its hybrid layers computed back, in memory.

    What it computes is what the file means: the hybrid kernels round activations at run time,
    which no other file can follow.
    """
    values = {
        model.layers[p].weights: tensor_layout(
            model, model.layers[p], real_weights(model, model.layers[p])
        ).astype(np.float32)
        for p in hybrid_layers(model)
    }
    return model.with_float_constants(values) if values else model
