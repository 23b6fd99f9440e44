"""Variables and rows of an integer program, as they are added."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.float_error import Floats

SLACK = 1e-6
"""Steps by which every row is widened: a solver's tolerance must not cut off a real input."""

Ints = NDArray[np.int64]


@dataclass(slots=True)
class ProgramRows:
    """Rows and variables as they are added."""

    start: list[int] = field(default_factory=lambda: [0])
    column: list[Ints] = field(default_factory=list)
    value: list[Floats] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    integer: list[NDArray[np.bool_]] = field(default_factory=list)
    binaries: list[int] = field(default_factory=list)
    count: int = 0

    def variables(self, lower: Floats, upper: Floats, *, integer: bool) -> Ints:
        """New variables; their columns."""
        self.lower.append(np.asarray(lower, np.float64))
        self.upper.append(np.asarray(upper, np.float64))
        self.integer.append(np.full(len(self.lower[-1]), integer))
        self.count += len(self.lower[-1])
        return np.arange(self.count - len(self.lower[-1]), self.count)

    def binary(self) -> int:
        """A new variable that is 0 or 1."""
        self.binaries.append(int(self.variables(np.zeros(1), np.ones(1), integer=True)[0]))
        return self.binaries[-1]

    def row(self, columns: Ints, values: Floats, lower: float, upper: float) -> None:
        """``lower <= values @ x[columns] <= upper``, widened by the slack."""
        if columns.size != np.unique(columns).size:
            unique, place = np.unique(columns, return_inverse=True)
            columns, values = unique, np.bincount(place, values).astype(np.float64)
        self.column.append(columns)
        self.value.append(values)
        self.start.append(self.start[-1] + columns.size)
        self.row_lower.append(lower - SLACK)
        self.row_upper.append(upper + SLACK)

    def few(self, terms: list[tuple[int, float]], lower: float, upper: float) -> None:
        """A row of few terms (column, value)."""
        columns = np.array([t[0] for t in terms], np.int64)
        self.row(columns, np.array([t[1] for t in terms], np.float64), lower, upper)
