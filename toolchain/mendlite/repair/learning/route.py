"""The operators that slopes pass, from the evaluated values back to what is edited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mendlite.model.graph import LAYER_OPS, Layer, Model, Operator
from mendlite.model.rounding import KernelProfile
from mendlite.model.tensor import DType
from mendlite.repair.learning.operator_slopes import Slots
from mendlite.repair.learning.registry import SLOPES
from mendlite.replay.reference.execute import prepare

WITHOUT_VALUES = frozenset({"SHAPE"})
"""Operators whose output does not depend on their inputs' values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``stops`` are the operators in execution order, each with the input slots of interest.

    ``sought`` are the tensors whose slopes are computed: weights and biases, or activations.
    """

    stops: tuple[tuple[Operator, Slots], ...]
    sought: frozenset[int]


def constants_of(layers: Sequence[Layer]) -> frozenset[int]:
    """The weights of ``layers``, and the biases that may be edited."""
    biases = (layer.bias for layer in layers if layer.bias_frozen is None)
    return frozenset(layer.weights for layer in layers) | {b for b in biases if b is not None}


def find_route(model: Model, layers: Sequence[Layer], evaluated: Sequence[int]) -> Route:
    """The route from ``evaluated`` tensors to the ``layers`` that are edited."""
    return route_to(model, constants_of(layers), evaluated)


def route_to(model: Model, tensors: Collection[int], evaluated: Sequence[int]) -> Route:
    """The route from ``evaluated`` tensors to the constants or activations ``tensors``."""
    moved = set(tensors)
    for operator in model.operators:
        if operator.op not in WITHOUT_VALUES and moved.intersection(operator.inputs):
            moved.update(operator.outputs)
    needed, stops = set(evaluated), []
    for operator in reversed(model.operators):
        if not needed.intersection(operator.outputs):
            continue
        slots = frozenset(slot for slot, t in enumerate(operator.inputs) if t in moved)
        needed.update(operator.inputs[slot] for slot in slots)
        if slots:
            stops.append((operator, slots))
    return Route(stops=tuple(reversed(stops)), sought=frozenset(tensors) & needed)


def blocked(model: Model, route: Route) -> str | None:
    """The first operator on the route that slopes do not pass; None where they reach the layers."""
    for operator, slots in route.stops:
        place = f"operator {operator.index} {operator.op}"
        if operator.op not in SLOPES:
            return f"{place}: its derivative is not implemented"
        tensors = [model.tensors[operator.inputs[s]] for s in slots] + [
            model.tensors[operator.outputs[0]]
        ]
        types = {DType.INT8, DType.UINT8, DType.FLOAT32, DType.INT32, DType.INT4}
        other = next((t for t in tensors if t.dtype not in types), None)
        if other is not None:
            return f"{place}: its derivative is not implemented for {other.dtype.value}"
        if operator.op in LAYER_OPS and model.tensors[operator.inputs[1]].quant is None:
            return f"{place}: its derivative needs weights with a scale per tensor or channel"
    return None if route.sought else "the compared values depend on no layer that may change"


def not_batched(model: Model, profile: KernelProfile, route: Route) -> str | None:
    """The first operator of the route that computes samples one by one; None without one."""
    alone = prepare(model, profile).prepared.one_by_one
    stops = (operator for operator, _ in route.stops if operator.index in alone)
    names = (f"operator {o.index} {o.op}: it computes samples one by one" for o in stops)
    return next(names, None)
