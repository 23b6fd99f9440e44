"""Curves of doubles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erf

import numpy as np

from mendlite.checker.step import Array, RunningOperator


def _leaky(x: Array, step: RunningOperator) -> Array:
    return np.where(x > 0, x, x * np.float32(step.op.option(0, "f")))


def _hard_swish(x: Array, _: RunningOperator) -> Array:
    return np.asarray(x * np.clip(x + 3.0, 0.0, 6.0) / 6.0)


def _elu(x: Array, _: RunningOperator) -> Array:
    return np.where(x < 0, np.expm1(np.minimum(x, 0.0)), x)


def _gelu(x: Array, step: RunningOperator) -> Array:
    if step.op.option(0, "?"):
        inner = np.sqrt(2.0 / np.pi) * (x + 0.044715 * x**3)
        return np.asarray(0.5 * x * (1.0 + np.tanh(inner)))
    share = np.vectorize(erf, otypes=[np.float64])(x / np.sqrt(2.0))
    return np.asarray(0.5 * x * (1.0 + share))


REAL: Mapping[str, Callable[[Array, RunningOperator], Array]] = {
    "LEAKY_RELU": _leaky,
    "HARD_SWISH": _hard_swish,
    "ELU": _elu,
    "GELU": _gelu,
    "EXP": lambda x, _: np.exp(x),
    "LOG": lambda x, _: np.log(x),
    "SQRT": lambda x, _: np.sqrt(x),
    "RSQRT": lambda x, _: 1.0 / np.sqrt(x),
}
