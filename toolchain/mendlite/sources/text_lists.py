"""Text files that hold a label or a class name a line."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import TEXT, read_limited, shown

LONGEST = 1000
"""Most characters of a label."""

INDEX = re.compile(r"(\d{1,9})(?:\s*[:,]\s*|\s+)(\S.*)")
PLAIN = re.compile(r"[+-]?[\d.]+([eE][+-]?\d+)?")
WHOLE = re.compile(r"[+-]?\d{1,18}")


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, blanks at their ends and empty last lines left out.

    Raises BadInputError for a file that cannot be read, is no UTF-8, or holds an empty line between
    others.
    """
    try:
        text = read_limited(path, TEXT).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInputError(f"{shown(path)}: it is not UTF-8 text") from None
    lines = [line.strip() for line in text.rstrip().splitlines()]
    if not any(lines):
        raise BadInputError(f"{shown(path)}: the file is empty")
    if "" in lines:
        raise BadInputError(f"{shown(path)}: line {lines.index('') + 1} is empty")
    if any(len(line) > LONGEST for line in lines):
        raise BadInputError(f"{shown(path)}: a line of more than {LONGEST} characters")
    return lines


def read_class_names(path: Path) -> tuple[str, ...]:
    """The names of a file with one a line, in the order of the model's classes.

    Where every line begins with its own number (``0 cat``), the numbers are left out. Raises
    BadInputError for a name that stands twice.
    """
    lines = read_lines(path)
    parts = [INDEX.fullmatch(line) for line in lines]
    numbers = [int(part[1]) for part in parts if part]
    names = lines
    if numbers in (list(range(len(lines))), list(range(1, len(lines) + 1))):
        names = [part[2] for part in parts if part]
    return require_different(shown(path), names)


def require_different(where: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names; raises BadInputError for one that stands twice."""
    twice = (
        [name for name in names if names.count(name) > 1] if len(set(names)) < len(names) else []
    )
    if twice:
        raise BadInputError(f"{where}: class '{shown(twice[0])}' is named twice")
    return tuple(names)


def label_values(where: str, texts: Sequence[str]) -> NDArray[Any]:
    """i64[n] where every label is a whole number, f64[n] where it is a number, else text [n]."""
    if all(WHOLE.fullmatch(text) for text in texts):
        return np.array([int(text) for text in texts], np.int64)
    try:
        numbers = np.array([float(text) for text in texts])
    except ValueError:
        return np.array(texts, dtype=np.str_)
    if not np.isfinite(numbers).all():
        bad = int((~np.isfinite(numbers)).argmax())
        raise BadInputError(f"{where}: label {bad + 1} is {shown(texts[bad])}: no finite number")
    return numbers


def read_cells(path: Path) -> list[list[str]]:
    """The rows of a small ``.csv`` or ``.tsv``; raises BadInputError for what is none."""
    lines = read_lines(path)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else delimiter_of(lines[0])
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadInputError(f"{shown(path)}: no readable table: {error}") from None
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise BadInputError(
                f"{shown(path)}: line {number} has {len(row)} columns, the first one {len(rows[0])}"
            )
    return [[cell.strip() for cell in row] for row in rows]


def delimiter_of(line: str) -> str:
    """What divides the columns of this line: a tab, a semicolon, a comma, or blanks."""
    marks = [mark for mark in ("\t", ";", ",") if mark in line]
    parts = line.split()
    blanks = not marks and len(parts) > 1 and all(PLAIN.fullmatch(part) for part in parts)
    return marks[0] if marks else (" " if blanks else ",")


def names_among(values: NDArray[Any]) -> tuple[str, ...]:
    """The different labels of text, sorted; () for other labels."""
    return tuple(map(str, np.unique(values))) if values.dtype.kind == "U" else ()
