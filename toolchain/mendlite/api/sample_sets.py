"""Samples of any form that callers hand in, as the sets of a repair."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.api.datasets import Dataset
from mendlite.api.given_arrays import Arrays
from mendlite.api.loading import loaded
from mendlite.case.labels import read_labels
from mendlite.case.samples import SampleSets, disjoint, split, undivided
from mendlite.errors import BadInputError
from mendlite.jobs.front_door.options import DataOptions
from mendlite.measure.task import Task
from mendlite.measure.tests_of_samples import tests_of_a_row
from mendlite.model.samples import Samples
from mendlite.reading.npz import read_npz

NOTHING = DataOptions()

OF_FILES = (
    "inputs", "classes", "columns", "image_size", "channels", "sample_rate", "window", "stride",
    "front_end",
)  # fmt: skip
"""Decisions that say how files are read."""

SamplesLike = (
    Arrays | Dataset | Sequence[Dataset] | str | os.PathLike[str] | Callable[[], Iterable[Any]]
)
"""Arrays, a dataset, three datasets, the path of data of any form (an ``.npz`` with the array x and
labels y, a folder, ...), or a function that yields samples."""

LabelsLike = NDArray[Any] | str | os.PathLike[str] | None
"""Labels as an array; of samples at a path, also a file, or the array or column that holds them."""


def datasets_of(
    given: SamplesLike, labels: LabelsLike, options: DataOptions = NOTHING
) -> tuple[Dataset, ...]:
    """One dataset, or the three for repair, selection and validation.

    ``options`` say how data at a path are read; for samples in memory, those that only a file can
    need are refused.
    """
    if isinstance(given, str | os.PathLike):
        return (_from_file(Path(given), labels, options),)
    _require_no_file_options(options)
    if isinstance(labels, str | os.PathLike):
        raise BadInputError("`labels` is a path: that is for samples at a path; pass an array")
    if callable(given) and not isinstance(given, Dataset | np.ndarray):
        if labels is not None:
            raise BadInputError("`labels` come from the function: yield (inputs, labels)")
        return (Dataset.from_generator(given),)
    several = list(given) if isinstance(given, list | tuple) else [given]
    datasets = tuple(one for one in several if isinstance(one, Dataset))
    if not datasets:
        return (Dataset(given, labels),)  # type: ignore[arg-type]
    if labels is not None:
        raise BadInputError("`labels` belong into the Dataset")
    if len(datasets) != len(several) or len(datasets) not in (1, 3):
        raise BadInputError(
            "`samples` is one Dataset or three: for repair, selection and validation"
        )
    if len({one.class_names for one in datasets}) > 1:
        raise BadInputError("the three Datasets name other classes: give each the `class_names`")
    return datasets


def _from_file(path: Path, labels: LabelsLike, options: DataOptions) -> Dataset:
    """The array x (and y) of an ``.npz``, or the samples of data of another form."""
    named, array = (labels, None) if isinstance(labels, str | os.PathLike) else (None, labels)
    given = {name: getattr(options, name) for name in OF_FILES} | {"labels": named}
    if path.suffix == ".npz" and not any(given.values()):
        arrays = read_npz(path, None)
        if "x" in arrays:
            return Dataset(arrays["x"], arrays.get("y") if array is None else array)
    data = loaded([path], given)
    known = data.labels if array is None else array
    return Dataset(data.arrays, known, class_names=data.class_names, names=data.names)


def _require_no_file_options(options: DataOptions) -> None:
    """Raise BadInputError for a decision about files, where samples are in memory."""
    given = [name for name in OF_FILES if name != "inputs" and getattr(options, name) is not None]
    if given:
        raise BadInputError(f"`{given[0]}` is for `samples` at a path")


def sample_sets(datasets: Sequence[Dataset], task: Task, seed: int, offset: int = 0) -> SampleSets:
    """The three sets: as given, or one dataset split by the seed; equal samples are dropped."""
    if len(datasets) == 1:
        return split(_samples("samples", datasets[0], task, offset), seed)
    names = ("repair", "selection", "validation")
    sets = zip(names, datasets, strict=True)
    return disjoint(*(_samples(name, one, task, offset) for name, one in sets))


def evaluated_samples(datasets: Sequence[Dataset], task: Task, offset: int = 0) -> SampleSets:
    """All samples, or the validation set of three, where nothing is repaired."""
    return undivided(_samples("validation", datasets[-1], task, offset))


def _samples(name: str, dataset: Dataset, task: Task, offset: int) -> Samples:
    labels = dataset.labels
    return Samples(
        name=name,
        source="samples",
        rows=np.arange(len(dataset)),
        raw=dataset.inputs,
        labels=None
        if labels is None
        else read_labels(
            task.kind,
            "labels",
            labels,
            offset,
            dataset.class_names,
            places=tests_of_a_row(task),
        ),
        outputs=dataset.outputs,
    )
