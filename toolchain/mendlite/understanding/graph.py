"""What a graph shows of its task: the last operators, and the shapes of inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from mendlite.case.recipe import Kind
from mendlite.errors import BadInputError
from mendlite.model import rows
from mendlite.model.graph import Model
from mendlite.model.operator_kinds import POSTPROCESS
from mendlite.model.tensor import STORED, DType
from mendlite.reading.limited import shown

TRANSPARENT = frozenset({"QUANTIZE", "DEQUANTIZE", "RESHAPE", "SQUEEZE"})
SOFTMAX = frozenset({"SOFTMAX", "LOG_SOFTMAX"})
VALUES = (DType.FLOAT32, *STORED)
"""Types of outputs that are values; others are indices or counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The tasks that a graph allows, most usual first, and why, as a part of a sentence.

    One task alone: the graph decides. ``boxes`` and ``scores`` are a detector's outputs.
    """

    kinds: tuple[Kind, ...]
    why: str
    boxes: int = 0
    scores: int = 1


def last_operator(model: Model, tensor: int) -> str:
    """The operator that computes a tensor, conversions and changes of shape left out."""
    while (operator := model.producer(tensor)) is not None:
        if operator.op not in TRANSPARENT or not operator.inputs or operator.inputs[0] < 0:
            return operator.op
        tensor = operator.inputs[0]
    return ""


def sample_shape(model: Model, tensor: int) -> tuple[int, ...]:
    """The shape of one sample of a tensor."""
    return rows.sample_shape(model.tensors[tensor])


def result_rows(model: Model, output: int) -> int:
    """Rows of a sample's output that a classification takes as a result each."""
    return rows.own_rows((model.tensors[t] for t in model.inputs), model.tensors[output])


def result_shape(model: Model, output: int) -> tuple[int, ...]:
    """The shape of one result of a classifier: a row of a sample, or all of it."""
    several = result_rows(model, output) > 1
    return model.tensors[output].shape[1:] if several else sample_shape(model, output)


INDICES = (DType.INT32, DType.INT64)
"""Types of inputs that hold token ids."""


def holds_indices(model: Model, tensor: int) -> bool:
    """Whether an input is whole numbers that no scale turns into others: token ids, lengths."""
    described = model.tensors[tensor]
    return described.dtype in INDICES and described.quant is None


def vocabulary(model: Model) -> int:
    """Rows of the embedding that token ids of an input select; 0 without one."""
    ids = {t for t in model.inputs if holds_indices(model, t)}
    for operator in model.operators:
        if operator.op == "CAST" and operator.inputs[0] in ids:
            ids.add(operator.outputs[0])
        if operator.op in {"GATHER", "EMBEDDING_LOOKUP"}:
            table, chosen = operator.inputs[:2]
            if operator.op == "EMBEDDING_LOOKUP":
                table, chosen = chosen, table
            if chosen in ids and model.tensors[table].shape:
                return model.tensors[table].shape[0]
    return 0


def read_graph(model: Model) -> Reading:
    """The tasks that the graph allows.

    Raises BadInputError where an output is a class index or constant, which no task evaluates.
    """
    _require_values(model)
    if any(operator.op == POSTPROCESS for operator in model.operators):
        why = "its last operator finds boxes"
        return Reading(kinds=("detection",), why=why, boxes=0, scores=2)
    if len(model.outputs) > 1:
        return _several_outputs(model)
    return _one_output(model)


def _require_values(model: Model) -> None:
    for tensor in model.outputs:
        described = model.tensors[tensor]
        last = last_operator(model, tensor)
        if last in {"ARG_MAX", "ARG_MIN"} or described.dtype not in VALUES:
            raise BadInputError(
                f"the output '{shown(described.name)}' is {described.dtype.value} of {last}: a "
                "class index, which shows no distance between models; convert the model without "
                "its last operator"
            )
        if last in SOFTMAX and described.shape[-1:] == (1,):
            raise BadInputError(
                f"the output '{shown(described.name)}' is a softmax over one value, which is "
                "always 1: the model needs a sigmoid, or two outputs"
            )


