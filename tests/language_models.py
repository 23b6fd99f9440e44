"""A small language model: token ids, an embedding, two dense layers at every position."""

import numpy as np

from tiny_models import ModelSpec, OpSpec, TensorSpec

TOKENS, POSITIONS, WIDTH = 60, 4, 6


def language_spec(*, quantized, seed=0):
    """Float, or with int8 weights, a scale a channel, and float activations."""
    rng = np.random.default_rng(seed)
    table = rng.normal(0, 1, (TOKENS, WIDTH)).astype(np.float32)
    tensors = [
        TensorSpec("ids", (1, POSITIONS), "INT32"),
        TensorSpec("table", table.shape, "FLOAT32", table),
        TensorSpec("x", (1, POSITIONS, WIDTH), "FLOAT32"),
    ]
    ops = [OpSpec("GATHER", [1, 0], [2], "GatherOptions", {"Axis": 0})]
    for name, width, act in (("h", WIDTH, 1), ("logits", TOKENS, 0)):
        first = len(tensors)
        weights = rng.normal(0, 1, (width, WIDTH)).astype(np.float32)
        tensors += [
            _weights(f"{name}/w", weights) if quantized
            else TensorSpec(f"{name}/w", weights.shape, "FLOAT32", weights),
            TensorSpec(f"{name}/b", (width,), "FLOAT32", np.zeros(width, np.float32)),
            TensorSpec(name, (1, POSITIONS, width), "FLOAT32"),
        ]  # fmt: skip
        options = {"FusedActivationFunction": act, "KeepNumDims": True}
        ops.append(
            OpSpec(
                "FULLY_CONNECTED",
                [first - 1, first, first + 1],
                [first + 2],
                "FullyConnectedOptions",
                options,
            )
        )
    return ModelSpec(tensors, ops, [0], [len(tensors) - 1])


def _weights(name, weights):
    scale = np.abs(weights).max(axis=1) / 127
    steps = np.rint(weights / scale[:, None]) + np.random.default_rng(1).integers(
        -30, 31, weights.shape
    )
    stored = np.clip(steps, -127, 127).astype(np.int8)
    return TensorSpec(
        name, weights.shape, data=stored, scale=list(scale), zero_point=[0] * len(scale)
    )
