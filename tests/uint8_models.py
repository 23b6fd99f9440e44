"""Small uint8 models (TF 1 quantization): int8 ones with every value and zero-point raised."""

import dataclasses

import numpy as np

from tiny_models import ModelSpec, TensorSpec, conv_spec, dense_spec, transpose_conv_spec

LAYERS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}


def as_uint8(spec: ModelSpec, weight_zero=131) -> ModelSpec:
    """``spec`` in uint8; weights get the zero-point ``weight_zero`` and one scale.

    Their values are as they were, only shifted within the byte.
    """
    weights = {op.inputs[1] for op in spec.ops if op.op in LAYERS}
    tensors = []
    for index, tensor in enumerate(spec.tensors):
        new = dataclasses.replace(tensor)
        if tensor.type == "INT8":
            new.type = "UINT8"
            new.data = None if tensor.data is None else _raised(tensor.data)
            new.zero_point = [128 + z for z in tensor.zero_point or [0]][:1]
            new.scale = tensor.scale[:1]
            if index in weights:
                new.zero_point = [weight_zero]
        elif tensor.scale is not None:
            new.scale, new.zero_point = tensor.scale[:1], [0]
        tensors.append(new)
    return dataclasses.replace(spec, tensors=tensors)


def _raised(data):
    return (data.astype(np.int16) + 128).astype(np.uint8)


def uint8_dense_spec(seed=0, weight_zero=131, **sizes):
    return as_uint8(dense_spec(seed, **sizes), weight_zero)


def uint8_conv_spec(seed=0, weight_zero=131, **form):
    return as_uint8(conv_spec(seed, per_channel=False, **form), weight_zero)


def uint8_transposed_spec(seed=0, weight_zero=131, **form):
    return as_uint8(transpose_conv_spec(seed, per_channel=False, **form), weight_zero)


def uint8(name, shape, scale, zero, data=None):
    """A uint8 tensor."""
    return TensorSpec(name, tuple(shape), "UINT8", data, scale=[float(np.float32(scale))],
                      zero_point=[int(zero)])  # fmt: skip
