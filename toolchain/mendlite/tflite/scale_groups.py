"""Which activation tensors must share their quantization, and which may be rescaled.

TFLite's int8 kernels for pools, reshapes, pads, slices, transposes and concatenations copy
bytes: what goes in and what comes out must have equal parameters. SOFTMAX and LOGISTIC have
fixed output parameters. Inputs and outputs of the graph are the caller's contract.
"""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.model.graph import LAYER_OPS, Model, Operator
from mendlite.model.tensor import DType
from mendlite.tflite.forest import Forest

PASS_THROUGH = frozenset(
    {
        "AVERAGE_POOL_2D",
        "MAX_POOL_2D",
        "RESHAPE",
        "SQUEEZE",
        "EXPAND_DIMS",
        "PAD",
        "PADV2",
        "STRIDED_SLICE",
        "SLICE",
        "TRANSPOSE",
        "CONCATENATION",
        "PACK",
        "SPLIT",
        "GATHER",
    }
)
RESCALABLE = LAYER_OPS | {"ADD", "MEAN", "QUANTIZE", "DEQUANTIZE"}
"""Operators that compute with the parameters of each input and output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleGroup:
    """Tensors with common parameters, by rising index.

    ``first`` is the first operator that writes one. ``frozen`` states why they must stay, None
    where they may change.
    """

    tensors: tuple[int, ...]
    first: int
    frozen: str | None


def _activations(model: Model, operator: Operator) -> list[int]:
    """int8 activations that an operator reads or writes."""
    found = [t for t in (*operator.inputs, *operator.outputs) if t >= 0]
    return [
        t for t in found if model.tensors[t].buffer is None and model.tensors[t].dtype is DType.INT8
    ]


def _forest(model: Model) -> tuple[Forest, list[int]]:
    """All int8 activations, rising, and the sets of those with common parameters."""
    tensors = sorted({t for operator in model.operators for t in _activations(model, operator)})
    forest = Forest(tensors)
    for operator in model.operators:
        if operator.op in PASS_THROUGH:
            forest.join(_activations(model, operator))
    vectors: dict[int, int] = {}
    for tensor in tensors:
        quant = model.tensors[tensor].quant
        if quant is not None:
            # Two tensors whose parameters are one vector in the file change together.
            forest.join((vectors.setdefault(quant.scale_offset, tensor), tensor))
    return forest, tensors


def scale_groups(model: Model) -> tuple[ScaleGroup, ...]:
    """All groups, in the order in which the graph first writes them."""
    forest, tensors = _forest(model)
    members: dict[int, list[int]] = {}
    for tensor in tensors:
        members.setdefault(forest.root(tensor), []).append(tensor)
    groups = [_group(model, tuple(found)) for found in members.values()]
    return tuple(sorted(groups, key=lambda group: (group.first, group.tensors)))


def _group(model: Model, tensors: tuple[int, ...]) -> ScaleGroup:
    writers = [o.index for o in model.operators if set(o.outputs) & set(tensors)]
    return ScaleGroup(
        tensors=tensors, first=min(writers, default=-1), frozen=_frozen(model, tensors)
    )


def _frozen(model: Model, tensors: tuple[int, ...]) -> str | None:
    inside = set(tensors)
    if inside & {*model.inputs, *model.outputs}:
        return "an input or output of the graph"
    for tensor in tensors:
        quant = model.tensors[tensor].quant
        if quant is None or quant.per_channel or quant.zero_point_offset is None:
            return f"tensor {tensor} has no single scale and zero-point"
    return _frozen_by_operator(model, inside) or _frozen_by_sharing(model, inside)


def _frozen_by_operator(model: Model, inside: set[int]) -> str | None:
    for operator in model.operators:
        reads, writes = inside & set(operator.inputs), inside & set(operator.outputs)
        # SOFTMAX fixes its output alone; SHAPE reads extents, no values.
        if operator.op == "SHAPE" or (operator.op == "SOFTMAX" and not writes):
            continue
        if (reads or writes) and operator.op not in PASS_THROUGH | RESCALABLE:
            return f"operator {operator.index} {operator.op} fixes its parameters"
    for layer in model.layers:
        if layer.input in inside and layer.bias_frozen is not None:
            return f"layer {layer.number}: {layer.bias_frozen}"
    return None


def _frozen_by_sharing(model: Model, inside: set[int]) -> str | None:
    """A vector of the file that tensors outside use as well."""
    offsets = {model.tensors[t].quantization().zero_point_offset for t in inside}
    offsets |= {model.tensors[t].quantization().scale_offset for t in inside}
    for tensor in model.tensors:
        if tensor.index in inside or tensor.quant is None:
            continue
        if offsets & {tensor.quant.scale_offset, tensor.quant.zero_point_offset}:
            return f"tensor {tensor.index} shares its parameters in the file"
    return None
