"""What a task is for a model, and which of the model's values it evaluates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.recipe import TaskSettings
from mendlite.errors import BadInputError
from mendlite.measure.autoencoder import Autoencoder
from mendlite.measure.classification import Classification
from mendlite.measure.detection import Detection
from mendlite.measure.multi_label import MultiLabel
from mendlite.measure.next_token import NextToken
from mendlite.measure.outputs import Outputs
from mendlite.measure.positions import PositionClassification
from mendlite.measure.recordings import RecordingTask
from mendlite.measure.regression import Regression
from mendlite.measure.task import Task
from mendlite.measure.tests_of_samples import outputs_by_test
from mendlite.model.graph import Model
from mendlite.model.rows import by_sample, own_rows
from mendlite.reading.limited import shown
from mendlite.tflite.logits import behind, real_values

HEADS = {"softmax": frozenset({"SOFTMAX", "LOG_SOFTMAX"}), "logistic": frozenset({"LOGISTIC"})}
"""Operators that a task's evaluated values lie behind."""


DETECTING = ("classification", "multi-label")
"""Tasks whose outputs may be detected in a recording."""


def make_task(name: str, settings: TaskSettings, quantized: Model) -> Task:
    """What the settings are for this model.

    Raises BadInputError, which begins with ``name``, for one that is missing or out of range.
    """
    if settings.kind == "multi-label":
        threshold = 0.5 if settings.threshold is None else settings.threshold
        if not 0 < threshold < 1:
            raise BadInputError(f"{name}: task.threshold {threshold} is no probability")
        return MultiLabel(threshold=threshold)
    if settings.kind == "regression":
        return Regression(tolerance=_tolerance(name, settings, quantized, 0))
    if settings.kind == "autoencoder":
        return Autoencoder(tolerance=0.05 if settings.tolerance is None else settings.tolerance)
    if settings.kind == "detection":
        count = len(quantized.outputs)
        if max(settings.boxes, settings.scores) >= count or settings.boxes == settings.scores:
            raise BadInputError(
                f"{name}: task.boxes {settings.boxes} and task.scores {settings.scores} must be "
                f"two of the model's {count} outputs"
            )
        return Detection(
            boxes=settings.boxes,
            scores=settings.scores,
            threshold=0.5 if settings.threshold is None else settings.threshold,
            tolerance=_tolerance(name, settings, quantized, settings.boxes),
        )
    if settings.kind == "next-token":
        return _next_token(name, settings, quantized)
    return _classification(name, quantized)


def _next_token(name: str, settings: TaskSettings, quantized: Model) -> NextToken:
    """The task of tokens; raises BadInputError where the last axis holds no vocabulary."""
    (evaluated,) = evaluated_tensors(NextToken(), quantized)
    tensor = quantized.tensors[evaluated]
    if len(tensor.shape) < 2 or tensor.shape[-1] < 2:
        raise BadInputError(
            f"{name}: the output '{shown(tensor.name)}' {list(tensor.shape)} holds no logits of "
            'tokens: a "next-token" model gives those of its vocabulary in the last axis'
        )
    positions, last = prod(tensor.shape[1:-1]), settings.positions == "last"
    return NextToken(rows=tensor.shape[0], positions=positions, last=last)


def _classification(name: str, quantized: Model) -> Classification:
    """The task of classes, of each row where a sample has several rows of logits (``own_rows``).

    Raises BadInputError where the model has one output value a test: the largest of one value is
    always the first, so no test could fail, whatever the model does.
    """
    task = Classification()
    (evaluated,) = evaluated_tensors(task, quantized)
    output = quantized.tensors[evaluated]
    rows = own_rows((quantized.tensors[t] for t in quantized.inputs), output)
    if output.elements == rows:
        raise BadInputError(
            f"{name}: the model has one output value, so there are no classes to tell "
            'apart: set task.kind to "regression", "multi-label" (a yes or no behind a sigmoid) or '
            '"autoencoder" (targets/README.md)'
        )
    if rows > 1 and quantized.keeps_frames:
        raise BadInputError(
            f"{name}: the model keeps values from frame to frame and classifies {rows} rows "
            "of each frame: such rows are not compared"
        )
    return task if rows == 1 else PositionClassification(rows=rows)


