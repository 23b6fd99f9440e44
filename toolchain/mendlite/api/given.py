"""The parameters that several functions of the API share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from mendlite.api.models import ModelFile
from mendlite.api.sample_sets import LabelsLike, SamplesLike
from mendlite.case.gate import Gate
from mendlite.case.recipe import Kind, Preprocessing, TaskSettings, Teacher
from mendlite.jobs.front_door.options import DataOptions
from mendlite.model.option import with_values
from mendlite.model.progress import Progress
from mendlite.model.rounding import Profile

TaskLike = Kind | TaskSettings | None
"""None: found out from the graph and the labels."""

PreprocessingLike = Preprocessing | Sequence[Preprocessing] | None
"""For every input, or for each; None: found out from the samples and both models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The parameters that several functions share; docs/API.md describes each."""

    int8: ModelFile
    float_model: ModelFile | None
    samples: SamplesLike
    labels: LabelsLike
    task: TaskLike
    preprocessing: PreprocessingLike
    options: DataOptions = field(default_factory=DataOptions)
    teacher: Teacher | None = None
    gate: Gate | None = None
    seed: int = 0
    name: str = "model"
    runner: str = "reference"
    profile: str = Profile.TFLM.value
    jobs: int | None = None
    progress: Progress | None = None
    allow_other_network: bool = False


PARAMETERS = frozenset({"task", "teacher", "labels"})
"""Fields of DataOptions that the functions have as parameters of their own."""


def data_options(values: Mapping[str, Any]) -> DataOptions:
    """The decisions about the data among keywords; raises BadInputError for unknown ones."""
    return with_values(DataOptions(), values)  # type: ignore[no-any-return]


def split_options(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(decisions about the data, all other keywords)."""
    names = {one.name for one in fields(DataOptions)} - PARAMETERS
    data = {name: value for name, value in values.items() if name in names}
    return data, {name: value for name, value in values.items() if name not in names}
