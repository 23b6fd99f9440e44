"""One table on a terminal or in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO

from mendlite.report.screen import console_of, width_of

Rows = Sequence[Sequence[str]]

AROUND = 3
"""Columns that a cell takes beside its text: a space on each side, and a line."""


def percent(share: float | None) -> str:
    """A share as a percentage, or a dash where there is none."""
    return "-" if share is None else f"{100 * share:.2f} %"


def show_table(
    title: str,
    header: Sequence[str],
    rows: Rows,
    stream: TextIO,
    *,
    words: int = 1,
    narrow: bool = False,
) -> None:
    """Print one table; the first ``words`` columns are text, the others are numbers.

    ``narrow``: with fewer lines between the cells.
    """
    from rich import box
    from rich.table import Table

    form: dict[str, Any] = {"box": box.SIMPLE_HEAD, "show_edge": False} if narrow else {}
    table = Table(title=title, title_justify="left", title_style="bold", **form)
    for column, name in enumerate(header):
        table.add_column(name, justify="left" if column < words else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console_of(stream).print(table)


def show_table_or_turned(title: str, header: Sequence[str], rows: Rows, stream: TextIO) -> None:
    """Print a table; where the stream is too narrow for it, with a row for each of its columns."""
    columns = list(zip(header, *rows, strict=True))
    needed = 1 + sum(max(map(len, column)) + AROUND for column in columns)
    if needed <= width_of(stream):
        show_table(title, header, rows, stream)
    else:
        show_table(title, columns[0], columns[1:], stream, narrow=True)
