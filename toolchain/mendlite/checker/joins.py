"""CONCATENATION: int8 and int16 values are copied, uint8 ones brought to the output's steps."""

from __future__ import annotations

import numpy as np

from mendlite.checker.rounding import half_away
from mendlite.checker.step import Array, RunningOperator


def run_join(step: RunningOperator) -> Array:
    """The inputs along the axis of option 0."""
    axis = int(step.op.option(0, "i")) % len(step.output.shape) + 1
    parts = [_part(step, slot) for slot in range(len(step.op.inputs))]
    count = max(map(len, parts))
    whole = [np.broadcast_to(part, (count, *part.shape[1:])) for part in parts]
    return step.lowered(np.concatenate(whole, axis=axis))


def _part(step: RunningOperator, slot: int) -> Array:
    """``ConcatenationWithScaling`` (``concatenation.h``), every step in float32."""
    source, output, values = step.tensor(slot), step.output, step.lifted(slot)
    if step.kind(slot) != "uint8" or source.quant is None:
        return values
    if (source.scale, source.zero) == (output.scale, output.zero):
        return values
    ratio = np.float32(source.scale) * (np.float32(1) / np.float32(output.scale))
    offset = np.float32(-source.zero) * ratio
    steps = half_away(values.astype(np.float32) * ratio + offset).astype(np.int64) + output.zero
    return np.clip(steps, 0, 255).astype(np.uint8)
