"""The curve of failing tests against bytes changed, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from mendlite.model.report import CurvePoint
from mendlite.packages import load, missing

CURVE = "curve.png"


def curve_lacks() -> str:
    """Why no curve can be drawn here, with what to install; empty where it can."""
    return missing("matplotlib", CURVE)


def curve_png(target: str, points: Sequence[CurvePoint]) -> bytes:
    """A PNG of the curve; bytes on a logarithmic axis that has room for zero.

    Raises MissingPackageError without matplotlib.
    """
    figure = load("matplotlib.figure", CURVE).Figure(figsize=(7, 4), layout="constrained")
    load("matplotlib.backends.backend_agg", CURVE).FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    start = [point for point in points if not point.kind]
    for kind in dict.fromkeys(point.kind for point in points if point.kind):
        own = [point for point in points if point.kind == kind]
        if kind == "repair":
            axes.plot([p.bytes for p in own], [p.failing for p in own], "*", ms=12, label=kind)
        else:
            line = [*start, *own]
            axes.plot([p.bytes for p in line], [p.failing for p in line], "o-", label=kind)
    axes.set_xscale("symlog", linthresh=16)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("bytes changed")
    axes.set_ylabel("failing tests")
    samples = points[0].samples if points else 0
    axes.set_title(f"{target}: {samples} selection samples")
    axes.grid(visible=True, alpha=0.3)
    if len(points) > len(start):
        axes.legend()
    stream = BytesIO()
    # Without a version and a date the same curve gives the same bytes.
    figure.savefig(stream, format="png", dpi=120, metadata={"Software": "mendlite"})
    return stream.getvalue()
