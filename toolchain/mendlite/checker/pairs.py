"""ADD, SUB and MUL of stored values, float32 and whole numbers, with broadcasting.

Written from ``reference_integer_ops::Add`` and ``Mul``, ``reference_ops::Sub`` and the preparations
of ``add.cc``, ``sub.cc`` and ``mul.cc``; of int16 the inputs have 15 bits of headroom, else 20.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mendlite.checker.rounding import Integers, wrapped
from mendlite.checker.step import Array, RunningOperator

REAL: Mapping[str, Callable[[Any, Any], Any]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
}

WHOLE = ("int32", "int64")
"""Types without scales, whose sums and products wrap."""

HEADROOM = {"int8": 20, "uint8": 20, "int16": 15}


def run_pair(step: RunningOperator) -> Array:
    """The output, the samples in front."""
    kinds = {step.kind(0), step.kind(1), str(step.output.dtype)}
    first, second = step.aligned(0, 1)
    if kinds == {"float32"}:
        # A double holds more than twice the bits of a float32: rounding twice is rounding once.
        total = REAL[step.op.name](first.astype(np.float64), second)
        return step.lowered(np.clip(total, *step.activation(0)).astype(np.float32))
    if len(kinds) == 1 and kinds <= {*WHOLE}:
        return step.lowered(REAL[step.op.name](first, second))
    if len(kinds) > 1 or not kinds <= HEADROOM.keys():
        raise step.unsupported("types " + ", ".join(sorted(kinds)))
    centred = [
        v.astype(np.int64) - step.tensor(slot).zero for slot, v in enumerate((first, second))
    ]
    steps = _product(step, *centred) if step.op.name == "MUL" else _sum(step, *centred)
    ends = step.bounds(0)
    return step.lowered(np.clip(wrapped(steps + step.output.zero), *ends).astype(kinds.pop()))


def product_multiplier(step: RunningOperator) -> float:
    """s_1 s_2 / s_y of MUL: LiteRT combines the file's float32 scales in float32."""
    kind: Any = np.float32 if step.profile == "tflite_ref" else np.float64
    first, second, output = (kind(t.scale) for t in (step.tensor(0), step.tensor(1), step.output))
    with np.errstate(all="ignore"):
        return float(first * second / output)


def _product(step: RunningOperator, first: Integers, second: Integers) -> Integers:
    return step.scaled(first * second, product_multiplier(step))


def _sum(step: RunningOperator, *centred: Integers) -> Integers:
    headroom = HEADROOM[step.kind(0)]
    scales = step.tensor(0).scale, step.tensor(1).scale
    twice = 2.0 * max(scales)
    first, second = (
        step.scaled(x << headroom, scale / twice) for x, scale in zip(centred, scales, strict=True)
    )
    total = wrapped(first - second if step.op.name == "SUB" else first + second)
    real = twice / ((1 << headroom) * step.output.scale)
    return step.scaled(total, real)
