"""Labels must be of the tests that the model's outputs can pass."""

from __future__ import annotations

import numpy as np

from mendlite.case.samples import SampleSets
from mendlite.case.tasks import evaluated_tensors
from mendlite.errors import BadInputError
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.samples import Samples

ANY = ("autoencoder", "detection")
"""Tasks whose labels do not have the outputs' shape."""


def require_fitting_labels(task: Task, model: Model, sets: SampleSets) -> None:
    """Raise BadInputError for labels outside of the model's classes, or of another shape."""
    shapes = [model.tensors[t].shape[1:] for t in evaluated_tensors(task, model)]
    width = sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes)
    for samples in (sets.repair, sets.selection, sets.validation):
        _require(task, width, samples)


def _require(task: Task, width: int, samples: Samples) -> None:
    labels = samples.labels
    if labels is None or task.kind in ANY:
        return
    if task.kind == "classification":
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
