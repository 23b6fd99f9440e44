"""How many samples are replayed at a time."""

from __future__ import annotations

from math import prod

import numpy as np

from mendlite.model.graph import Model, Operator
from mendlite.model.rows import whole_recordings
from mendlite.prepare.memory import MOST_BYTES, sample_bytes

SLICE_BYTES = 8 * 2**20
"""Bytes of the largest float32 working set of one operator in a slice: small enough for a
core's share of the cache, and memory stays bounded whatever the number of samples."""

MOST = 256


def _working_set(model: Model) -> int:
    """Elements of the largest operator's inputs, patches and outputs, for one sample."""
    largest = 1
    for operator in model.operators:
        tensors = [model.tensors[t] for t in (*operator.inputs, *operator.outputs) if t >= 0]
        size = sum(t.elements for t in tensors if t.buffer is None)
        largest = max(largest, size + _patches(model, operator))
    return largest


def _patches(model: Model, operator: Operator) -> int:
    """Elements of a convolution's patches; 0 of an operator without any.

    Weights that are not [C, height, width, channels] have none: an interpreter runs the operator.
    """
    if operator.op != "CONV_2D" or any(t < 0 for t in operator.inputs[:2]):
        return 0
    weights = [model.tensors[t].shape for t in operator.inputs[1:2]]
    if not weights or len(weights[0]) != 4:
        return 0
    return prod(model.tensors[operator.outputs[0]].shape[:3]) * prod(weights[0][1:])


def slice_size(model: Model) -> int:
    """Rows a slice, a power of two, as long rows like it (``arith.tiling``).

    A property of the model alone: results do not depend on the machine. A row is a sample, or a
    frame of one: then a slice holds whole recordings.
    """
    samples = np.clip(SLICE_BYTES / (4 * _working_set(model)), 1, MOST)
    held, _ = sample_bytes(model, model.operators)
    # Padding and spread-out inputs, which the working set leaves out, count where they are large.
    rows = min(int(2 ** round(np.log2(samples))), _power_below(MOST_BYTES // (8 * max(held, 1))))
    return whole_recordings(rows, model.frames)


def _power_below(count: int) -> int:
    """The largest power of two up to ``count``, at least 1."""
    return 1 << max(count.bit_length() - 1, 0)


def multiplications(model: Model) -> int:
    """Multiplications of all layers for one sample: what a replay costs, on any machine."""
    total = 0
    for layer in model.layers:
        weights = model.tensors[layer.weights].elements
        positions = int(np.prod(model.tensors[layer.output].shape[1:-1], dtype=np.int64))
        total += weights * positions
    return total
