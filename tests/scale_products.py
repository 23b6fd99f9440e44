"""Two models whose outputs show in which type a kernel multiplies two scales."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec, build

SCALES = tuple(map(float.fromhex, ("0x1.ed771ep-7", "0x1.e1f254p-7", "0x1.35aaa4p-13")))
"""s_1, s_2 and s_y: float32 makes s_1 s_2 / s_y 1.5, of which the exact product is short."""

STEPS = np.array([1, 3, 5, 51, -1, -3], np.int8)

IN_FLOAT32 = [2, 5, 8, 77, -1, -4]
"""round(1.5 x), ties up."""

IN_DOUBLE = [1, 4, 7, 76, -1, -4]
"""The same of a little less; -1.5 and a little more than it both become -1."""


def _tensor(name, shape, slot, data=None):
    return TensorSpec(name, shape, data=data, scale=[SCALES[slot]], zero_point=[0])


def dense_spec():
    """FULLY_CONNECTED of one weight, which is 1."""
    tensors = [
        _tensor("x", (1, 1), 0),
        _tensor("w", (1, 1), 1, np.ones((1, 1), np.int8)),
        _tensor("y", (1, 1), 2),
    ]
    op = OpSpec("FULLY_CONNECTED", [0, 1], [2], "FullyConnectedOptions", {})
    return ModelSpec(tensors, [op], [0], [2])


def matrix_spec():
    """BATCH_MATMUL of two matrices of one value."""
    tensors = [_tensor(name, (1, 1, 1), slot) for slot, name in enumerate("xwy")]
    op = OpSpec("BATCH_MATMUL", [0, 1], [2], "BatchMatMulOptions", {})
    return ModelSpec(tensors, [op], [0, 1], [2])


def inputs_of(model):
    """The samples STEPS; a second input is 1 in each."""
    shapes = [(len(STEPS), *model.tensors[t].shape[1:]) for t in model.inputs]
    ones = [np.ones(shape, np.int8) for shape in shapes[1:]]
    return [STEPS.reshape(shapes[0]), *ones]


SPECS = {"FULLY_CONNECTED": dense_spec, "BATCH_MATMUL": matrix_spec}

FILES = {op: bytes(build(spec())) for op, spec in SPECS.items()}
