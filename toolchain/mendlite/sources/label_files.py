"""Labels from a file beside the samples, and class names by index."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.array_rows import npy_head, npy_rows, npz_heads, npz_rows
from mendlite.reading.limited import shown
from mendlite.sources.arrays import require_rows
from mendlite.sources.bounds import require_loadable
from mendlite.sources.choosing import LABEL_NAMES, label_name
from mendlite.sources.folder import FileSet, order_is_clear
from mendlite.sources.source import Labels, Rows
from mendlite.sources.text_lists import label_values, names_among, read_cells, read_lines

SUFFIXES = (".npy", ".npz", ".txt", ".csv", ".tsv")
"""Files of labels."""


def labels_in_order(path: Path) -> Labels:
    """One label a sample, in the samples' order, from a ``.npy``, ``.npz``, text or table.

    Raises BadInputError for another file, and for a table of several columns.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _of_array(path)
    if suffix == ".npz":
        return _of_archive(path)
    if suffix == ".txt":
        return _of_values(path, label_values(shown(path), read_lines(path)))
    if suffix in (".csv", ".tsv"):
        return _of_values(path, _column(path, read_cells(path)))
    raise BadInputError(f"{shown(path)}: labels are read from {', '.join(SUFFIXES)}")


def _of_array(path: Path) -> Labels:
    head = npy_head(path)
    require_rows(shown(path), head)

    def read(rows: Rows) -> NDArray[Any]:
        require_loadable(shown(path), len(rows), head.shape[1:], head.dtype.itemsize)
        return npy_rows(path, head, rows)

    return Labels(count=head.shape[0], read=read, origin=shown(path.name), files=(path,))


def _of_archive(path: Path) -> Labels:
    heads = npz_heads(path)
    name = label_name(heads) or (next(iter(heads)) if len(heads) == 1 else None)
    if name is None:
        raise BadInputError(f"{shown(path)}: no array in it is called {LABEL_NAMES[0]}")
    require_rows(shown(path), heads[name])
    return Labels(
        count=heads[name].shape[0],
        read=lambda rows: npz_rows(path, name, rows),
        origin=f"array '{shown(name)}' of {shown(path.name)}",
        files=(path,),
    )


def _of_values(path: Path, values: NDArray[Any]) -> Labels:
    return Labels(
        count=len(values),
        read=lambda rows: values[rows],
        origin=shown(path.name),
        class_names=names_among(values),
        files=(path,),
    )


def _column(path: Path, rows: list[list[str]]) -> NDArray[Any]:
    """The labels of a table: its only column, or all where they are numbers."""
    rows = rows[1:] if _is_header(rows) else rows
    return _joined(
        path,
        rows,
        range(len(rows[0])),
        "{count} columns, not all of them numbers: labels are one column, or rows of numbers",
    )


