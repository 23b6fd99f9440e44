"""One table on a terminal or in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

Rows = Sequence[Sequence[str]]


def percent(share: float | None) -> str:
    """A share as a percentage, or a dash where there is none."""
    return "-" if share is None else f"{100 * share:.2f} %"


def show_table(
    title: str, header: Sequence[str], rows: Rows, stream: TextIO, *, words: int = 1
) -> None:
    """Print one table; the first ``words`` columns are text, the others are numbers."""
    from rich.console import Console
    from rich.table import Table

    # Without markup and emoji: "mendlite[ota]" and a name such as ":x:" are printed as they are.
    console = Console(
        file=stream, width=None if stream.isatty() else 110, highlight=False, markup=False,
        emoji=False,
    )  # fmt: skip
    table = Table(title=title, title_justify="left", title_style="bold")
    for column, name in enumerate(header):
        table.add_column(name, justify="left" if column < words else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
