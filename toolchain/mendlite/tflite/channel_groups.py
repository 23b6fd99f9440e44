"""Tensors whose channels can be rescaled together.

A positive factor per channel passes through ReLU, ADD, pools, spatial means, pads and changes of
shape that keep the last axis. So all tensors that such operators connect take one factor per
channel, made by the layers that write them and undone by the layers that read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendlite.model.graph import LAYER_OPS, Model, Operator
from mendlite.model.tensor import DType
from mendlite.tflite.forest import Forest

LINEAR = frozenset({"NONE", "RELU"})
"""Fused activations that let a positive factor through."""

ROUNDING = frozenset({"ADD", "AVERAGE_POOL_2D", "MEAN", "LEAKY_RELU", "RESIZE_BILINEAR"})
"""Operators inside a group that round their output again."""

COPYING = frozenset(
    {
        "MAX_POOL_2D",
        "RESHAPE",
        "SQUEEZE",
        "PAD",
        "MIRROR_PAD",
        "SPLIT",
        "SPLIT_V",
        "SLICE",
        "TILE",
        "SPACE_TO_BATCH_ND",
        "BATCH_TO_SPACE_ND",
        "RESIZE_NEAREST_NEIGHBOR",
    }
)
"""Operators inside a group that move values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelGroup:
    """``producers`` and ``consumers`` are layer numbers, rising.

    ``rounded`` are the outputs of ROUNDING operators in the group, in execution order.
    """

    producers: tuple[int, ...]
    consumers: tuple[int, ...]
    rounded: tuple[int, ...]


def _activations(model: Model, tensors: Sequence[int]) -> list[int]:
    """The computed tensors among ``tensors`` that hold values, not extents."""
    members = [model.tensors[t] for t in tensors if t >= 0]
    return [t.index for t in members if t.buffer is None and t.dtype is not DType.INT32]


def _passes(model: Model, operator: Operator) -> bool:
    """Whether factors on the last axis pass from all activations to the output."""
    activations = _activations(model, operator.inputs)
    widths = {model.tensors[t].shape[-1:] for t in (*activations, *operator.outputs)}
    linear = str(operator.options.get("activation", "NONE")) in LINEAR
    whole = operator.op != "ADD" or len(activations) == 2
    return operator.op in ROUNDING | COPYING and len(widths) == 1 and linear and whole


def _connect(model: Model) -> tuple[Forest, set[int]]:
    """The sets of tensors with common factors, and the roots of those that must stay."""
    forest = Forest(t.index for t in model.tensors)
    fixed = {*model.inputs, *model.outputs}
    fixed |= {t for x in model.layers if x.interpreted for t in (x.input, x.output)}
    for operator in model.operators:
        activations = _activations(model, (*operator.inputs, *operator.outputs))
        if operator.op in LAYER_OPS:
            linear = str(operator.options.get("activation", "NONE")) in LINEAR
            fixed |= set() if linear else set(operator.outputs)
        elif operator.op == "SHAPE":
            # Reads the extents alone.
            fixed |= set(operator.outputs)
        elif _passes(model, operator):
            forest.join(activations)
        else:
            fixed |= set(activations)
    return forest, {forest.root(t) for t in fixed}


def channel_groups(model: Model) -> tuple[ChannelGroup, ...]:
    """The groups that may be rescaled, by their first producer."""
    forest, fixed = _connect(model)
    producers: dict[int, list[int]] = {}
    consumers: dict[int, list[int]] = {}
    for layer in model.layers:
        producers.setdefault(forest.root(layer.output), []).append(layer.number)
        consumers.setdefault(forest.root(layer.input), []).append(layer.number)
    groups = [
        ChannelGroup(
            producers=tuple(layers),
            consumers=tuple(consumers[root]),
            rounded=tuple(
                o.outputs[0]
                for o in model.operators
                if o.op in ROUNDING and forest.root(o.outputs[0]) == root
            ),
        )
        for root, layers in producers.items()
        if root in consumers and root not in fixed
    ]
    return tuple(sorted(groups, key=lambda group: group.producers))
