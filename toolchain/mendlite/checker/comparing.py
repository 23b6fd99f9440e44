"""Comparisons (``comparisons.h``), logic (``logical.cc``), SELECT, SELECT_V2 and NEG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import numpy as np

from mendlite.checker.rounding import Integers
from mendlite.checker.step import Array, RunningOperator

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "LESS": lt,
    "LESS_EQUAL": le,
    "GREATER": gt,
    "GREATER_EQUAL": ge,
    "EQUAL": eq,
    "NOT_EQUAL": ne,
}

EQUALITY = frozenset({"EQUAL", "NOT_EQUAL"})

HEADROOM = 8
"""Bits: scaled values are compared as whole multiples of 2^-8."""


def scales(step: RunningOperator) -> bool:
    """Whether what the values stand for is compared: of 8 bits, and where int16 is (un)equal."""
    if step.kind(0) == "int16":
        return step.op.name in EQUALITY and step.tensor(0).quant is not None
    return step.kind(0) in {"int8", "uint8"}


def run_comparison(step: RunningOperator) -> Array:
    """LESS and the others, of scaled values (``scales``) or of the stored ones."""
    pair = step.aligned(0, 1)
    if scales(step):
        pair = [_multiples(step, slot, values) for slot, values in enumerate(pair)]
    return step.lowered(np.asarray(COMPARISONS[step.op.name](*pair)))


def _multiples(step: RunningOperator, slot: int, values: Array) -> Integers:
    tensor = step.tensor(slot)
    return step.scaled((values.astype(np.int64) - tensor.zero) * 2**HEADROOM, tensor.scale)


def run_logic(step: RunningOperator) -> Array:
    """LOGICAL_AND and LOGICAL_OR."""
    first, second = step.aligned(0, 1)
    return step.lowered(first & second if step.op.name == "LOGICAL_AND" else first | second)


def run_not(step: RunningOperator) -> Array:
    """LOGICAL_NOT."""
    return ~step.values[0]


def run_negative(step: RunningOperator) -> Array:
    """NEG of what is stored; the least integer stays."""
    negative: Array = -step.values[0]
    return negative


def run_select(step: RunningOperator) -> Array:
    """SELECT and SELECT_V2: SELECT's condition of one axis chooses whole rows."""
    condition, first, second = step.aligned(0, 1, 2)
    shape, rank = step.tensor(0).shape, len(step.tensor(1).shape)
    if step.op.name == "SELECT" and len(shape) == 1 and rank > 1:
        condition = step.lifted(0).reshape(-1, *shape, *[1] * (rank - 1))
    chosen = np.where(condition, first, second)
    return step.lowered(chosen.reshape(-1, *step.output.shape))
