"""A data source: how many samples it has, and any of them on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.model.loaded_data import LoadedData
from mendlite.reading.limited import shown
from mendlite.sources.bounds import require_finite_rows
from mendlite.sources.digest import digest_of_files

Rows = NDArray[np.int64]
Arrays = tuple[NDArray[Any], ...]


class DataSource(Protocol):
    """Samples that are read when they are drawn."""

    @property
    def count(self) -> int:
        """Number of samples."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by class index; empty where the source has none."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it reads, labels and classes included."""

    @property
    def digest(self) -> str:
        """A sha256 in hex of all that it reads: of the files, or of the samples of a function."""

    def load(self, rows: Rows) -> LoadedData:
        """The samples at ``rows`` [n], in that order.

        Raises BadInputError for a sample that cannot be read, values that are NaN or infinite,
        samples of different shapes, and more than fits in memory.
        """

    def sample(self, count: int, seed: int) -> LoadedData:
        """``count`` samples drawn by ``seed``, sorted by row; all where there are no more."""


class Reader(Protocol):
    """The samples of one form, without labels."""

    @property
    def count(self) -> int:
        """Number of samples."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the source calls each array; "" where it has no name."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it reads."""

    def read(self, rows: Rows) -> tuple[Arrays, str]:
        """One array [n, ...] an input, and a phrase that describes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labels of ``count`` samples: ``read`` returns those at rows [n].

    ``origin`` states where they come from; ``class_names`` are by index, empty if unknown.
    """

    count: int
    read: Callable[[Rows], NDArray[Any]]
    origin: str
    class_names: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedSource:
    """A source whose samples are reached by their place in it."""

    where: str
    reader: Reader
    labels: Labels | None
    class_names: tuple[str, ...] = ()
    remarks: str = ""

    def __post_init__(self) -> None:
        """Raise BadInputError for no samples, or labels of another count."""
        if self.reader.count == 0:
            raise BadInputError(f"{self.where}: there are no samples")
        if self.labels is not None and self.labels.count != self.reader.count:
            raise BadInputError(
                f"{self.where}: {self.reader.count} samples, but {self.labels.count} labels "
                f"({self.labels.origin}): `labels` needs one a sample; a list of class names is "
                "given by `classes`"
            )

    @property
    def count(self) -> int:
        """Number of samples."""
        return self.reader.count

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it reads."""
        return self.reader.files + (() if self.labels is None else self.labels.files)

    @property
    def digest(self) -> str:
        """The sha256 of the files, in hex; all of them are read."""
        return digest_of_files(self.files)

    def load(self, rows: Rows) -> LoadedData:
        """The samples at ``rows`` [n], in that order (see ``DataSource``)."""
        rows = np.asarray(rows, np.int64)
        if rows.size == 0 or rows.min() < 0 or rows.max() >= self.count:
            raise BadInputError(f"{self.where}: rows that are not in 0 ... {self.count - 1}")
        arrays, phrase = self.reader.read(rows)
        names = self.reader.names
        for name, values in zip(names, arrays, strict=True):
            require_finite_rows(f"{self.where}{f' ({shown(name)})' if name else ''}", values, rows)
        labels = None if self.labels is None else self.labels.read(rows)
        if labels is not None:
            require_finite_rows(f"{self.where} (labels)", labels, rows)
        return LoadedData(
            arrays=arrays,
            names=names,
            rows=rows,
            total=self.count,
            labels=labels,
            label_origin="" if self.labels is None else self.labels.origin,
            class_names=self.class_names,
            described=f"{phrase}{self.remarks}",
        )

    def sample(self, count: int, seed: int) -> LoadedData:
        """``count`` samples drawn by ``seed`` (see ``DataSource``)."""
        order = np.random.default_rng(seed).permutation(self.count)
        return self.load(np.sort(order[:count]).astype(np.int64))
