"""Files of several arrays by name (``.npz``, ``.h5``): inputs, and labels among them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.reading.limited import shown
from mendlite.sources.arrays import described
from mendlite.sources.choosing import Entry, choose
from mendlite.sources.source import Arrays, Labels, Rows
from mendlite.sources.spec import DataSpec
from mendlite.sources.text_lists import names_among


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedArrays(ABC):
    """Arrays of one file: ``names`` are those of the inputs, ``entries`` all that it holds."""

    path: Path
    names: tuple[str, ...]
    entries: Mapping[str, Entry]

    @property
    def count(self) -> int:
        """Number of samples."""
        return self.entries[self.names[0]].shape[0]

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def read(self, rows: Rows) -> tuple[Arrays, str]:
        """The rows of each input."""
        arrays = [self.rows_of(name, rows) for name in self.names]
        return tuple(arrays), described(arrays, self.names)

    @abstractmethod
    def rows_of(self, name: str, rows: Rows) -> NDArray[Any]:
        """The rows of the array ``name``; raises BadInputError for more than is loaded."""


def open_named(
    make: Callable[..., NamedArrays],
    path: Path,
    what: str,
    entries: Mapping[str, Entry],
    spec: DataSpec,
) -> tuple[NamedArrays, Labels | None]:
    """The reader that ``make`` constructs, and the labels; ``what`` is one entry in a word.

    The inputs are those that are named, or all that are no labels.
    """
    inputs, label = choose(shown(path), what, entries, spec)
    reader = make(path=path, names=inputs, entries=entries)
    if label is None:
        return reader, None
    return reader, named_labels(what, label, entries[label], reader.rows_of)


def named_labels(
    what: str, label: str, entry: Entry, rows_of: Callable[[str, Rows], NDArray[Any]]
) -> Labels:
    """The labels in the entry of that name; text names the classes."""
    text, count = entry.dtype.kind == "U", entry.shape[0]
    return Labels(
        count=count,
        read=lambda rows: rows_of(label, rows),
        origin=f"{what} '{shown(label)}'",
        class_names=names_among(rows_of(label, np.arange(count))) if text else (),
    )
