"""Which values of a model are evaluated, for which task, against which teacher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.measure.autoencoder import Autoencoder
from mendlite.measure.classification import Classification, labels_as_logits
from mendlite.measure.detection import Detection
from mendlite.measure.multi_label import MultiLabel
from mendlite.measure.outputs import Outputs
from mendlite.measure.regression import Regression
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.reading.limited import shown
from mendlite.targets.schema import Target
from mendlite.tflite.logits import behind, real_values

HEADS = {"softmax": frozenset({"SOFTMAX", "LOG_SOFTMAX"}), "logistic": frozenset({"LOGISTIC"})}
"""Operators that a task's evaluated values lie behind."""


def make_task(target: Target, quantized: Model) -> Task:
    """The target's task; raises BadInputError where a setting is missing or out of range."""
    table = target.task
    if table.kind == "multi-label":
        threshold = 0.5 if table.threshold is None else table.threshold
        if not 0 < threshold < 1:
            raise BadInputError(f"{target.name}: task.threshold {threshold} is no probability")
        return MultiLabel(threshold=threshold)
    if table.kind == "regression":
        return Regression(tolerance=_tolerance(target, quantized, 0))
    if table.kind == "autoencoder":
        return Autoencoder(tolerance=0.05 if table.tolerance is None else table.tolerance)
    if table.kind == "detection":
        count = len(quantized.outputs)
        if max(table.boxes, table.scores) >= count or table.boxes == table.scores:
            raise BadInputError(
                f"{target.name}: task.boxes {table.boxes} and task.scores {table.scores} must be "
                f"two of the model's {count} outputs"
            )
        return Detection(
            boxes=table.boxes,
            scores=table.scores,
            threshold=0.5 if table.threshold is None else table.threshold,
            tolerance=_tolerance(target, quantized, table.boxes),
        )
    return _classification(target, quantized)


def _classification(target: Target, quantized: Model) -> Classification:
    """The task of classes; raises BadInputError where the model gives one value a sample.

    The largest of one value is always the first: no test could fail, whatever the model does.
    """
    task = Classification()
    (evaluated,) = evaluated_tensors(task, quantized)
    if np.prod(quantized.tensors[evaluated].shape[1:], dtype=np.int64) == 1:
        raise BadInputError(
            f"{target.name}: the model gives one value a sample, so there are no classes to tell "
            'apart: set task.kind to "regression", "multi-label" (a yes or no behind a sigmoid) or '
            '"autoencoder" (targets/README.md)'
        )
    return task


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
        if np.prod(theirs.shape[1:], dtype=np.int64) != np.prod(ours.shape[1:], dtype=np.int64):
            raise BadInputError(
                f"the tests compare '{shown(ours.name)}' {list(ours.shape)} of the int8 model with "
                f"'{shown(theirs.name)}' {list(theirs.shape)} of the model that it is "
                "compared with: as many values a sample are needed; check the outputs of both files"
            )


def _tolerance(target: Target, quantized: Model, output: int) -> float:
    """The target's tolerance, else one step of the int8 output."""
    if target.task.tolerance is not None:
        return target.task.tolerance
    quant = quantized.tensors[quantized.outputs[output]].quant
    if quant is None:
        raise BadInputError(
            f"{target.name}: the output is float and has no step: set task.tolerance"
        )
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
    real = [real_values(model, t, values[t]) for t in tensors]
    count = len(real[0])
    return Outputs(
        values=np.concatenate([r.reshape(count, -1) for r in real], axis=1),
        shapes=tuple(r.shape[1:] for r in real),
        inputs=np.concatenate(
            [np.asarray(x, np.float64).reshape(count, -1) for x in inputs], axis=1
        )
        if task.with_inputs
        else None,
    )


def taught_outputs(target: Target, task: Task, quantized: Model, samples: Samples) -> Outputs:
    """The answers of a teacher that is no model: labels, or recorded outputs."""
    shapes = tuple(quantized.tensors[t].shape[1:] for t in evaluated_tensors(task, quantized))
    width = sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes)
    if target.teacher == "outputs":
        parts = [np.asarray(v, np.float64).reshape(samples.count, -1) for v in samples.outputs]
        values = np.concatenate(parts, axis=1)
    else:
        values = _labels(target, task, samples, width)
    if values.shape[1] != width:
        raise BadInputError(
            f"{target.name}: the teacher gives {values.shape[1]} values a sample, the model {width}"
        )
    return Outputs(values=values, shapes=shapes)


def _labels(target: Target, task: Task, samples: Samples, width: int) -> NDArray[np.float64]:
    labels = samples.labels
    if labels is None:
        raise BadInputError(f"{target.name}: the {samples.name} samples have no labels")
    if task.kind == "classification":
        if labels.min(initial=0) < 0 or labels.max(initial=0) >= width:
            raise BadInputError(f"{target.name}: a label is not one of the {width} classes")
        return labels_as_logits(labels, width)
    if task.kind == "regression":
        return labels.reshape(samples.count, -1).astype(np.float64)
    raise BadInputError(
        f'{target.name}: teacher = "labels" is for classification and regression; record the '
        'float model\'s outputs and say teacher = "outputs"'
    )
