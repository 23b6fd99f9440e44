"""The pages of the flash that the patch touches: a square a page, dark where much is changed."""

from __future__ import annotations

from math import ceil, log

from markupsafe import Markup

from mendlite.model.report_details import FlashMap
from mendlite.report.html.numbers import count
from mendlite.report.html.svg import Rectangle, box, picture

WIDTH, SQUARE, GAP = 640, 18, 3
MOST = 2048
"""Squares of a map; of a larger file a square is several pages."""


def flash_plot(flash: FlashMap, page_bytes: int) -> Markup:
    """The map of one file that begins at the beginning of a page."""
    pages = ceil(flash.file_bytes / page_bytes)
    group = max(1, ceil(pages / MOST))
    touched = flash.pages(page_bytes * group)
    squares = ceil(pages / group)
    across = (WIDTH + GAP) // (SQUARE + GAP)
    parts = [
        _square(index, across, touched.get(index, 0), page_bytes * group)
        for index in range(squares)
    ]
    rows = ceil(squares / across)
    label = f"{len(flash.pages(page_bytes))} of {pages} pages of {page_bytes} bytes are touched"
    return picture(label, WIDTH, rows * (SQUARE + GAP), *parts, class_="plot flash")


def _square(index: int, across: int, changed: int, page_bytes: int) -> Markup:
    row, column = divmod(index, across)
    note = f"bytes {count(index * page_bytes)} to {count((index + 1) * page_bytes - 1)}: "
    note += f"{count(changed)} changed"
    part = log(1 + changed) / log(1 + page_bytes)
    side, x, y = SQUARE - 1, column * (SQUARE + GAP), row * (SQUARE + GAP)
    return box(
        Rectangle(x + 0.5, y + 0.5, side, side),
        "page touched" if changed else "page",
        note,
        fill_opacity=0.3 + 0.7 * part if changed else None,
    )
