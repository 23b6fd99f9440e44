"""Rows of a ``.csv`` or ``.tsv`` file, one after the other, of a bounded length."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import BinaryIO

from mendlite.errors import BadInputError
from mendlite.reading.limited import LONG_DATA, MEGABYTE, opened, shown
from mendlite.sources.text_lists import delimiter_of

LINE = 16 * MEGABYTE
"""Longest line in bytes."""

COLUMNS = 2**18
"""Most cells of a row: a grey image of 512 x 512 pixels."""

NUMBER = re.compile(r" *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *")
DECIMAL_COMMA = re.compile(r" *[+-]?\d+,\d+ *")


@contextmanager
def table_rows(path: Path) -> Iterator[Iterator[list[str]]]:
    """The rows of the table at ``path``; empty lines are left out.

    Raises BadInputError for a file that cannot be read, is no UTF-8 text, has a line of more than
    16 MB or 2^18 columns, or a quoted cell that is not closed.
    """
    with opened(path, LONG_DATA) as file:
        first = _line(path, file)
        file.seek(0)
        tabs = path.suffix.lower() == ".tsv"
        delimiter = "\t" if tabs else delimiter_of(_text(path, first))
        yield _rows(path, file, delimiter)


def _rows(path: Path, file: BinaryIO, delimiter: str) -> Iterator[list[str]]:
    limit = csv.field_size_limit(LINE)
    try:
        for row in csv.reader(
            _lines(path, file), delimiter=delimiter, strict=True, skipinitialspace=delimiter == " "
        ):
            if len(row) > COLUMNS:
                raise BadInputError(f"{shown(path)}: a row of more than {COLUMNS} columns")
            cells = row[:-1] if delimiter == " " and row and not row[-1] else row
            if any(cells):
                yield cells
    except csv.Error as error:
        raise BadInputError(f"{shown(path)}: no readable table: {error}") from None
    finally:
        csv.field_size_limit(limit)


def _lines(path: Path, file: BinaryIO) -> Iterator[str]:
    begin = True
    while line := _line(path, file):
        yield _text(path, line).lstrip("\ufeff" if begin else "")
        begin = False


def _line(path: Path, file: BinaryIO) -> bytes:
    line = file.readline(LINE + 1)
    if len(line) > LINE:
        raise BadInputError(f"{shown(path)}: a line of more than {LINE // MEGABYTE} MB")
    return line


def _text(path: Path, line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInputError(f"{shown(path)}: it is not UTF-8 text") from None


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, written with a point."""
    return NUMBER.fullmatch(cell) is not None


def numbers(where: str, cells: Sequence[str], columns: Sequence[str]) -> list[float]:
    """The cells as finite numbers; raises BadInputError that names the first that is none."""
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        values = []
    if values and all(map(isfinite, values)) and not any("_" in cell for cell in cells):
        return values
    for cell, column in zip(cells, columns, strict=True):
        if not is_number(cell) or not isfinite(float(cell)):
            raise BadInputError(f"{where}, column {shown(column)}: {_why(cell)}")
    raise ValueError("every cell is a number")


def _why(cell: str) -> str:
    if not cell.strip():
        return "the cell is empty"
    if DECIMAL_COMMA.fullmatch(cell):
        return f"'{shown(cell)}' has a decimal comma: write numbers with a point"
    return f"'{shown(cell)}' is no finite number"


def is_header(first: Sequence[str], second: Sequence[str] | None) -> bool:
    """Whether the first row names the columns: text above a number."""
    if second is None:
        return not any(map(is_number, first))
    pairs = zip(first, second, strict=False)
    return any(not is_number(a) and is_number(b) for a, b in pairs)
