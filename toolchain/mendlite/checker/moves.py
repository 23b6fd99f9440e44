"""RESHAPE, SQUEEZE, EXPAND_DIMS, SHAPE, DENSIFY and PACK."""

from __future__ import annotations

import numpy as np

from mendlite.checker.step import Array, RunningOperator


def run_reshape(step: RunningOperator) -> Array:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: the shape in the file, which was compared before."""
    return step.lowered(step.lifted(0).reshape(-1, *step.output.shape))


def run_shape(step: RunningOperator) -> Array:
    """SHAPE: the file's own, of one sample."""
    return np.array(step.tensor(0).shape, str(step.output.dtype))


def run_densify(step: RunningOperator) -> Array:
    """DENSIFY: the values of the sparse constant, which ``sparse.py`` has written out."""
    values: Array = step.values[0]
    return values


def run_pack(step: RunningOperator) -> Array:
    """PACK along a new axis."""
    axis = int(step.op.option(1, "i")) % len(step.output.shape) + 1
    parts = [step.lifted(slot) for slot in range(len(step.op.inputs))]
    count = max(map(len, parts))
    whole = [np.broadcast_to(part, (count, *part.shape[1:])) for part in parts]
    return step.lowered(np.stack(whole, axis=axis))
