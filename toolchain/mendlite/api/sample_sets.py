"""Samples of any form that callers hand in, as the sets of a repair."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
from mendlite.model.samples import Samples
from mendlite.reading.npz import read_npz

SamplesLike = Arrays | Dataset | Sequence[Dataset] | str | os.PathLike[str]
"""Arrays, a dataset, the path of an ``.npz`` with the array x (and labels y) or of data of another
form, or three datasets."""


def datasets_of(given: SamplesLike, labels: NDArray[Any] | None) -> tuple[Dataset, ...]:
    """One dataset, or the three for repair, selection and validation."""
    if isinstance(given, str | os.PathLike):
        return (_from_file(Path(given), labels),)
    several = list(given) if isinstance(given, list | tuple) else [given]
    found = tuple(one for one in several if isinstance(one, Dataset))
    if not found:
        return (Dataset(given, labels),)  # type: ignore[arg-type]
    if labels is not None:
        raise BadInputError("`labels` belong into the Dataset")
    if len(found) != len(several) or len(found) not in (1, 3):
        raise BadInputError(
            "`samples` is one Dataset or three: for repair, selection and validation"
        )
    if len({one.class_names for one in found}) > 1:
        raise BadInputError("the three Datasets name other classes: give each the `class_names`")
    return found


def _from_file(path: Path, labels: NDArray[Any] | None) -> Dataset:
    """The array x (and y) of an ``.npz``, or the samples of data of another form."""
    if path.suffix != ".npz":
        found = loaded([path], {})
        return Dataset(
            found.arrays, found.labels if labels is None else labels, class_names=found.class_names
        )
    arrays = read_npz(path, None)
    if "x" not in arrays:
        raise BadInputError(
            f"{path} has no array x but {', '.join(arrays)}: name one with Dataset.from_npz(...)"
        )
    return Dataset(arrays["x"], arrays.get("y") if labels is None else labels)


def sample_sets(datasets: Sequence[Dataset], kind: str, seed: int) -> SampleSets:
    """The three sets: as given, or one dataset split by the seed; equal samples are dropped."""
    if len(datasets) == 1:
        return split(_samples("samples", datasets[0], kind), seed)
    names = ("repair", "selection", "validation")
    return disjoint(*(_samples(name, one, kind) for name, one in zip(names, datasets, strict=True)))


def evaluated_samples(datasets: Sequence[Dataset], kind: str) -> SampleSets:
    """All samples, or the validation set of three, where nothing is repaired."""
    return undivided(_samples("validation", datasets[-1], kind))


def _samples(name: str, dataset: Dataset, kind: str) -> Samples:
    labels = dataset.labels
    return Samples(
        name=name,
        source="samples",
        rows=np.arange(len(dataset)),
        raw=dataset.inputs,
        labels=None
        if labels is None
        else read_labels(kind, "labels", labels, 0, dataset.class_names),
        outputs=dataset.outputs,
    )
