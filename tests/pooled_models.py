"""int8 networks with a pool over all positions in front of a dense layer."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec, conv_spec


def pooled_spec(
    seed=0, *, size=(6, 5), filters=6, classes=4, activation=0, padding=1, scale=0.5,
    other_pool=False, squeeze=False,
) -> ModelSpec:  # fmt: skip
    """A convolution with ReLU, a global pool, RESHAPE (or SQUEEZE), and a dense layer.

    ``scale`` is that of the convolution's output and so of all up to the dense layer.
    """
    rng = np.random.default_rng(seed)
    spec = conv_spec(seed, size=size, filters=filters, kernel=(3, 3))
    spec.tensors[3].scale, spec.tensors[3].zero_point = [scale], [-128]
    shared = {"scale": [scale], "zero_point": [-128]}
    weights = rng.integers(-127, 128, (classes, filters)).astype(np.int8)
    bias = rng.integers(-300, 300, classes).astype("<i4")
    pooled = TensorSpec("pool", (1, 1, 1, filters), **shared)
    spec.tensors += [
        pooled,
        TensorSpec("shape", (2,), "INT32", np.array([-1, filters], "<i4")),
        TensorSpec("flat", (1, filters), **shared),
        TensorSpec("w2", weights.shape, data=weights, scale=[0.004], zero_point=[0]),
        TensorSpec("b2", (classes,), "INT32", bias, scale=[0.004 * scale], zero_point=[0]),
        TensorSpec("logits", (1, classes), scale=[0.05], zero_point=[3]),
    ]
    height, width = spec.tensors[3].shape[1:3]
    pool = {
        "StrideW": width, "StrideH": height, "FilterWidth": width, "FilterHeight": height,
        "Padding": padding, "FusedActivationFunction": activation,
    }  # fmt: skip
    flat = OpSpec("RESHAPE", [4, 5], [6], "ReshapeOptions", {})
    spec.ops += [
        OpSpec("AVERAGE_POOL_2D", [3], [4], "Pool2DOptions", pool),
        OpSpec("SQUEEZE", [4], [6], "SqueezeOptions", {}) if squeeze else flat,
        OpSpec("FULLY_CONNECTED", [6, 7, 8], [9], "FullyConnectedOptions", {}),
    ]
    if other_pool:
        first = len(spec.tensors)
        spec.tensors.append(TensorSpec("small", spec.tensors[3].shape, **shared))
        one = {"StrideW": 1, "StrideH": 1, "FilterWidth": 1, "FilterHeight": 1, "Padding": 1}
        spec.ops.insert(1, OpSpec("AVERAGE_POOL_2D", [3], [first], "Pool2DOptions", one))
        spec.ops[2].inputs = [first]
    spec.outputs = [9]
    return spec
