"""LSTM operators: where their gates' constants and states lie among the inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from mendlite.model.graph import Model, Operator
from mendlite.model.tensor import DType

LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"

GATE_WEIGHTS, RECURRENT_WEIGHTS, BIASES = range(1, 5), range(5, 9), range(12, 16)
"""Input slots by gate: input, forget, cell, output."""

HIDDEN, CELL_STATE = 18, 19

BESIDE: Mapping[str, range] = {
    "peepholes": range(9, 12),
    "a projection": range(16, 18),
    "layer normalization": range(20, 24),
}
"""Input slots of what our kernel lacks."""

INTEGER_TYPES = tuple(
    (frozenset({values}), frozenset({DType.INT8}), frozenset({biases}))
    for values, biases in ((DType.INT8, DType.INT32), (DType.INT16, DType.INT64))
)
"""Types of activations, weights and biases of the forms that are repaired."""

HIDDEN_INTERMEDIATE = 4
"""The intermediate tensor whose quantization LiteRT takes for the output before a projection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lstm:
    """One LSTM: tensor indices, those of the gates in their order.

    ``hidden`` are the tensors in the output's quantization: the state, the output and, of integers,
    the intermediate tensor.
    """

    operator: Operator
    input: int
    output: int
    weights: tuple[int, ...]
    recurrent: tuple[int, ...]
    biases: tuple[int, ...]
    hidden: tuple[int, ...]
    cell: int

    @property
    def constants(self) -> tuple[int, ...]:
        """All that a repair edits."""
        return (*self.weights, *self.recurrent, *self.biases)


def lstm_of(model: Model, operator: Operator) -> Lstm | None:
    """An LSTM of four gates with constant weights and nothing beside; None for other operators."""
    inputs = operator.inputs
    if operator.op != LSTM or len(inputs) not in (20, 24) or len(operator.outputs) != 1:
        return None
    if any(slot < len(inputs) and inputs[slot] >= 0 for slot in chain(*BESIDE.values())):
        return None
    used = (0, *GATE_WEIGHTS, *RECURRENT_WEIGHTS, *BIASES, HIDDEN, CELL_STATE)
    if any(inputs[slot] < 0 for slot in used):
        return None
    constants = [inputs[slot] for slot in (*GATE_WEIGHTS, *RECURRENT_WEIGHTS, *BIASES)]
    if any(model.tensors[t].data is None for t in constants) or not _fit(model, constants):
        return None
    own = operator.intermediates
    beside = own[HIDDEN_INTERMEDIATE : HIDDEN_INTERMEDIATE + 1]
    whole = model.tensors[inputs[0]].dtype is not DType.FLOAT32
    return Lstm(
        operator=operator,
        input=inputs[0],
        output=operator.outputs[0],
        weights=tuple(constants[:4]),
        recurrent=tuple(constants[4:8]),
        biases=tuple(constants[8:]),
        hidden=(inputs[HIDDEN], operator.outputs[0], *(beside if whole else ())),
        cell=inputs[CELL_STATE],
    )


def _fit(model: Model, constants: Sequence[int]) -> bool:
    """Whether the gates' weights and biases are those of one number of cells.

    Preparation refuses others: nothing may be edited in them.
    """
    shapes = [model.tensors[t].shape for t in constants]
    weights, recurrent, biases = set(shapes[:4]), set(shapes[4:8]), set(shapes[8:])
    if len(weights) > 1 or len(biases) > 1 or len(shapes[0]) != 2:
        return False
    cells = shapes[0][0]
    return recurrent == {(cells, cells)} and biases == {(cells,)}


def _types(model: Model, lstm: Lstm) -> tuple[frozenset[DType], ...]:
    """The types of the activations, the weights and the biases."""
    parts = ((lstm.input, *lstm.hidden), (*lstm.weights, *lstm.recurrent), lstm.biases)
    return tuple(frozenset(model.tensors[t].dtype for t in part) for part in parts)


def lstms(model: Model) -> tuple[Lstm, ...]:
    """The LSTMs of a model, in execution order."""
    every = (lstm_of(model, operator) for operator in model.operators)
    return tuple(lstm for lstm in every if lstm is not None)


def integer_lstms(model: Model) -> tuple[Lstm, ...]:
    """Those of int8 weights: of int8 activations and int32 biases, of int16 and int64."""
    return tuple(
        lstm
        for lstm in lstms(model)
        if _types(model, lstm) in INTEGER_TYPES
        and all(model.tensors[t].quant is not None for t in (lstm.input, *lstm.hidden))
        and all(model.tensors[t].quant is not None for t in (*lstm.weights, *lstm.recurrent))
    )
