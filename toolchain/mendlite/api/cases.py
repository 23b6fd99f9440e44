"""From what a caller hands in to a case."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.api.datasets import Dataset
from mendlite.api.models import ModelFile, read_model
from mendlite.api.sample_sets import SamplesLike, datasets_of, evaluated_samples, sample_sets
from mendlite.case.case import Case
from mendlite.case.execution import Execution
from mendlite.case.gate import Gate
from mendlite.case.label_fit import require_fitting_labels, require_fitting_names
from mendlite.case.models import check_models
from mendlite.case.recipe import Kind, Preprocessing, Recipe, TaskSettings, Teacher, require_valid
from mendlite.errors import BadInputError
from mendlite.model.progress import Progress, no_progress
from mendlite.model.rounding import Profile
from mendlite.replay.registry import RUNNERS

TaskLike = Kind | TaskSettings
PreprocessingLike = Preprocessing | Sequence[Preprocessing] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The parameters that several functions share; docs/API.md describes each."""

    int8: ModelFile
    float_model: ModelFile | None
    samples: SamplesLike
    labels: NDArray[Any] | None
    task: TaskLike
    preprocessing: PreprocessingLike
    teacher: Teacher | None = None
    gate: Gate | None = None
    seed: int = 0
    name: str = "model"
    runner: str = "reference"
    profile: str = Profile.TFLM.value
    jobs: int | None = None
    progress: Progress | None = None
    allow_other_network: bool = False


def case_of(given: Given, *, repairs: bool) -> Case:
    """The case; ``repairs``: samples are split, and some are held out.

    Raises BadInputError that names the parameter which does not fit.
    """
    datasets = datasets_of(given.samples, given.labels)
    quantized = read_model(given.int8, "int8")
    known = given.float_model
    float_model = None if known is None else read_model(known, "float_model")
    execution = _execution(given)
    recipe = recipe_of(given, datasets, len(quantized.inputs))
    models = check_models(
        given.name,
        quantized,
        float_model,
        recipe,
        allow_other_network=given.allow_other_network,
        foreign_kernels=not repairs and not execution.on_host_kernels,
    )
    kind = recipe.task.kind
    sets = sample_sets(datasets, kind, given.seed) if repairs else evaluated_samples(datasets, kind)
    require_fitting_labels(models.task, quantized, sets)
    require_fitting_names(models.task, quantized, datasets[0].class_names)
    return Case(
        name=given.name,
        float_model=float_model,
        quantized=quantized,
        pairs=models.pairs,
        pairing=models.pairing,
        sets=sets,
        recipe=recipe,
        task=models.task,
        gate=Gate() if given.gate is None else require_valid(given.gate),
        seed=given.seed,
        execution=execution,
        class_names=datasets[0].class_names,
    )


def _execution(given: Given) -> Execution:
    if given.runner not in RUNNERS:
        raise BadInputError(f"`runner` is one of {', '.join(RUNNERS)}, not {given.runner!r}")
    profiles = [profile.value for profile in Profile]
    if given.profile not in profiles:
        raise BadInputError(f"`profile` is one of {', '.join(profiles)}, not {given.profile!r}")
    if type(given.seed) is not int or given.seed < 0:
        raise BadInputError(f"`seed` is a whole number from 0, not {given.seed!r}")
    return Execution(
        runner=given.runner,
        profile=Profile(given.profile),
        jobs=given.jobs or os.cpu_count() or 1,
        progress=given.progress or no_progress,
    )


def recipe_of(given: Given, datasets: Sequence[Dataset], inputs: int) -> Recipe:
    """Teacher, task and preprocessing of a model with so many inputs; raises BadInputError."""
    task, rules = given.task, given.preprocessing
    settings = TaskSettings(kind=task) if isinstance(task, str) else task
    if rules is None or isinstance(rules, Preprocessing):
        rules = [rules or Preprocessing()] * inputs
    for rule in rules:
        if not np.any(require_valid(rule).multiply):
            raise BadInputError("`Preprocessing.multiply` is 0: all samples would be the same")
    return Recipe(
        teacher=_teacher(given, datasets), task=require_valid(settings), inputs=tuple(rules)
    )


def _teacher(given: Given, datasets: Sequence[Dataset]) -> Teacher:
    """What the int8 model should follow: the float model where there is one."""
    has = {
        "float": given.float_model is not None,
        "outputs": all(one.outputs for one in datasets),
        "labels": all(one.labels is not None for one in datasets),
    }
    teachers: tuple[Teacher, ...] = ("float", "outputs", "labels")
    if given.teacher is None:
        found = next((one for one in teachers if has[one]), None)
        if found is None:
            raise BadInputError(
                "the reference outputs are missing: `float_model`, `labels`, or a Dataset "
                "with the float model's recorded outputs"
            )
        return found
    if not has.get(given.teacher, False):
        raise BadInputError(
            f"`teacher` is {given.teacher!r}, of float, labels and outputs, and the "
            "samples or models have none"
        )
    return given.teacher
