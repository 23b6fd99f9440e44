"""What ``report.html`` shows beyond ``report.json``: samples, plots, layers, pages of flash.

The values of ``details.json`` (docs/SPEC.md, "The report page"). Everything is bounded: pictures in
size and number, plots in points, layers and tensors in number. Where something was left out, the
total is kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

FORMAT, SCHEMA = "mendlite-report-details", 1

BLOCK = 256
"""Bytes of the file that ``FlashMap`` counts together: pages are multiples of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Which class the rows' samples are given by the float, the int8 and the repaired model.

    ``truth`` says what the rows are: "label" or "float". ``names`` are the classes of rows and
    columns; the last one is "others" where ``classes`` in all are too many to show. The matrices
    [row][column] count validation samples.
    """

    truth: str
    classes: int
    names: tuple[str, ...]
    float: tuple[tuple[int, ...], ...]
    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashMap:
    """The bytes of the file that the patch changes, by blocks of BLOCK bytes.

    ``changed`` are (block, bytes) of blocks with a changed byte, rising.
    """

    file_bytes: int
    changed: tuple[tuple[int, int], ...]

    def pages(self, page_bytes: int) -> dict[int, int]:
        """Changed bytes by page of ``page_bytes``, a multiple of BLOCK, of pages with one."""
        found: dict[int, int] = {}
        for block, count in self.changed:
            page = block * BLOCK // page_bytes
            found[page] = found.get(page, 0) + count
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDetails:
    """``details.json``. ``command`` is the command line of the repair, empty from Python.

    Parts are None or empty where the task, the samples or a lost float model leave nothing to show.
    """

    format: str
    schema: int
    command: str
    confusion: Confusion | None
    flash: FlashMap
