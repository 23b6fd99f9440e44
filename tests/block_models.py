"""Small dense models of int4 weights with a float16 scale for each block, and their float twins."""

import numpy as np

from int4_models import pack
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

BLOCK = 32


def quantized(weights, block=BLOCK):
    """int4 values [C, K] and float16 scales [C, K / block] of real weights, min-max."""
    parts = weights.reshape(len(weights), -1, block)
    scales = (np.abs(parts).max(axis=2) / 7).astype("<f2")
    values = np.clip(np.rint(parts / scales.astype(np.float64)[:, :, None]), -8, 7)
    return values.reshape(weights.shape).astype(np.int8), scales


def layers(sizes, seed=0):
    """Real weights [C, K] and biases [C] of dense layers of these sizes."""
    rng = np.random.default_rng(seed)
    pairs = zip(sizes[1:], sizes, strict=False)
    return [
        (rng.normal(0, 1 / np.sqrt(k), (c, k)), rng.normal(0, 0.1, c).astype("<f4"))
        for c, k in pairs
    ]


def specs(sizes=(64, 96, 32, 10), seed=0, *, block=BLOCK, activation=1, blocked=None, rows=1):
    """(float, blockwise) specs of dense layers; ``blocked``: the numbers of those with blocks."""
    given = layers(sizes, seed) if isinstance(sizes[0], int) else sizes
    blocked = range(len(given)) if blocked is None else blocked
    return tuple(_spec(given, block, activation, own, rows) for own in ((), blocked))


def _spec(given, block, activation, blocked, rows):
    tensors = [TensorSpec("x", (rows, given[0][0].shape[1]), "FLOAT32")]
    ops, scales = [], []
    for number, (weights, bias) in enumerate(given):
        first, source = len(tensors), 0 if not ops else ops[-1].outputs[0]
        stored = TensorSpec(f"w{number}", weights.shape, "FLOAT32", weights.astype("<f4"))
        if number in blocked:
            size = block if weights.shape[1] % block == 0 else weights.shape[1]
            values, steps = quantized(weights, size)
            stored = TensorSpec(f"w{number}", weights.shape, "INT4", pack(values))
            scales.append((stored, TensorSpec(f"s{number}", steps.shape, "FLOAT16", steps), size))
        tensors += [
            stored,
            TensorSpec(f"b{number}", bias.shape, "FLOAT32", bias),
            TensorSpec(f"y{number}", (rows, len(bias)), "FLOAT32"),
        ]
        fused = activation if number + 1 < len(given) else 0
        ops.append(
            OpSpec("FULLY_CONNECTED", [source, first, first + 1], [first + 2],
                   "FullyConnectedOptions", {"FusedActivationFunction": fused})
        )  # fmt: skip
    for weights, own, size in scales:
        weights.blocks = (len(tensors), -1, size)
        tensors.append(own)
    return ModelSpec(tensors, ops, [0], [ops[-1].outputs[0]])


def pair(*args, **more):
    """The bytes of (float, blockwise) files."""
    return tuple(build(spec) for spec in specs(*args, **more))
