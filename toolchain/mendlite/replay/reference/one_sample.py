"""Operators that work along the samples' own axis: each sample is run alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.replay.reference.context import Arrays, Context, Kernel


def sample_by_sample(context: Context, batched: Collection[int], kernel: Kernel) -> Kernel:
    """``kernel``, which has one sample's shapes, on many: its outputs' rows one after the other.

    ``batched`` are the tensors that depend on the samples.
    """
    order, tensors = context.operator.inputs, context.model.tensors
    shapes = [tensors[t].shape if t in batched else None for t in order]

    def run(x: Arrays) -> NDArray[Any]:
        samples = next(
            len(values) // (shape[0] if shape else 1)
            for values, shape in zip(x, shapes, strict=True)
            if shape is not None
        )
        rows = [kernel(_of_one(x, shapes, i, samples)) for i in range(samples)]
        return np.concatenate([np.atleast_1d(row) for row in rows])

    return run


def _of_one(
    x: Arrays, shapes: Sequence[tuple[int, ...] | None], index: int, samples: int
) -> list[NDArray[Any]]:
    """The inputs of sample ``index``, in the file's shapes."""
    inputs = []
    for values, shape in zip(x, shapes, strict=True):
        if shape is None:
            inputs.append(values)
            continue
        rows = len(values) // samples
        inputs.append(values[index * rows : (index + 1) * rows].reshape(shape))
    return inputs
