"""Tables: the numbers of a row are a sample, one column may be its label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown
from mendlite.sources.bounds import SAMPLES, require_loadable
from mendlite.sources.choosing import LABEL_NAMES
from mendlite.sources.delimited import is_header, is_number, numbers, table_rows
from mendlite.sources.source import Arrays, Labels, Rows
from mendlite.sources.spec import DataSpec
from mendlite.sources.text_lists import label_values, names_among

LISTED = 20
"""Columns that an error lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a table: names, and which are the sample and which the label."""

    header: bool
    names: tuple[str, ...]
    inputs: tuple[int, ...]
    label: int | None

    def label_of(self, row: Sequence[str]) -> str:
        """The label's cell."""
        return "" if self.label is None else row[self.label].strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFiles:
    """One table or several with the same columns, one behind the other."""

    files: tuple[Path, ...]
    columns: Columns
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """One input without a name."""
        return ("",)

    def read(self, rows: Rows) -> tuple[Arrays, str]:
        """The numbers of the rows, f64[n, columns]."""
        width = len(self.columns.inputs)
        require_loadable(shown(self.files[0]), len(rows), (width,), 8)
        values = np.empty((len(rows), width))
        places: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault(int(row), []).append(place)
        last = int(rows.max())
        for number, where, cells in samples_in(self.files, self.columns):
            if number in places:
                values[places[number]] = self._numbers(where, cells)
            if number == last:
                break
        return (values,), f"{len(rows)} rows of {width} columns"

    def _numbers(self, where: str, row: Sequence[str]) -> list[float]:
        cells = [row[i] for i in self.columns.inputs]
        return numbers(where, cells, [self.columns.names[i] for i in self.columns.inputs])


def samples_in(files: Sequence[Path], columns: Columns) -> Iterator[tuple[int, str, list[str]]]:
    """(number of the sample, its place in words, cells) of every row behind the headers.

    Raises BadInputError for a row of another number of columns.
    """
    number = 0
    for path in files:
        with table_rows(path) as rows:
            for line, row in enumerate(rows):
                if line == 0 and columns.header:
                    if tuple(cell.strip() for cell in row) != columns.names:
                        raise BadInputError(
                            f"{shown(path)}: its columns are not those of {shown(files[0])}"
                        )
                    continue
                where = f"{shown(path)}: row {line + 1}"
                if len(row) != len(columns.names):
                    raise BadInputError(
                        f"{where} has {len(row)} columns, the first one {len(columns.names)}"
                    )
                yield number, where, row
                number += 1
                if number > SAMPLES:
                    raise BadInputError(f"{shown(path)}: more than {SAMPLES} rows")


def open_table(paths: Sequence[Path], spec: DataSpec) -> tuple[TableFiles, Labels | None]:
    """Samples in tables; raises BadInputError for columns that are not what the samples need."""
    columns = find_columns(paths[0], spec)
    count, labels = 0, []
    for _, _, row in samples_in(paths, columns):
        count += 1
        if columns.label is not None:
            labels.append(columns.label_of(row))
    reader = TableFiles(files=tuple(paths), columns=columns, count=count)
    if columns.label is None:
        return reader, None
    name = columns.names[columns.label]
    values = label_values(f"{shown(paths[0])}, column {shown(name)}", labels)
    return reader, Labels(
        count=count, read=lambda rows: values[rows], origin=f"column '{shown(name)}'",
        class_names=names_among(values),
    )  # fmt: skip


def find_columns(path: Path, spec: DataSpec) -> Columns:
    """Which columns are the sample and which one is the label, from the first two rows."""
    with table_rows(path) as rows:
        first, second = next(rows, None), next(rows, None)
    if first is None:
        raise BadInputError(f"{shown(path)}: the table is empty")
    if second is not None and len(second) != len(first):
        raise BadInputError(
            f"{shown(path)}: row 2 has {len(second)} columns, the first one {len(first)}"
        )
    header = is_header(first, second)
    names = tuple(c.strip() for c in first) if header else tuple(map(str, range(len(first))))
    cells = (second or first) if header else first
    label, usual = _label(names, cells, spec), _usual(names, spec)
    inputs = tuple(_place(path, names, name, "columns") for name in spec.columns) or tuple(
        i for i in range(len(names)) if i not in (label, usual)
    )
    if not inputs or label in inputs:
        raise BadInputError(f"{shown(path)}: no column is left for the samples: {listed(names)}")
    if second is not None or not header:
        _require_numbers(path, names, cells, inputs)
    return Columns(header=header, names=names, inputs=inputs, label=label)


def _usual(names: Sequence[str], spec: DataSpec) -> int | None:
    """The column with a usual name of labels; y beside z is an axis."""
    lower = [name.lower() for name in names]
    lower = ["" if name == "y" and "z" in lower else name for name in lower]
    usual = [lower.index(name) for name in LABEL_NAMES if name in lower]
    return usual[0] if usual and names[usual[0]] not in spec.columns else None


def _label(names: Sequence[str], cells: Sequence[str], spec: DataSpec) -> int | None:
    """The column of the labels: as named, by its usual name, or the only one of text."""
    usual = _usual(names, spec)
    if spec.labels or usual is not None:
        return _find(names, spec.labels) if spec.labels else usual
    chosen = {_find(names, name) for name in spec.columns}
    text = [i for i, cell in enumerate(cells) if not is_number(cell) and i not in chosen]
    return text[0] if len(text) == 1 and cells[text[0]].strip() and not spec.columns else None


def _find(names: Sequence[str], name: str) -> int | None:
    """The place of a column by its name or, counted from 0 or from the end (-1), its number."""
    if name in names:
        return names.index(name)
    number = name.removeprefix("-")
    if number.isdigit() and number.isascii() and len(number) < 9:
        place = int(name) + (len(names) if name.startswith("-") else 0)
        return place if 0 <= place < len(names) else None
    return None


def _place(path: Path, names: Sequence[str], name: str, parameter: str) -> int:
    place = _find(names, name)
    if place is None:
        raise BadInputError(
            f"{shown(path)}: there is no column '{shown(name)}' (`{parameter}`): {listed(names)}"
        )
    return place


def _require_numbers(
    path: Path, names: Sequence[str], cells: Sequence[str], inputs: Sequence[int]
) -> None:
    """Raise BadInputError for columns of text, and for one that looks like a row number."""
    for place in inputs:
        if not names[place]:
            raise BadInputError(
                f"{shown(path)}: column {place} has no name, as a row number would: choose the "
                f"`columns` of the samples: {listed(names)}"
            )
    where = f"{shown(path)}: the first row"
    try:
        numbers(where, [cells[i] for i in inputs], [names[i] for i in inputs])
    except BadInputError as error:
        raise BadInputError(f"{error}; `columns` chooses others, `labels` the label") from None


def listed(names: Sequence[str]) -> str:
    """The columns' names."""
    some = ", ".join(shown(name) or "''" for name in names[:LISTED])
    return f"{len(names)} columns: {some}{', ...' if len(names) > LISTED else ''}"
