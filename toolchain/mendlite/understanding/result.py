"""What was understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mendlite.case.recipe import Preprocessing, Recipe, TaskSettings, Teacher


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Understanding:
    """Task, feeding and labels of two models and their samples.

    ``inputs`` has one Preprocessing for each model input, and ``order`` the number of the array
    of the data that feeds it. ``labels`` are those of the data as the task takes them (None where
    there are none), found in the form ``label_form`` with ``label_offset`` added.
    ``class_names`` are by class index, empty where there are none. ``accuracy`` and
    ``agreement`` are shares in [0, 1] on the samples that were tried, None where the task has no
    such figure. ``lines`` are for the user; parameters stand in `backticks`.
    """

    task: TaskSettings
    teacher: Teacher
    inputs: tuple[Preprocessing, ...]
    order: tuple[int, ...]
    labels: NDArray[Any] | None
    label_form: str
    label_offset: int
    class_names: tuple[str, ...]
    accuracy: float | None
    agreement: float | None
    lines: tuple[str, ...]

    @property
    def recipe(self) -> Recipe:
        """How tests are made from the samples."""
        return Recipe(teacher=self.teacher, task=self.task, inputs=self.inputs)
