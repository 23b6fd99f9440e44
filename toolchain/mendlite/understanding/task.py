"""The task: what the graph allows, narrowed by the labels; more than one left is an error."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.label_forms import INDICES, MARKS, NAMES, ONE_HOT, REAL, SIGNS, form_of, is_whole
from mendlite.case.recipe import Kind, TaskSettings
from mendlite.errors import NotSureError
from mendlite.model.graph import Model
from mendlite.model.loaded_data import LoadedData
from mendlite.understanding.asked import Asked
from mendlite.understanding.graph import (
    Reading,
    read_graph,
    result_rows,
    result_shape,
    sample_shape,
)

ONE_STEP = 1 + 1e-6
"""A float32 scale times an integer is not exact: a difference of one step must pass."""


def decide_task(
    model: Model, data: LoadedData, asked: Asked, reference: Model | None = None
) -> tuple[TaskSettings, str]:
    """The task with its settings, and why it is tentative ("": it is not).

    An autoencoder is tentative: its outputs must turn out to be near its inputs. Raises
    NotSureError that names `task` where graph and labels allow more than one or contradict each
    other, BadInputError for a graph that no task evaluates.
    """
    reading = read_graph(model)
    if len(reading.kinds) > 1 and reference is not None:
        # A converter may leave the last activation out of the int8 file.
        whole = read_graph(reference)
        reading = whole if len(whole.kinds) == 1 else reading
    kind = asked.task or _one_kind(model, reading, data)
    settings = TaskSettings(
        kind=kind,
        threshold=asked.threshold,
        tolerance=asked.tolerance or _float_tolerance(model, kind, reading),
        boxes=reading.boxes,
        scores=reading.scores,
    )
    return settings, reading.why if kind == "autoencoder" and asked.task is None else ""


def _float_tolerance(model: Model, kind: Kind, reading: Reading) -> float | None:
    """One step of the tensor that a float output is converted from; None where it has its own.

    Raises NotSureError where nothing has a step.
    """
    output = model.outputs[reading.boxes if kind == "detection" else 0]
    if kind not in {"regression", "detection"} or model.tensors[output].quant is not None:
        return None
    last = model.producer(output)
    source = None if last is None or last.op != "DEQUANTIZE" else model.tensors[last.inputs[0]]
    if source is None or source.quant is None:
        raise NotSureError(
            "the outputs are float, so no step of theirs shows from which difference a test fails: "
            "state the `tolerance`, in the output's unit"
        )
    return source.scale * ONE_STEP


def _one_kind(model: Model, reading: Reading, data: LoadedData) -> Kind:
    labels, shape = data.labels, sample_shape(model, model.outputs[0])
    if (
        labels is None
        and len(data.class_names) == prod(result_shape(model, model.outputs[0]))
        and "classification" in reading.kinds
    ):
        return "classification"
    fitting = [k for k in reading.kinds if labels is None or fits(k, labels, shape, model)]
    decided = len(reading.kinds) == 1 or labels is not None
    if fitting[:1] == ["autoencoder"] or (len(fitting) == 1 and decided):
        return fitting[0]
    seen = "without labels" if labels is None else f"and the labels are {_described(labels)}"
    if not fitting:
        raise NotSureError(
            f"{reading.why}, {seen}, which do not fit: choose the `task`, or leave the `labels` out"
        )
    raise NotSureError(f"{reading.why}, {seen}: choose the `task`, {' or '.join(reading.kinds)}")


def _described(labels: NDArray[Any]) -> str:
    return f"{form_of(labels)} of shape {list(labels.shape[1:])}"


def fits(kind: Kind, labels: NDArray[Any], shape: tuple[int, ...], model: Model) -> bool:
    """Whether labels can be those of a task with outputs of this shape."""
    if kind == "next-token":
        return is_whole(labels) and labels.size // max(len(labels), 1) in (1, prod(shape[:-1]))
    return _fit_values(kind, labels, shape, model)


def _fit_values(kind: Kind, labels: NDArray[Any], shape: tuple[int, ...], model: Model) -> bool:
    if kind == "classification" and (places := result_rows(model, model.outputs[0])) > 1:
        if labels.shape[1:2] != (places,):
            return False
        labels, shape = labels.reshape(-1, *labels.shape[2:]), (prod(shape) // places,)
    form, values, width = form_of(labels), prod(shape), labels.size // max(len(labels), 1)
    if kind == "classification":
        one = form in {NAMES, SIGNS, INDICES} or (form, width) == (ONE_HOT, values)
        return values > 1 and one
    if kind == "multi-label" and values > 1:
        return form in {ONE_HOT, MARKS} and width == values
    if kind == "regression":
        return width == values and _are_real(labels, form)
    if kind == "autoencoder" and width > 1:
        return width in {prod(sample_shape(model, t)) for t in model.inputs}
    return kind == "detection" or _are_marks(labels, form)


def _are_marks(labels: NDArray[Any], form: str) -> bool:
    return form in {NAMES, SIGNS} or (form == INDICES and bool(np.isin(labels, (0, 1)).all()))


def _are_real(labels: NDArray[Any], form: str) -> bool:
    """Whether labels are real values; whole ones are, where there are others than 0 and 1."""
    if form in {REAL, INDICES}:
        return not np.isin(labels, (0, 1)).all()
    return False
