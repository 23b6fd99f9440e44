"""Small models with int4 weights, and the same with int8 ones."""

import numpy as np

from tiny_models import build, conv_spec, dense_spec, float_twin


def pack(values):
    """The bytes of int4 values, written the plain way."""
    flat = [int(v) & 15 for v in values.reshape(-1)]
    flat += [0] * (len(flat) % 2)
    return np.array([a | b << 4 for a, b in zip(flat[0::2], flat[1::2], strict=True)], np.uint8)


def with_int4(spec, *places, seed=0):
    """The spec with int4 weights at these tensors, and the same weights as int8."""
    rng = np.random.default_rng(seed)
    plain = []
    for place in places:
        tensor = spec.tensors[place]
        values = rng.integers(-8, 8, tensor.shape).astype(np.int8)
        plain.append(values)
        tensor.type, tensor.data = "INT4", pack(values)
    return build(spec), plain


def as_int8(spec, places, values):
    """The same file with the values as int8."""
    for place, value in zip(places, values, strict=True):
        spec.tensors[place].type, spec.tensors[place].data = "INT8", value
    return build(spec)


def dense_per_channel():
    """Dense layers with a scale for each channel, as litert-quantizer writes them."""
    spec = dense_spec()
    for place in (1, 2, 4, 5):
        tensor = spec.tensors[place]
        channels = tensor.shape[0]
        factors = 1 + np.arange(channels) / channels
        tensor.scale = [tensor.scale[0] * float(f) for f in factors]
        tensor.zero_point, tensor.axis = [0] * channels, 0
    return spec


SPECS = {
    "dense": (dense_spec, (1, 4)),
    "dense per channel": (dense_per_channel, (1, 4)),
    "conv": (conv_spec, (1,)),
    "odd conv": (lambda: conv_spec(channels=1, filters=3, kernel=(3, 3)), (1,)),
    "depthwise": (lambda: conv_spec(depthwise=True), (1,)),
    "odd depthwise": (lambda: conv_spec(depthwise=True, channels=3, filters=3, kernel=(3, 3)), (1,)),
}  # fmt: skip
"""Builders of models, and the numbers of their weight tensors."""


def dynamic_range(spec, *places, seed=0):
    """The bytes of a file with int4 weights at these tensors under float activations."""
    twin = float_twin(spec)
    with_int4(spec, *places, seed=seed)
    for place in places:
        twin.tensors[place] = spec.tensors[place]
    return build(twin)
