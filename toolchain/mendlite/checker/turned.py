"""TRANSPOSE_CONV as a layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from mendlite.checker.layers import run_layer
from mendlite.checker.step import Array, RunningOperator

Step = TypeVar("Step", bound=RunningOperator)


def as_layer(step: Step) -> Step:
    """The operator with its inputs in the order of other layers: values, weights, bias."""
    order = (2, 1, *range(3, len(step.op.inputs)))
    inputs = tuple(step.op.inputs[slot] for slot in order)
    values = tuple(step.values[slot] for slot in order) if step.values else ()
    return replace(step, op=replace(step.op, inputs=inputs), values=values)


def run_turned(step: RunningOperator) -> Array:
    """The stored output."""
    return run_layer(as_layer(step))
