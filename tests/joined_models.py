"""int8 networks in which an operator of several inputs forces the range of a narrow branch."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec

FORCED = {"scale": [0.07], "zero_point": [-20]}


def joined_spec(
    seed=0, *, join="CONCATENATION", narrow=0.05, second="conv", pooled=False,
) -> ModelSpec:  # fmt: skip
    """Two branches of an input [1, 6, 5, 3] meet in ``join``: CONCATENATION, PACK or another.

    The weights of the narrow branch (tensor 3) are ``narrow`` times the wide one's (tensor 6); a
    second convolution, an ADD or a pool over all positions reads it, too (``second``: "conv",
    "add", "pool"), or nothing ("none"). Where ``pooled``, the join reads it behind a MAX_POOL_2D of
    windows of one position. Each is classified by a dense layer, and the logits are added.
    """
    spec = _Spec(np.random.default_rng(seed))
    x = spec.activation("x", (*MAP[:3], 3), scale=[0.03], zero_point=[11])
    a = spec.conv(x, "narrow", narrow, **FORCED)
    b = spec.conv(x, "wide", 1.0, **FORCED)
    last = {"scale": [0.008], "zero_point": [4]}
    other = a
    if second == "conv":
        other = spec.conv(a, "second", 2.0, **last)
    elif second == "add":
        spec.ops.append(OpSpec("ADD", [a, a], [spec.activation("twice", MAP, **last)], *ADD))
        other = len(spec.tensors) - 1
    elif second == "pool":
        other = spec.activation("mean", (1, 1, 1, 4), **FORCED)
        spec.ops.append(OpSpec("AVERAGE_POOL_2D", [a], [other], "Pool2DOptions", WHOLE))
    branch = a
    if pooled:
        branch = spec.activation("pooled", MAP, **FORCED)
        spec.ops.append(OpSpec("MAX_POOL_2D", [a], [branch], "Pool2DOptions", ONE))
    shape, options, fields = JOINS[join]
    joined = spec.activation("joined", shape, **FORCED)
    spec.ops.append(OpSpec(join, [branch, b], [joined], options, fields))
    ends = [spec.dense(joined, "classes", 0.1)]
    if second != "none":
        ends.append(spec.dense(other, "more classes", 4.0))
        total = spec.activation("sum", (1, 6), scale=[0.02], zero_point=[2])
        spec.ops.append(OpSpec("ADD", ends, [total], *ADD))
        ends = [total]
    return ModelSpec(spec.tensors, spec.ops, [x], ends)


def chain_spec(links) -> ModelSpec:
    """Concatenations of which each joins the one before, which a convolution reads, too."""
    spec = _Spec(np.random.default_rng(0))
    x = spec.activation("x", (*MAP[:3], 3), scale=[0.03], zero_point=[11])
    last = spec.conv(x, "first", 0.1, **FORCED)
    for link in range(links):
        branch = spec.conv(last, f"branch {link}", 0.1, **FORCED)
        shape = (*MAP[:3], 4 * (link + 2))
        joined = spec.activation(f"joined {link}", shape, **FORCED)
        spec.ops.append(
            OpSpec("CONCATENATION", [last, branch], [joined], *JOINS["CONCATENATION"][1:])
        )
        last = joined
    return ModelSpec(spec.tensors, spec.ops, [x], [spec.dense(last, "classes", 0.1)])


MAP = (1, 6, 5, 4)
ADD = ("AddOptions", {})
ONE = {"StrideW": 1, "StrideH": 1, "FilterWidth": 1, "FilterHeight": 1}
WHOLE = {"StrideW": 5, "StrideH": 6, "FilterWidth": 5, "FilterHeight": 6, "Padding": 1}
CONV = {"StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}

JOINS = {
    "CONCATENATION": ((1, 6, 5, 8), "ConcatenationOptions", {"Axis": 3}),
    "PACK": ((1, 2, 6, 5, 4), "PackOptions", {"Axis": 1, "ValuesCount": 2}),
    "MAXIMUM": (MAP, "MaximumMinimumOptions", {}),
    "MINIMUM": (MAP, "MaximumMinimumOptions", {}),
}
"""The shape of the output and the options of each join."""


class _Spec:
    """Adds tensors and operators one after the other."""

    def __init__(self, rng):
        self.rng, self.tensors, self.ops = rng, [], []

    def activation(self, name, shape, **quant):
        self.tensors.append(TensorSpec(name, shape, **quant))
        return len(self.tensors) - 1

    def weights(self, source, name, shape, size):
        """The inputs of a layer: weights up to ``size``, and a bias of some steps."""
        scale, first = size / 127, len(self.tensors)
        data = self.rng.integers(-127, 128, shape).astype(np.int8)
        bias = self.rng.integers(-40, 40, shape[0]).astype("<i4")
        own = {"scale": [scale * self.tensors[source].scale[0]], "zero_point": [0]}
        self.tensors += [
            TensorSpec(f"{name}/w", shape, data=data, scale=[scale], zero_point=[0]),
            TensorSpec(f"{name}/b", shape[:1], "INT32", bias, **own),
        ]
        return [source, first, first + 1]

    def conv(self, source, name, size, **quant):
        channels = self.tensors[source].shape[-1]
        inputs = self.weights(source, name, (4, 1, 1, channels), size)
        output = self.activation(name, MAP, **quant)
        self.ops.append(OpSpec("CONV_2D", inputs, [output], "Conv2DOptions", CONV))
        return output

    def dense(self, source, name, size):
        width = int(np.prod(self.tensors[source].shape))
        inputs = self.weights(source, name, (6, width), size / np.sqrt(width))
        output = self.activation(name, (1, 6), scale=[0.015], zero_point=[2])
        self.ops.append(OpSpec("FULLY_CONNECTED", inputs, [output], "FullyConnectedOptions", {}))
        return output
