"""Operators of one input in float32; a float model's results may differ in their last bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mendlite.checker.real_curves import REAL
from mendlite.checker.step import ACTIVATIONS, Array, RunningOperator

Curve = Callable[[Array, RunningOperator], Array]


def _logistic(x: Array, _: RunningOperator) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def _tanh(x: Array, _: RunningOperator) -> Array:
    return np.asarray(np.tanh(x))


def _clipped(fused: int) -> Curve:
    return lambda x, _: np.clip(x, *ACTIVATIONS[fused])


CURVES: Mapping[str, Curve] = {
    "LOGISTIC": _logistic,
    "TANH": _tanh,
    "RELU": _clipped(1),
    "RELU6": _clipped(3),
    "RELU_N1_TO_1": _clipped(2),
    **REAL,
}
"""Each of doubles."""


def run(step: RunningOperator) -> Array:
    """The output, computed in double and rounded once."""
    with np.errstate(all="ignore"):
        outputs = CURVES[step.op.name](step.values[0].astype(np.float64), step)
    return np.asarray(outputs, np.float32)
