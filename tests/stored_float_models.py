"""Small models with constants behind DEQUANTIZE and with float operators between int8 ones."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec, dense_spec

DENSE = "FullyConnectedOptions"


def real(name, shape):
    return TensorSpec(name, shape, "FLOAT32")


def half_spec(seed=0):
    """The float network of ``dense_spec``'s shapes with float16 weights and biases."""
    rng, tensors, ops = np.random.default_rng(seed), [real("in", (1, 6))], []
    source = 0
    for layer, (inputs, outputs) in enumerate(((6, 5), (5, 3))):
        base = len(tensors)
        held = [rng.normal(0, 0.6, (outputs, inputs)), rng.normal(0, 0.3, outputs)]
        for name, values in zip("wb", held, strict=True):
            half = values.astype("<f2")
            tensors += [
                TensorSpec(f"{name}{layer}_half", half.shape, "FLOAT16", half),
                real(f"{name}{layer}", half.shape),
            ]
        tensors.append(real(f"y{layer}", (1, outputs)))
        ops += [
            OpSpec("DEQUANTIZE", [base], [base + 1]),
            OpSpec("DEQUANTIZE", [base + 2], [base + 3]),
            OpSpec("FULLY_CONNECTED", [source, base + 1, base + 3], [base + 4], DENSE,
                   {"FusedActivationFunction": 1 - layer}),
        ]  # fmt: skip
        source = base + 4
    return ModelSpec(tensors, ops, [0], [source])


def island_spec(*, kind="FLOAT16", dense=False):
    """int8 dense layer, DEQUANTIZE, a float operator with a stored constant, QUANTIZE, int8 dense.

    The operator adds a vector or, with ``dense``, is a dense layer.
    """
    spec, rng = dense_spec(), np.random.default_rng(3)
    tensors, n = spec.tensors, len(spec.tensors)
    shape = (5, 5) if dense else (1, 5)
    if kind == "FLOAT16":
        held = TensorSpec("c_held", shape, kind, rng.normal(0, 0.5, shape).astype("<f2"))
    else:
        zero = {"INT8": 3, "UINT8": 130}[kind]
        storage = np.dtype("i1" if kind == "INT8" else "u1")
        steps = (rng.integers(-90, 90, shape) + zero).astype(storage)
        held = TensorSpec("c_held", shape, kind, steps, scale=[0.01], zero_point=[zero])
    tensors += [real("h_real", (1, 5)), held, real("c", shape), real("y", (1, 5)),
                TensorSpec("back", (1, 5), scale=[0.12], zero_point=[-70])]  # fmt: skip
    middle = OpSpec("ADD", [n, n + 2], [n + 3], "AddOptions")
    if dense:
        middle = OpSpec("FULLY_CONNECTED", [n, n + 2, -1], [n + 3], DENSE)
    spec.ops = [
        spec.ops[0],
        OpSpec("DEQUANTIZE", [3], [n]),
        OpSpec("DEQUANTIZE", [n + 1], [n + 2]),
        middle,
        OpSpec("QUANTIZE", [n + 3], [n + 4]),
        OpSpec("FULLY_CONNECTED", [n + 4, 4, 5], [6], DENSE),
    ]
    tensors[5].scale = [0.12 * 0.02]
    return spec
