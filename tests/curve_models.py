"""Models of one operator of one input, in many quantizations."""

import numpy as np

from interpreted_models import one
from tiny_models import TensorSpec

EVERY = np.arange(-128, 128).astype(np.int8).reshape(4, 64)
OPTIONS = {"LEAKY_RELU": ("LeakyReluOptions", {"Alpha": 0.1}), "GELU": ("GeluOptions", {})}
POSITIVE = {"SQRT", "RSQRT"}


def spec(op, scales, zeros, kind="INT8", options=None):
    quantized = kind != "FLOAT32"
    tensors = [
        TensorSpec(
            n,
            (1, 64),
            kind,
            scale=[s] if quantized else None,
            zero_point=[z] if quantized else None,
        )
        for n, s, z in zip("xy", scales, zeros, strict=True)
    ]
    return one(op, tensors, [0], [1], *(options or OPTIONS.get(op, ())))


def quantizations(op, count, seed=0):
    """(scales, zero-points): steps like those of networks."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        scale = float(np.exp(rng.uniform(np.log(0.005), np.log(0.1))))
        ratio = float(rng.uniform(0.3, 1.5))
        least = -128 if op in POSITIVE else int(rng.integers(-128, 128))
        yield (scale, scale * ratio), (least, int(rng.integers(-128, 128)))
