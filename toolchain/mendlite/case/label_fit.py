"""Labels must be of the tests that the model's outputs can pass."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from mendlite.case.frames import tests_of
from mendlite.case.samples import SampleSets
from mendlite.case.tasks import evaluated_tensors
from mendlite.errors import BadInputError
from mendlite.measure.positions import PositionClassification
from mendlite.measure.recordings import RecordingTask
from mendlite.measure.task import OF_CLASSES, Task
from mendlite.model.graph import Model
from mendlite.model.rows import sample_shape
from mendlite.model.samples import Samples
from mendlite.reading.limited import shown

ANY = ("autoencoder", "detection")
"""Tasks whose labels do not have the outputs' shape."""

MOST_NAMES = 20
"""Class names that an error lists."""


def require_fitting_labels(task: Task, model: Model, sets: SampleSets) -> None:
    """Raise BadInputError for labels outside of the model's classes, or of another shape."""
    width = values_of_a_test(task, model)
    if isinstance(task, PositionClassification):
        require_position_labels(task, sets)
    for samples in (sets.repair, sets.selection, sets.validation):
        _require(task, width, tests_of(task, model, samples))


def values_of_a_test(task: Task, model: Model) -> int:
    """How many values the model gives for one test, or for one frame of it."""
    sizes = [prod(sample_shape(model.tensors[t])) for t in evaluated_tensors(task, model)]
    places = task.rows * task.positions if isinstance(task, PositionClassification) else 1
    return sum(sizes) // places


def require_position_labels(task: PositionClassification, sets: SampleSets) -> None:
    """Raise BadInputError for labels that are not one a row or position, or one a test."""
    what, places = "a class for each of", task.rows * task.positions
    if task.kind == "next-token":
        what = "the next token at"
    for samples in (sets.repair, sets.selection, sets.validation):
        if samples.labels is None or not samples.labels.size:
            continue
        if samples.labels[0].size not in {places, task.tests}:
            raise BadInputError(
                f"the {samples.name} samples have labels of shape "
                f"{list(samples.labels.shape[1:])}, but the model gives {what} {places} positions"
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
    width = values_of_a_test(task, model)
    if width not in (1, len(names)):
        some = ", ".join(map(shown, names[:MOST_NAMES]))
        raise BadInputError(
            f"the data name {len(names)} classes ({some}), but the model has {width} outputs: name "
            "all of them in its order by `classes`"
        )