def _one_output(model: Model) -> Reading:
    output = model.outputs[0]
    shape, last = result_shape(model, output), last_operator(model, output)
    values, places = prod(shape), [n for n in shape if n > 1]
    named = f"the output {list(model.tensors[output].shape)}"
    if shape[-1:] == (vocabulary(model),):
        why = f"{named} has a value for each of the {shape[-1]} tokens that its input selects from"
        return Reading(kinds=("next-token",), why=why)
    if last in SOFTMAX:
        if len(places) > 1:
            why = f"{named} is a softmax at each of {values // shape[-1]} places"
            return Reading(kinds=("regression", "classification"), why=why)
        return Reading(kinds=("classification",), why=f"{named} is a softmax")
    whole = sample_shape(model, output)
    like_input = values > 1 and any(_same(whole, sample_shape(model, t)) for t in model.inputs)
    if like_input:
        return _like_input(named, last, len(places))
    if last == "LOGISTIC":
        what = "one sigmoid, a yes or no" if values == 1 else "sigmoids"
        return Reading(kinds=("multi-label",), why=f"{named} is {what}")
    return _linear(named, values, len(places))


def _linear(named: str, values: int, axes: int) -> Reading:
    """A graph that ends in no activation."""
    if values == 1:
        return Reading(kinds=("regression",), why=f"{named} is one value without a sigmoid")
    if axes > 1:
        why = f"{named} may hold values, or boxes and scores of a detector in one tensor"
        return Reading(kinds=("regression", "classification"), why=why)
    why = f"{named} has no softmax: logits of classes, or real values"
    return Reading(kinds=("classification", "regression"), why=why)


def _same(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two shapes differ by axes of length 1 alone."""
    return [n for n in shape if n > 1] == [n for n in other if n > 1]


def _like_input(named: str, last: str, axes: int) -> Reading:
    why = f"{named} is shaped like the input"
    kinds: tuple[Kind, ...] = ("autoencoder", "regression")
    if last == "LOGISTIC":
        kinds = ("autoencoder", "multi-label", "regression")
    elif axes == 1:
        kinds = ("autoencoder", "classification", "regression")
    return Reading(kinds=kinds, why=why)


def _several_outputs(model: Model) -> Reading:
    """Boxes and scores of as many anchors; else nothing that the graph decides."""
    shapes = [sample_shape(model, t) for t in model.outputs]
    listed = ", ".join(str(list(model.tensors[t].shape)) for t in model.outputs)
    pairs = [
        (b, s)
        for b in range(len(shapes))
        for s in range(len(shapes))
        if b != s and _are_heads(model, b, s)
    ]
    if len(pairs) == 1 and len(shapes) == 2:
        ((boxes, scores),) = pairs
        why = f"the outputs {listed} are boxes and scores"
        return Reading(kinds=("detection",), why=why, boxes=boxes, scores=scores)
    why = f"the model has {len(shapes)} outputs, {listed}"
    kinds: tuple[Kind, ...] = ("detection", "regression", "classification")
    boxes, scores = pairs[0] if pairs else (0, 1)
    return Reading(kinds=kinds, why=why, boxes=boxes, scores=scores)


def _are_heads(model: Model, boxes: int, scores: int) -> bool:
    """Whether two outputs are boxes (4 values) and scores of as many anchors, more than one."""
    a, b = (sample_shape(model, model.outputs[i]) for i in (boxes, scores))
    if not a or a[-1] != 4 or prod(a[:-1]) < 2:
        return False
    if last_operator(model, model.outputs[boxes]) in {*SOFTMAX, "LOGISTIC"} and b[-1:] == (4,):
        return False
    return bool(b) and prod(b[:-1]) == prod(a[:-1])
