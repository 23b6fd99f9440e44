"""Small uint8 models (TF 1 quantization): int8 ones with every value and zero-point raised."""

import dataclasses

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec, conv_spec, dense_spec, transpose_conv_spec

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


def uint8_network_spec(seed=0):
    """Convolution, depthwise convolution, a sum, a mean's pool, and two dense layers."""
    spec = conv_spec(seed, size=(4, 4), channels=2, filters=4, kernel=(3, 3), per_channel=False)
    rng, tensors = np.random.default_rng(seed), spec.tensors

    def constant(name, shape, scale, *, whole=False):
        steps = rng.integers(-600, 600, shape) if whole else rng.integers(-126, 125, shape)
        kind, store = ("INT32", "<i4") if whole else ("INT8", np.int8)
        tensors.append(TensorSpec(name, shape, kind, steps.astype(store), [scale], [0]))

    def activation(name, shape, scale, zero):
        tensors.append(TensorSpec(name, shape, scale=[scale], zero_point=[zero]))

    constant("dw", (1, 3, 3, 4), 0.004)  # 4
    constant("dw_b", (4,), 0.06 * 0.004, whole=True)
    activation("wide", (1, 4, 4, 4), 0.05, 3)
    activation("sum", (1, 4, 4, 4), 0.07, -20)
    activation("pool", (1, 2, 2, 4), 0.07, -20)  # 8
    tensors.append(TensorSpec("flat", (2,), "INT32", np.array([1, 16], "<i4")))
    activation("row", (1, 16), 0.07, -20)
    constant("w1", (8, 16), 0.01)  # 11
    constant("b1", (8,), 0.07 * 0.01, whole=True)
    activation("h", (1, 8), 0.08, -128)
    constant("w2", (4, 8), 0.01)  # 14
    constant("b2", (4,), 0.08 * 0.01, whole=True)
    activation("out", (1, 4), 0.15, 6)
    pool = {"StrideW": 2, "StrideH": 2, "FilterWidth": 2, "FilterHeight": 2, "Padding": 1}
    near = {"StrideW": 1, "StrideH": 1, "DepthMultiplier": 1, "DilationWFactor": 1,
            "DilationHFactor": 1}  # fmt: skip
    spec.ops += [
        OpSpec("DEPTHWISE_CONV_2D", [3, 4, 5], [6], "DepthwiseConv2DOptions", near),
        OpSpec("ADD", [3, 6], [7], "AddOptions"),
        OpSpec("AVERAGE_POOL_2D", [7], [8], "Pool2DOptions", pool),
        OpSpec("RESHAPE", [8, 9], [10]),
        OpSpec("FULLY_CONNECTED", [10, 11, 12], [13], "FullyConnectedOptions",
               {"FusedActivationFunction": 1}),
        OpSpec("FULLY_CONNECTED", [13, 14, 15], [16], "FullyConnectedOptions"),
    ]  # fmt: skip
    return as_uint8(dataclasses.replace(spec, outputs=[16]))