def _joined(
    path: Path, rows: Sequence[Sequence[str]], columns: Sequence[int], wrong: str
) -> NDArray[Any]:
    """The labels in one column [n], or the numbers of several [n, columns].

    Raises BadInputError with ``wrong``, where {count} is their number, for several with text.
    """
    values = [label_values(shown(path), [row[i] for row in rows]) for i in columns]
    if len(values) == 1:
        return values[0]
    if any(column.dtype.kind == "U" for column in values):
        raise BadInputError(f"{shown(path)}: {wrong.format(count=len(values))}")
    return np.stack(values, axis=1)


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row holds a usual name, or text above numbers."""
    if any(cell.lower() in LABEL_NAMES for cell in rows[0]):
        return True
    kinds = [[label_values("", [cell]).dtype.kind for cell in row] for row in rows[:2]]
    return len(kinds) > 1 and "U" in kinds[0] and "U" not in kinds[1]


def labels_by_file(path: Path, file_set: FileSet) -> tuple[FileSet, Labels] | None:
    """The files that a list names, with their labels; None where it names none.

    Raises BadInputError for a list of which only some lines name a file.
    """
    rows = _pairs(path)
    names = _names(file_set)
    column = _file_column(rows, names)
    if column is None:
        return None
    header = rows[0] if rows[0][column] not in names else None
    body = rows if header is None else rows[1:]
    missing = [row[column] for row in body if row[column] not in names]
    if missing:
        raise BadInputError(
            f"{shown(path)}: {len(missing)} of its {len(body)} files are not in "
            f"{shown(file_set.folder)}, first {shown(missing[0])}"
        )
    chosen = [names[row[column]] for row in body]
    if len(set(chosen)) < len(chosen):
        raise BadInputError(f"{shown(path)}: a file is listed twice")
    values = _values_of(path, header, body, column)
    left = len(file_set.files) - len(chosen)
    files = tuple(file_set.files[place] for place in chosen)
    kept = FileSet(form=file_set.form, folder=file_set.folder, files=files, lists=file_set.lists,
                   left_out=file_set.left_out + left)  # fmt: skip
    return kept, _of_values(path, values)


def _pairs(path: Path) -> list[list[str]]:
    if path.suffix.lower() in (".csv", ".tsv"):
        return read_cells(path)
    lines = read_lines(path)
    mark = next((m for m in ("\t", ",", ";") if all(m in line for line in lines)), None)
    return [[cell.strip() for cell in line.split(mark, 1)] for line in lines]


def _names(file_set: FileSet) -> dict[str, int]:
    """Places of the files by their path in the folder, and by their name where it is unique."""
    paths = [os.path.relpath(path, file_set.folder) for path in file_set.files]
    plain = [path.name for path in file_set.files]
    names = {name: place for place, name in enumerate(plain) if plain.count(name) == 1} if (
        len(set(plain)) == len(plain)
    ) else {}  # fmt: skip
    return names | {name: place for place, name in enumerate(paths)}


def _file_column(rows: list[list[str]], names: Mapping[str, int]) -> int | None:
    """The column that names files, by the first rows."""
    for row in rows[:2]:
        for place, cell in enumerate(row):
            if cell in names and len(row) > 1:
                return place
    return None


def _values_of(
    path: Path, header: Sequence[str] | None, rows: Sequence[Sequence[str]], column: int
) -> NDArray[Any]:
    """The labels of a list: the column of that name, the other one, or all other numbers."""
    others = [i for i in range(len(rows[0])) if i != column]
    if header is not None and len(others) > 1:
        usual = [i for i in others if header[i].lower() in LABEL_NAMES]
        others = usual[:1] or others
    return _joined(
        path,
        rows,
        others,
        "which of its {count} columns is the label? call it label in the first line",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFiles:
    """Files with what is known of their labels."""

    file_set: FileSet
    labels: Labels | None
    class_names: tuple[str, ...] = ()


def label_files(file_set: FileSet, path: Path | None) -> LabelledFiles:
    """Labels of files: from a list that names them, or line by line in their order.

    ``path`` is the list that the user named; without one, labels.txt, labels.csv or the only table
    beside the samples is used. Raises BadInputError where the order of the files is not clear.
    """
    path = path or list_beside(file_set)
    if path is None:
        return LabelledFiles(file_set=file_set, labels=None)
    if path.suffix.lower() in (".txt", ".csv", ".tsv"):
        by_file = labels_by_file(path, file_set)
        if by_file is not None:
            return LabelledFiles(file_set=by_file[0], labels=by_file[1])
    labels = labels_in_order(path)
    if labels.count != len(file_set.files):
        raise BadInputError(
            f"{shown(path)} has {labels.count} labels, and there are {len(file_set.files)} samples "
            f"in {shown(file_set.folder)}: `labels` needs one a sample, or lines of file and "
            "label; names of classes are given by `classes`"
        )
    if not order_is_clear(file_set.files):
        raise BadInputError(
            f"{shown(path)} holds labels without file names, and the order of the files is not "
            "clear (does 10 come before 9?): write lines of file and label"
        )
    return LabelledFiles(file_set=file_set, labels=labels)


def list_beside(file_set: FileSet) -> Path | None:
    """The list of labels in the samples' folder, None where there is none.

    Raises BadInputError where two could be meant.
    """
    usual = [path for path in file_set.lists if path.stem.lower() in ("labels", "label")]
    tables = [path for path in file_set.lists if path.suffix.lower() in (".csv", ".tsv")]
    chosen = usual or tables
    if len(chosen) > 1:
        names = " or ".join(shown(path.name) for path in chosen)
        raise BadInputError(f"{shown(file_set.folder)}: {names}? name the file by `labels`")
    return chosen[0] if chosen else None
