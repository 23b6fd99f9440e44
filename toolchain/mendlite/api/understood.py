"""Task, feeding and labels of what a caller hands in: as given, else found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from mendlite.api.datasets import Dataset
from mendlite.api.given import Given
from mendlite.case.recipe import Preprocessing, Recipe, TaskSettings, Teacher, require_valid
from mendlite.errors import BadInputError
from mendlite.jobs.front_door.brought import asked_of
from mendlite.jobs.front_door.find_target import TRIED
from mendlite.jobs.front_door.left_arrays import require_none_left
from mendlite.jobs.front_door.options import require_read_by
from mendlite.model.graph import Model
from mendlite.model.loaded_data import LoadedData
from mendlite.understanding.asked import Asked
from mendlite.understanding.task import decide_task
from mendlite.understanding.understand import understand


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstoodData:
    """How the samples are used: the recipe, the datasets with their arrays in the inputs' order.

    ``label_offset`` is added to class indices; ``lines`` state what was found out, empty where
    everything was given.
    """

    recipe: Recipe
    datasets: tuple[Dataset, ...]
    label_offset: int = 0
    lines: tuple[str, ...] = ()


def understood(
    given: Given, datasets: tuple[Dataset, ...], quantized: Model, float_model: Model | None
) -> UnderstoodData:
    """The task and the preprocessing that are given; what is not is found out.

    Raises BadInputError for what does not fit, NotSureError where samples, labels and models leave
    more than one reading: its message names the parameter that decides.
    """
    teacher = _teacher(given, datasets)
    rules = _rules(given, len(quantized.inputs))
    if rules is None:
        return _found_out(given, datasets, quantized, float_model, teacher)
    offset = given.options.label_offset or 0
    settings = _given_task(given)
    if settings is None:
        settings, _ = decide_task(quantized, _loaded(datasets), _asked(given, teacher))
    recipe = Recipe(teacher=teacher, task=settings, inputs=rules)
    return UnderstoodData(recipe=recipe, datasets=datasets, label_offset=offset)


def _found_out(
    given: Given,
    datasets: tuple[Dataset, ...],
    quantized: Model,
    float_model: Model | None,
    teacher: Teacher,
) -> UnderstoodData:
    """As ``understood``, where the preprocessing is not given."""
    data = _loaded(datasets)
    understanding = understand(float_model, quantized, data, _asked(given, teacher))
    require_read_by(understanding.task.kind, given.options)
    if not given.options.inputs:
        require_none_left(data, understanding.order, len(quantized.inputs))
    recipe = replace_task(understanding.recipe, _given_task(given), teacher)
    return UnderstoodData(
        recipe=recipe,
        datasets=tuple(_in_order(one, understanding.order) for one in datasets),
        label_offset=understanding.label_offset,
        lines=understanding.lines,
    )


def replace_task(recipe: Recipe, task: TaskSettings | None, teacher: Teacher) -> Recipe:
    """The recipe with the caller's own task settings, where there are some."""
    return msgspec.structs.replace(recipe, task=task or recipe.task, teacher=teacher)


def _in_order(dataset: Dataset, order: Sequence[int]) -> Dataset:
    if tuple(order) == tuple(range(len(dataset.inputs))):
        return dataset
    arrays = [dataset.inputs[i] for i in order]
    return Dataset(arrays, dataset.labels, dataset.outputs, class_names=dataset.class_names)


def _given_task(given: Given) -> TaskSettings | None:
    """The task with its settings; None where no kind is given."""
    if given.task is None or isinstance(given.task, TaskSettings):
        return None if given.task is None else require_valid(given.task)
    decided = given.options
    settings = TaskSettings(
        kind=given.task, threshold=decided.threshold, tolerance=decided.tolerance
    )
    return require_valid(settings)


def _asked(given: Given, teacher: Teacher) -> Asked:
    asked = asked_of(given.options, allow_other_network=given.allow_other_network)
    task = given.task
    if isinstance(task, TaskSettings):
        asked = replace(asked, task=task.kind, threshold=task.threshold, tolerance=task.tolerance)
    elif task is not None:
        asked = replace(asked, task=require_valid(TaskSettings(kind=task)).kind)
    return replace(asked, teacher=teacher)


def _loaded(datasets: Sequence[Dataset]) -> LoadedData:
    """Samples of the first dataset, as the understanding takes them."""
    first = datasets[0]
    rows = np.sort(np.random.default_rng(0).permutation(len(first))[:TRIED]).astype(np.int64)
    return LoadedData(
        arrays=tuple(values[rows] for values in first.inputs),
        names=first.names,
        rows=rows,
        total=sum(map(len, datasets)),
        labels=None if first.labels is None else first.labels[rows],
        label_origin="`labels`",
        class_names=first.class_names,
        sets=tuple(map(len, datasets)) if len(datasets) > 1 else (),
    )


def _rules(given: Given, inputs: int) -> tuple[Preprocessing, ...] | None:
    """The preprocessing of each input; None where it is not given."""
    rules = given.preprocessing
    if rules is None:
        return None
    if isinstance(rules, Preprocessing):
        rules = [rules] * inputs
    for rule in rules:
        if not np.any(require_valid(rule).multiply):
            raise BadInputError("`Preprocessing.multiply` is 0: all samples would be the same")
    return tuple(rules)


def _teacher(given: Given, datasets: Sequence[Dataset]) -> Teacher:
    """What the int8 model should follow: the float model where there is one."""
    has = {
        "float": given.float_model is not None,
        "outputs": all(one.outputs for one in datasets),
        "labels": all(one.labels is not None for one in datasets),
    }
    teachers: tuple[Teacher, ...] = ("float", "outputs", "labels")
    if given.teacher is None:
        first = next((one for one in teachers if has[one]), None)
        if first is None:
            raise BadInputError(
                "the reference outputs are missing: `float_model`, `labels`, or a Dataset "
                "with the float model's recorded outputs"
            )
        return first
    if not has.get(given.teacher, False):
        raise BadInputError(
            f"`teacher` is {given.teacher!r}, of float, labels and outputs, and the "
            "samples or models have none"
        )
    return given.teacher
