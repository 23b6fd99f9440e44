"""Elements of inline SVG. Every text and attribute is escaped: names come from files."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

Value = str | float | int | None


def element(name: str, *children: str, **attributes: Value) -> Markup:
    """One element. Children that are plain strings are escaped; None leaves an attribute out.

    ``class_`` is written as class, and every other underscore of an attribute as a dash.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _written(value))
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(map(escape, children))
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inner)  # noqa: S704 - ours


def _written(value: Value) -> str:
    """A number with at most two digits behind the point, a text as it is."""
    if isinstance(value, str) or value is None:
        return value or ""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def picture(
    label: str, width: float, height: float, *children: str, class_: str = "plot"
) -> Markup:
    """A whole picture with the text that stands for it where it is not seen."""
    return element(
        "svg",
        *children,
        class_=class_,
        role="img",
        aria_label=label,
        viewBox=f"0 0 {_written(width)} {_written(height)}",
        preserveAspectRatio="xMinYMin meet",
    )


def text(x: float, y: float, words: str, anchor: str = "start", class_: str = "") -> Markup:
    """A line of text; ``anchor`` is the end that lies at ``x``: start, middle or end."""
    return element("text", words, x=x, y=y, text_anchor=anchor, class_=class_ or None)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle's upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


def box(area: Rectangle, class_: str, note: str = "", **more: Value) -> Markup:
    """A rectangle; ``note`` appears under the mouse."""
    notes = (element("title", note),) if note else ()
    sizes = {"x": area.x, "y": area.y, "width": area.width, "height": area.height}
    return element("rect", *notes, **sizes, class_=class_, **more)
