"""What a layer's repair follows: its own float output, or that of the sum it ends a block with.

A layer whose output goes into a residual ADD alone can make up for the error that the other
branch carries: its target is the float sum less the other branch as the repaired prefix
computes it (block reconstruction, as in BRECQ, Li et al. 2021, of the block's last layer).
"""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.model.graph import Model, Operator
from mendlite.pairing.layers import LayerPair


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualTarget:
    """``reference`` is the tensor of the float model whose values are the target.

    ``operator`` is the operator of the quantized model that should compute them (the layer
    itself, or the ADD behind it) and ``addend`` the ADD's other input, None without an ADD.
    """

    reference: int
    operator: int
    addend: int | None


def _only_add(model: Model, tensor: int) -> Operator | None:
    """The ADD that alone reads ``tensor``, with equal shapes all round; None otherwise."""
    consumers = model.consumers(tensor)
    if tensor in model.outputs or len(consumers) != 1 or consumers[0].op != "ADD":
        return None
    add = consumers[0]
    shapes = {model.tensors[t].shape for t in (*add.inputs, *add.outputs)}
    return add if len(shapes) == 1 and len(set(add.inputs)) == 2 else None


def _other(add: Operator, tensor: int) -> int:
    return add.inputs[1] if add.inputs[0] == tensor else add.inputs[0]


def residual_target(quantized: Model, reference: Model, pair: LayerPair) -> ResidualTarget:
    """What one layer's repair follows.

    The ADD's sum is followed only where the other branch is computed before the layer in the
    quantized model, and where both models have it.
    """
    layer, twin = pair.quantized, pair.reference
    own = ResidualTarget(reference=twin.output, operator=layer.index, addend=None)
    add, float_add = _only_add(quantized, layer.output), _only_add(reference, twin.output)
    if add is None or float_add is None or _has_activation(quantized, layer.index):
        return own
    other = _other(add, layer.output)
    producer = quantized.producer(other)
    if quantized.tensors[other].buffer is not None or (
        producer is not None and producer.index > layer.index
    ):
        return own
    return ResidualTarget(reference=float_add.outputs[0], operator=add.index, addend=other)


def _has_activation(model: Model, operator: int) -> bool:
    return model.operators[operator].options.get("activation", "NONE") != "NONE"
