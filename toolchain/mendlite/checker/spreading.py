"""TRANSPOSE_CONV (``transpose_conv.h``): each input value spreads its weights over the output."""

from __future__ import annotations

import numpy as np

from mendlite.checker.step import Array, Axis, RunningOperator


def spread(step: RunningOperator, x: Array, weights: Array) -> Array:
    """Sums of x * w, (n, height, width, o), for weights (o, kh, kw, i)."""
    strides = int(step.op.option(2, "i")), int(step.op.option(1, "i"))
    (rows, columns), (height, width) = x.shape[1:3], step.output.shape[1:3]
    kernel = weights.shape[1:3]
    whole = [
        max((n - 1) * s + k, out + k)
        for n, s, k, out in zip((rows, columns), strides, kernel, (height, width), strict=True)
    ]
    total = np.zeros((len(x), *whole, len(weights)), np.result_type(x, weights))
    for i, j in np.ndindex(*kernel):
        row, column = (
            slice(at, at + (n - 1) * s + 1, s)
            for at, n, s in zip((i, j), (rows, columns), strides, strict=True)
        )
        total[:, row, column] += x @ weights[:, i, j].T
    same = int(step.op.option(0, "b")) == 0
    top, left = (
        Axis.of(out, k, s, 1, same=same).before
        for out, k, s in zip((height, width), kernel, strides, strict=True)
    )
    return total[:, top : top + height, left : left + width]
