"""Small dense models of int4 weights with a float16 scale for each block, and their float twins."""

from itertools import pairwise

import numpy as np

from int4_models import pack
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

BLOCK = 32


def quantized(weights, block=BLOCK, rounded=np.rint):
    """int4 values [C, K] and float16 scales [C, K / block] of real weights, min-max."""
    parts = weights.reshape(len(weights), -1, block)
    scales = (np.abs(parts).max(axis=2) / 7).astype("<f2")
    values = np.clip(rounded(parts / scales.astype(np.float64)[:, :, None]), -8, 7)
    return values.reshape(weights.shape).astype(np.int8), scales


def layers(sizes, seed=0):
    """Real weights [C, K] and biases [C] of dense layers of these sizes."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, 1 / np.sqrt(k), (c, k)), rng.normal(0, 0.1, c).astype("<f4"))
        for k, c in pairwise(sizes)
    ]


def specs(
    sizes=(64, 96, 32, 10),
    seed=0,
    *,
    block=BLOCK,
    activation=1,
    blocked=None,
    rows=1,
    rounded=np.rint,
):
    """(float, blockwise) specs of dense layers; ``blocked``: the numbers of those with blocks."""
    given = layers(sizes, seed) if isinstance(sizes[0], int) else sizes
    blocked = range(len(given)) if blocked is None else blocked
    return tuple(_spec(given, (block, rounded), activation, own, rows) for own in ((), blocked))


def _spec(given, form, activation, blocked, rows):
    block, rounded = form
    tensors = [TensorSpec("x", (rows, given[0][0].shape[1]), "FLOAT32")]
    ops, scales = [], []
    for number, (weights, bias) in enumerate(given):
        first, source = len(tensors), 0 if not ops else ops[-1].outputs[0]
        stored = TensorSpec(f"w{number}", weights.shape, "FLOAT32", weights.astype("<f4"))
        if number in blocked:
            size = block if weights.shape[1] % block == 0 else weights.shape[1]
            values, steps = quantized(weights, size, rounded)
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


def trained(seed=0, sizes=(64, 128, 64, 8), count=900):
    """Samples f32[n, K], labels, and layers: random ReLU features, the last one a ridge regression.

    The classes lie near each other: blocks of 4 bits turn some of them.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 0.7, (sizes[-1], sizes[0]))
    labels = np.arange(count) % sizes[-1]
    x = (centres[labels] + rng.normal(0, 1, (count, sizes[0]))).astype("<f4")
    given, values = [], x.astype(np.float64)
    for k, c in pairwise(sizes[:-1]):
        w, b = rng.normal(0, 1 / np.sqrt(k), (c, k)), rng.normal(0, 0.3, c).astype("<f4")
        # Some weights are much larger than the rest of their block.
        w *= np.exp(rng.normal(0, 0.8, w.shape))
        given.append((w, b))
        values = np.maximum(values @ w.T + b, 0)
    rows = np.concatenate([values, np.ones((count, 1))], axis=1)
    wanted = 6 * np.eye(sizes[-1])[labels]
    last = np.linalg.solve(rows.T @ rows + 5 * np.eye(rows.shape[1]), rows.T @ wanted).T
    return x, labels, [*given, (last[:, :-1], last[:, -1].astype("<f4"))]
