"""The labels of the data as the task takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.label_forms import INDICES, NAMES, form_of
from mendlite.case.labels import at_places, read_labels, require_finite
from mendlite.errors import NotSureError
from mendlite.measure.task import Task
from mendlite.measure.tests_of_samples import tests_of_a_row
from mendlite.model.loaded_data import LoadedData
from mendlite.understanding.asked import Asked

KEY, TOKENS = "labels", "token ids"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundLabels:
    """Labels as the task takes them (None: there are none, or the task has no use for them).

    ``form`` is the form found, "" without labels; ``offset`` was added to class indices.
    ``names`` are those found, sorted, where labels are names.
    """

    values: NDArray[Any] | None = None
    form: str = ""
    offset: int = 0
    names: tuple[str, ...] = ()


def find_labels(task: Task, width: int, data: LoadedData, asked: Asked) -> FoundLabels:
    """The labels of the data; ``width`` is the number of evaluated values a test.

    Class indices that only fit the model with 1 added or taken off are moved by it. Raises
    BadInputError for labels of another form, NotSureError for classes that the model lacks.
    """
    labels, kind, places = data.labels, task.kind, tests_of_a_row(task)
    if labels is None or kind == "detection":
        return FoundLabels()
    require_finite(KEY, labels)
    if kind == "autoencoder" and labels.size != len(labels):
        return FoundLabels()
    one = at_places(KEY, labels, places) if kind == "classification" and places > 1 else labels
    form = form_of(one)
    names_held = tuple(sorted(set(map(str, labels.reshape(-1))))) if form == NAMES else ()
    names = asked.classes or data.class_names or names_held
    if kind != "classification":
        values = read_labels(kind, KEY, labels, 0, names)
        if kind == "multi-label":
            _require_two(values.reshape(-1))
        if kind == "next-token":
            _require_classes(values, width)
            form = TOKENS
        return FoundLabels(values=values, form=form, names=names_held)
    likely = _offset(one, width) if form == INDICES else 0
    offset = likely if asked.label_offset is None else asked.label_offset
    values = read_labels(kind, KEY, labels, offset, names, places=places)
    _require_classes(values, width)
    _require_two(values.reshape(-1))
    return FoundLabels(values=values, form=form, offset=offset, names=names_held)


def _offset(labels: NDArray[Any], width: int) -> int:
    """What brings class indices into the model's range: 0 where they are in it, else -1 or 1."""
    low, high = int(labels.min()), int(labels.max())
    if high == width and low >= 1:
        return -1
    return 1 if low == -1 and high < width - 1 else 0


def _require_classes(values: NDArray[np.int64], width: int) -> None:
    if int(values.max()) >= width:
        raise NotSureError(
            f"the labels hold class {int(values.max())}, but the model has {width} outputs, 0 to "
            f"{width - 1}: check the `labels`, the `label_offset` or the `task`"
        )


def _require_two(values: NDArray[np.int64]) -> None:
    if values.size and values.min() == values.max():
        raise NotSureError(
            f"all {len(values)} labels are {int(values[0])}: samples of one class show neither how "
            "they are fed nor what a repair breaks: give samples of every class, or leave the "
            "`labels` out"
        )
