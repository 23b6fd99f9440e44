"""The network of a model, from its input to its logits.

The numbers are the kernels' own (``replay/reference``): the fixed-point multiplier's value, the
clamp's bytes, the rounding of the profile. What rounding adds is bounded from the exact
accumulator thresholds, not from a half plus something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mendlite.certify.bounds.network import Network, Node
from mendlite.certify.lowering.layers import layer
from mendlite.certify.lowering.node import require_same_steps
from mendlite.certify.lowering.values import addition, mean, padding, pool, requantization
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model, Operator
from mendlite.model.operator_kinds import CONVERSIONS
from mendlite.model.rounding import Profile
from mendlite.model.rows import several_rows
from mendlite.model.tensor import DType, Tensor
from mendlite.replay.reference.context import Context
from mendlite.replay.reference.execute import PreparedModel, prepare
from mendlite.tflite.logits import logits_tensor
from mendlite.tflite.support import require_no_variables

SAME_VALUES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})

Lowering = Callable[[Context, tuple[int, ...]], Node]

LOWERINGS: Mapping[str, Lowering] = {
    "CONV_2D": layer,
    "DEPTHWISE_CONV_2D": layer,
    "FULLY_CONNECTED": layer,
    "AVERAGE_POOL_2D": pool,
    "MAX_POOL_2D": pool,
    "MEAN": mean,
    "ADD": addition,
    "PAD": padding,
    "QUANTIZE": requantization,
}
"""Every operator that is verified, besides those that only change shape and a last SOFTMAX."""


def lower(model: Model, profile: Profile) -> Network:
    """The network from the model's input to its logits (or its outputs, without a softmax).

    Raises UnsupportedModelError, naming the operator, before anything is computed.
    """
    program, end = prepare(model, profile), logits_tensor(model)
    _require_verifiable(program, end)
    known = {model.inputs[0]: 0}
    nodes: list[Node] = []
    for operator in _until(model, end):
        if end in known:
            break
        sources = tuple(known[t] for t in operator.inputs if t in known)
        if not sources or operator.op == "SHAPE":
            continue
        if _passes(program.context(operator.index)):
            known[operator.outputs[0]] = sources[0]
            continue
        nodes.append(LOWERINGS[operator.op](program.context(operator.index), sources))
        known[operator.outputs[0]] = len(nodes)
    if not nodes or end not in known:
        raise UnsupportedModelError("no operator computes the logits: nothing to verify")
    return Network(inputs=model.tensors[model.inputs[0]].elements, nodes=tuple(nodes))


def _until(model: Model, end: int) -> Iterator[Operator]:
    """The operators up to the one that writes ``end``, which may be no value of the network."""
    for operator in model.operators:
        yield operator
        if end in operator.outputs:
            return


def _require_verifiable(program: PreparedModel, end: int) -> None:
    """Raise UnsupportedModelError naming every operator that is not verified.

    What only computes shapes is no part of the network.
    """
    model = program.model
    require_no_variables(model, "only models whose samples are independent are verified")
    if why := several_rows(model.tensors[t] for t in model.inputs):
        raise UnsupportedModelError(f"{why} to be verified")
    if len(model.inputs) != 1:
        raise UnsupportedModelError(f"the model has {len(model.inputs)} inputs: one is verified")
    able = set(LOWERINGS) | SAME_VALUES | CONVERSIONS
    missing = []
    for operator in _until(model, end):
        computes = operator.op != "SHAPE" and program.batched & set(operator.inputs)
        strange = program.prepared.interpreted, program.prepared.one_by_one
        lacking = operator.op not in able or any(operator.index in each for each in strange)
        if computes and lacking:
            missing.append(f"operator {operator.index} {operator.op}")
    if missing:
        raise UnsupportedModelError(f"not verified: {', '.join(missing)}")


def _passes(context: Context) -> bool:
    """Whether an operator's real output values are its input's."""
    if context.operator.op in SAME_VALUES:
        require_same_steps(context)
        return True
    kinds = {context.input(0).dtype, context.output.dtype}
    return context.operator.op in CONVERSIONS and DType.FLOAT32 in kinds


def input_tensor(model: Model) -> Tensor:
    """The int8 tensor whose values a box is over; a QUANTIZE of the input is looked through."""
    tensor = model.tensors[model.inputs[0]]
    if tensor.dtype is DType.FLOAT32:
        for operator in model.consumers(tensor.index):
            if operator.op == "QUANTIZE":
                return model.tensors[operator.outputs[0]]
    return tensor