def make_recording_task(name: str, settings: TaskSettings, task: Task, frames: int) -> Task:
    """The task of recordings of so many frames, where the settings count recordings as tests.

    Raises BadInputError, which begins with ``name``, where the settings do not fit the task or the
    recordings.
    """
    if settings.verdict == "frame":
        if settings.window != 1:
            raise BadInputError(f'{name}: task.window is for task.verdict = "recording"')
        return task
    threshold = 0.5 if settings.threshold is None else settings.threshold
    if task.kind not in DETECTING:
        raise BadInputError(
            f'{name}: task.verdict = "recording" is for {" and ".join(DETECTING)}, whose outputs '
            f"are probabilities, not for {task.kind}"
        )
    if not 0 < threshold < 1:
        raise BadInputError(f"{name}: task.threshold {threshold} is no probability")
    if settings.window > frames:
        raise BadInputError(
            f"{name}: task.window {settings.window} is longer than the recordings of {frames} "
            "frames"
        )
    return RecordingTask(frame=task, frames=frames, window=settings.window, threshold=threshold)


def require_same_answers(task: Task, reference: Model, quantized: Model) -> None:
    """Raise BadInputError where the two models' evaluated values are not of one count.

    Values of other counts would be broadcast against each other, or not compare at all.
    """
    first, second = evaluated_tensors(task, reference), evaluated_tensors(task, quantized)
    if len(first) != len(second):
        raise BadInputError(
            f"the int8 model has {len(second)} outputs and the model that it is compared with "
            f"{len(first)}: check the outputs of both files"
        )
    for i, j in zip(first, second, strict=True):
        theirs, ours = reference.tensors[i], quantized.tensors[j]
        if theirs.elements != ours.elements:
            raise BadInputError(
                f"the tests compare '{shown(ours.name)}' {list(ours.shape)} of the int8 model with "
                f"'{shown(theirs.name)}' {list(theirs.shape)} of the model that it is "
                "compared with: as many values a sample are needed; check the outputs of both files"
            )


def _tolerance(name: str, settings: TaskSettings, quantized: Model, output: int) -> float:
    """The tolerance of the settings, else one step of the int8 output."""
    if settings.tolerance is not None:
        return settings.tolerance
    quant = quantized.tensors[quantized.outputs[output]].quant
    if quant is None:
        raise BadInputError(f"{name}: the output is float and has no step: set task.tolerance")
    # A float32 scale times an integer is not exact: a difference of one step must pass.
    return float(quant.scale[0]) * (1 + 1e-6)


def evaluated_tensors(task: Task, model: Model) -> tuple[int, ...]:
    """The tensors whose values are evaluated, in order."""
    if task.head == "outputs":
        return model.outputs
    if task.head in HEADS:
        return (behind(model, HEADS[task.head]),)
    return (model.outputs[0],)


def read_outputs(
    task: Task,
    model: Model,
    values: Mapping[int, NDArray[Any]],
    inputs: Sequence[NDArray[Any]],
) -> Outputs:
    """The evaluated values of a replay; ``inputs`` are the real ones, where the task needs them."""
    tensors = evaluated_tensors(task, model)
    real = [by_sample(model.tensors[t], real_values(model, t, values[t])) for t in tensors]
    count = len(real[0])
    outputs = Outputs(
        values=np.concatenate([r.reshape(count, -1) for r in real], axis=1),
        shapes=tuple(r.shape[1:] for r in real),
        inputs=np.concatenate(
            [np.asarray(x, np.float64).reshape(count, -1) for x in inputs], axis=1
        )
        if task.with_inputs
        else None,
    )
    return outputs_by_test(task, outputs)
