"""One confusion matrix, dark where many samples are; errors in another colour than the diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from markupsafe import Markup

from mendlite.report.html.svg import Rectangle, box, element, picture, text

WIDTH, LEFT, TOP = 400, 78, 16
LETTERS = 11
"""Characters of a class's name that fit beside a matrix."""

WITH_COUNTS = 14
"""Classes of a matrix whose cells have room for numbers."""


def confusion_plot(
    title: str, matrix: Sequence[Sequence[int]], names: Sequence[str], truth: str
) -> Markup:
    """A matrix with the true classes as rows."""
    size = len(names)
    cell = (WIDTH - LEFT - 2) / size
    rows = [max(sum(row), 1) for row in matrix]
    worst = max((n / rows[r] for r, row in enumerate(matrix) for c, n in enumerate(row) if r != c),
                default=0.0)  # fmt: skip
    parts = [text(LEFT, 11, "the model's class", "start", "name")]
    for r, row in enumerate(matrix):
        middle = TOP + (r + 0.5) * cell
        parts.append(text(LEFT - 5, middle + 4, _short(names[r]), "end", "tick"))
        for c, number in enumerate(row):
            if number:
                part = number / rows[r] if r == c else number / rows[r] / worst
                note = f"{truth} {names[r]}, model {names[c]}: {number}"
                parts.append(
                    _cell(
                        Rectangle(LEFT + c * cell, TOP + r * cell, cell, cell), r == c, part, note
                    )
                )
                if size <= WITH_COUNTS:
                    parts.append(_count(LEFT + (c + 0.5) * cell, middle, number, part))
    bottom = TOP + size * cell
    parts.append(box(Rectangle(LEFT, TOP, size * cell, size * cell), "frame"))
    parts += [_below(LEFT + (c + 0.5) * cell, bottom + 8, _short(n)) for c, n in enumerate(names)]
    right = sum(matrix[i][i] for i in range(size))
    total = sum(map(sum, matrix))
    below = 16 + 5.5 * max(len(_short(name)) for name in names)
    return picture(f"{title}: {right} of {total} on the diagonal", WIDTH, bottom + below, *parts)


def _cell(area: Rectangle, diagonal: bool, part: float, note: str) -> Markup:
    class_ = "right" if diagonal else "wrong"
    return box(area, class_, note, fill_opacity=0.12 + 0.88 * sqrt(min(part, 1.0)))


def _count(x: float, y: float, number: int, part: float) -> Markup:
    dark = sqrt(min(part, 1.0)) > 0.55
    return text(x, y + 4, str(number), "middle", "count on-dark" if dark else "count")


def _below(x: float, y: float, name: str) -> Markup:
    """A name that runs down, so that long ones do not meet."""
    place = f"rotate(-60 {x:.1f} {y:.1f})"
    return element("text", name, x=x, y=y, text_anchor="end", transform=place, class_="tick")


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
