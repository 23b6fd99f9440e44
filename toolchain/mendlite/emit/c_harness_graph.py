"""Which operators a C harness holds, in which order, and the arrays between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mendlite.emit.c_harness_layers import conv, dense, depthwise
from mendlite.emit.c_harness_moves import pad, strided_slice
from mendlite.emit.c_harness_node import Node
from mendlite.emit.c_harness_text import Piece
from mendlite.emit.c_harness_values import add, average_pool, max_pool, mean
from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model, Operator
from mendlite.model.operator_view import refused
from mendlite.model.rounding import Profile
from mendlite.model.rows import several_rows
from mendlite.model.tensor import DType, Tensor
from mendlite.prepare.model import prepare_model
from mendlite.tflite.logits import logits_tensor

EMIT: Mapping[str, Callable[[Node], Piece]] = {
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": depthwise,
    "FULLY_CONNECTED": dense,
    "ADD": add,
    "AVERAGE_POOL_2D": average_pool,
    "MAX_POOL_2D": max_pool,
    "MEAN": mean,
    "PAD": pad,
    "STRIDED_SLICE": strided_slice,
}
"""Operators that become functions."""

SAME_BYTES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
"""Operators that leave row-major values where they are: both tensors are one array."""

INPUT = "mendlite_input"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmittedNetwork:
    """What is emitted: operators in order, and the C array of each tensor.

    ``input_tensor`` is the input, ``logits`` the tensor that the property is about.
    """

    model: Model
    profile: Profile
    nodes: tuple[Node, ...]
    arrays: Mapping[int, str]
    input_tensor: Tensor
    logits: Tensor

    @property
    def inputs(self) -> int:
        """Input bytes of a sample."""
        return self.input_tensor.elements

    @property
    def outputs(self) -> int:
        """Logits of a sample."""
        return self.logits.elements

    @property
    def output(self) -> str:
        """The C array of the logits."""
        return self.arrays[self.logits.index]


def _depends(model: Model) -> frozenset[int]:
    """Tensors whose values depend on the samples' contents."""
    dependent = set(model.inputs)
    for operator in model.operators:
        if operator.op != "SHAPE" and dependent & set(operator.inputs):
            dependent |= set(operator.outputs)
    return frozenset(dependent)


def _needed(model: Model, logits: int) -> list[Operator]:
    """The operators that lead to the logits from the samples, in order."""
    depends = _depends(model)
    needed, chosen = {logits}, []
    for operator in reversed(model.operators):
        if needed & depends & set(operator.outputs):
            chosen.append(operator)
            needed |= set(operator.inputs)
    return chosen[::-1]


def _behind(model: Model, logits: int) -> list[Operator]:
    """Every operator that the logits follow from, in order; those that compute shapes, too."""
    needed, chosen = {logits}, []
    for operator in reversed(model.operators):
        if needed & set(operator.outputs):
            chosen.append(operator)
            needed |= set(operator.inputs)
    return chosen[::-1]


def _require_held(model: Model, operators: list[Operator]) -> None:
    """Raise UnsupportedModelError, naming the first operator that has no C."""
    for operator in operators:
        if operator.op not in EMIT and operator.op not in SAME_BYTES:
            known = ", ".join((*EMIT, "RESHAPE", "SQUEEZE"))
            raise refused(operator, f"it is none of {known}", Node.refusal)
        tensors = [model.tensors[t] for t in (*operator.inputs, *operator.outputs) if t >= 0]
        if any(tensor.elements < 1 for tensor in tensors):
            raise refused(operator, "an empty tensor", Node.refusal)


def _only_input(model: Model) -> Tensor:
    """The only input; raises UnsupportedModelError where it is not one int8 sample."""
    tensor = model.tensors[model.inputs[0]]
    if len(model.inputs) != 1 or tensor.dtype is not DType.INT8 or tensor.shape[:1] != (1,):
        raise UnsupportedModelError(
            f"the model has {len(model.inputs)} inputs, the first {tensor.dtype.value} "
            f"{list(tensor.shape)}: a C harness supports one int8 input of one sample"
        )
    return tensor


def _arrays(operators: list[Operator], input_tensor: Tensor) -> dict[int, str]:
    arrays = {input_tensor.index: INPUT}
    for operator in operators:
        target = operator.outputs[0]
        same = operator.op in SAME_BYTES
        arrays[target] = arrays[operator.inputs[0]] if same else f"mendlite_tensor_{target}"
    return arrays


def make_network(model: Model, profile: Profile) -> EmittedNetwork:
    """What a harness of ``model`` holds.

    Raises UnsupportedModelError, naming the operator, where it cannot hold it, and
    MalformedModelError where the file contradicts itself.
    """
    logits = model.tensors[logits_tensor(model)]
    operators = _needed(model, logits.index)
    _require_held(model, operators)
    prepared = prepare_model(model, profile, _behind(model, logits.index))
    for index, why in prepared.interpreted.items():
        raise refused(model.operators[index], why, Node.refusal)
    input_tensor = _only_input(model)
    if why := several_rows([input_tensor]):
        raise UnsupportedModelError(f"{why} in a C harness")
    if logits.dtype is not DType.INT8:
        raise UnsupportedModelError(
            f"the logits '{logits.name}' are {logits.dtype.value}: a C harness supports int8 only"
        )
    arrays = _arrays(operators, input_tensor)
    if logits.index not in arrays:
        raise UnsupportedModelError(f"no operator computes the logits '{logits.name}'")
    nodes = [
        Node(model=model, operator=operator, profile=profile, arrays=arrays)
        for operator in operators
        if operator.op not in SAME_BYTES
    ]
    return EmittedNetwork(
        model=model,
        profile=profile,
        nodes=tuple(nodes),
        arrays=arrays,
        input_tensor=input_tensor,
        logits=logits,
    )
