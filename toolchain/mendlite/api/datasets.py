"""Samples as callers hand them in: arrays, a Dataset, an ``.npz``, or three Datasets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.labels import read_labels, require_finite
from mendlite.case.samples import SampleSets, disjoint, split, undivided
from mendlite.errors import BadInputError
from mendlite.model.samples import Samples
from mendlite.reading.npz import NUMBERS, read_npz

Arrays = NDArray[Any] | Sequence[NDArray[Any]]
"""One array (n, ...), or one for each input or output of the model."""


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Dataset:
    """n samples: an array (n, ...) for each model input, as stored, before preprocessing.

    ``labels`` are class indices [n] as the model counts them, or what the task compares with
    [n, ...]. ``outputs`` are recorded outputs of a float model that is lost, one array a model
    output. Raises BadInputError for arrays that hold no numbers, or not as many rows each.

    >>> import numpy, mendlite
    >>> len(mendlite.Dataset(numpy.zeros((4, 8, 8)), labels=numpy.array([0, 1, 2, 1])))
    4
    """

    inputs: tuple[NDArray[Any], ...]
    labels: NDArray[Any] | None
    outputs: tuple[NDArray[Any], ...]

    def __init__(
        self, inputs: Arrays, labels: NDArray[Any] | None = None, outputs: Arrays = ()
    ) -> None:
        """Samples from arrays."""
        object.__setattr__(self, "inputs", _arrays("samples", inputs))
        object.__setattr__(self, "labels", None if labels is None else _array("labels", labels))
        object.__setattr__(self, "outputs", _arrays("outputs", outputs))
        if not self.inputs:
            raise BadInputError("`samples` holds no array: pass one for each model input")
        for name, values in self._named():
            if len(values) != len(self):
                raise BadInputError(
                    f"`{name}` has {len(values)} rows, and the first input has {len(self)}"
                )

    @staticmethod
    def from_npz(
        path: str | os.PathLike[str],
        inputs: str | Sequence[str] = "x",
        labels: str | None = None,
        outputs: str | Sequence[str] = (),
    ) -> Dataset:
        """Samples from the named arrays of an ``.npz``: ``inputs`` in the model's order.

        >>> import mendlite, numpy, tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "samples.npz"
        >>> numpy.savez(path, images=numpy.ones((5, 4)), classes=numpy.arange(5))
        >>> len(mendlite.Dataset.from_npz(path, inputs="images", labels="classes"))
        5
        """
        names = [[one] if isinstance(one, str) else list(one) for one in (inputs, outputs)]
        wanted = [*names[0], *([] if labels is None else [labels]), *names[1]]
        found = read_npz(Path(path), wanted)
        return Dataset(
            [found[name] for name in names[0]],
            None if labels is None else found[labels],
            [found[name] for name in names[1]],
        )

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.inputs[0])

    def __repr__(self) -> str:
        """Shapes and types, not values."""
        told = [f"{name} {v.dtype}{list(v.shape)}" for name, v in self._named()]
        return f"Dataset({', '.join(told)})"

    def _named(self) -> list[tuple[str, NDArray[Any]]]:
        named = [("samples", values) for values in self.inputs]
        named += [] if self.labels is None else [("labels", self.labels)]
        return named + [("outputs", values) for values in self.outputs]


SamplesLike = Arrays | Dataset | Sequence[Dataset] | str | os.PathLike[str]
"""Arrays, a dataset, the path of an ``.npz`` with the array x (and labels y), or three datasets."""


def _array(name: str, values: Any) -> NDArray[Any]:
    if not isinstance(values, np.ndarray):
        raise BadInputError(f"`{name}` is an array, not {type(values).__name__}")
    if values.dtype.kind not in NUMBERS:
        raise BadInputError(f"`{name}` holds {values.dtype}, not numbers")
    if values.ndim == 0 or len(values) == 0:
        raise BadInputError(f"`{name}` has no rows: shape {list(values.shape)}")
    require_finite(name, values)
    return values


def _arrays(name: str, given: Any) -> tuple[NDArray[Any], ...]:
    if isinstance(given, np.ndarray):
        return (_array(name, given),)
    if not isinstance(given, list | tuple):
        raise BadInputError(f"`{name}` is an array or a list of them, not {type(given).__name__}")
    return tuple(_array(name, values) for values in given)


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
    return found


def _from_file(path: Path, labels: NDArray[Any] | None) -> Dataset:
    found = read_npz(path, None)
    if "x" not in found:
        raise BadInputError(
            f"{path} has no array x but {', '.join(found)}: name one with Dataset.from_npz(...)"
        )
    return Dataset(found["x"], found.get("y") if labels is None else labels)


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
        labels=None if labels is None else read_labels(kind, "labels", labels),
        outputs=dataset.outputs,
    )
