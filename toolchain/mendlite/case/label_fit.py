"""Labels must be of the tests that the model's outputs can pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mendlite.case.frames import tests_of
from mendlite.case.samples import SampleSets
from mendlite.case.tasks import evaluated_tensors
from mendlite.errors import BadInputError
from mendlite.measure.next_token import NextToken
from mendlite.measure.recordings import RecordingTask
from mendlite.measure.task import OF_CLASSES, Task
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.reading.limited import shown

ANY = ("autoencoder", "detection")
"""Tasks whose labels do not have the outputs' shape."""

MOST_NAMES = 20
"""Class names that an error lists."""


def require_fitting_labels(task: Task, model: Model, sets: SampleSets) -> None:
    """Raise BadInputError for labels outside of the model's classes, or of another shape."""
    shapes = [model.tensors[t].shape[1:] for t in evaluated_tensors(task, model)]
    width = sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes)
    if isinstance(task, NextToken):
        width //= task.positions
        require_token_labels(task, sets)
    for samples in (sets.repair, sets.selection, sets.validation):
        _require(task, width, tests_of(task, model, samples))


def require_token_labels(task: NextToken, sets: SampleSets) -> None:
    """Raise BadInputError for next tokens that are not one a position, or one a test."""
    for samples in (sets.repair, sets.selection, sets.validation):
        if samples.labels is None or not samples.labels.size:
            continue
        if samples.labels[0].size not in {task.positions, task.tests}:
            raise BadInputError(
                f"the {samples.name} samples have labels of shape "
                f"{list(samples.labels.shape[1:])}, but the model gives the next token at "
                f"{task.positions} positions"
            )


def _require(task: Task, width: int, samples: Samples) -> None:
    labels = samples.labels
    kind = task.frame.kind if isinstance(task, RecordingTask) else task.kind
    if labels is None or kind in ANY:
        return
    if kind in OF_CLASSES:
        if labels.max(initial=0) >= width:
            raise BadInputError(
                f"the {samples.name} samples have a label of class {int(labels.max())}, but the "
                f"model has {width} outputs: check labels and label_offset, or set another task"
            )
    elif labels.size != samples.count * width:
        raise BadInputError(
            f"the {samples.name} samples have labels of shape {list(labels.shape[1:])}, but the "
            f"model has {width} outputs"
        )


def require_fitting_names(task: Task, model: Model, names: Sequence[str]) -> None:
    """Raise BadInputError for class names that are not as many as a classifier's outputs."""
    if task.kind != "classification" or not names:
        return
    shapes = [model.tensors[t].shape[1:] for t in evaluated_tensors(task, model)]
    width = sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes)
    if width not in (1, len(names)):
        some = ", ".join(map(shown, names[:MOST_NAMES]))
        raise BadInputError(
            f"the data name {len(names)} classes ({some}), but the model has {width} outputs: name "
            "all of them in its order by `classes`"
        )
