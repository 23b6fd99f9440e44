"""Small models with operators that mendlite's kernels lack."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec, dense_spec


def leaky_spec(seed=0, alpha=0.2):
    """int8: dense, LEAKY_RELU to other steps, dense."""
    spec = dense_spec(seed, inputs=8, hidden=6, classes=4)
    spec.ops[0].fields["FusedActivationFunction"] = 0
    spec.tensors[3].zero_point = [4]
    spec.tensors.append(TensorSpec("leaky", (1, 6), scale=[0.1], zero_point=[-90]))
    spec.ops.insert(1, OpSpec("LEAKY_RELU", [3], [7], "LeakyReluOptions", {"Alpha": alpha}))
    spec.ops[2].inputs = [7, 4, 5]
    return spec


def one(op, tensors, inputs, outputs, *options, **more):
    """A model of one operator; the graph's inputs are those of its inputs without data."""
    given = [i for i in inputs if i >= 0 and tensors[i].data is None]
    return ModelSpec(tensors, [OpSpec(op, inputs, outputs, *options, **more)], given, outputs)


def values(name, shape, **more):
    """An int8 tensor."""
    more = {"scale": [0.1], "zero_point": [0], **more}
    return TensorSpec(name, shape, **more)


def split_spec():
    """SPLIT of the last axis in two; a dense layer behind the second half."""
    weights = np.arange(-9, 9).reshape(3, 6).astype(np.int8)
    tensors = [
        TensorSpec("axis", (), "INT32", np.array(1, "<i4")),
        values("in", (1, 12)),
        values("a", (1, 6)),
        values("b", (1, 6)),
        TensorSpec("w", (3, 6), data=weights, scale=[0.1], zero_point=[0]),
        values("out", (1, 3)),
    ]
    ops = [
        OpSpec("SPLIT", [0, 1], [2, 3], "SplitOptions", {"NumSplits": 2}),
        OpSpec("FULLY_CONNECTED", [3, 4, -1], [5], "FullyConnectedOptions", {}),
    ]
    return ModelSpec(tensors, ops, [1], [2, 5])


def maximum_spec(seed=0):
    """int8: as ``leaky_spec``, the middle as a MAXIMUM with the constant 0."""
    spec = leaky_spec(seed)
    spec.tensors[7].scale, spec.tensors[7].zero_point = [0.1], [4]
    zero = np.full((1, 6), 4, np.int8)
    spec.tensors.append(TensorSpec("zero", (1, 6), data=zero, scale=[0.1], zero_point=[4]))
    spec.ops[1] = OpSpec("MAXIMUM", [3, 8], [7], "MaximumMinimumOptions")
    return spec
