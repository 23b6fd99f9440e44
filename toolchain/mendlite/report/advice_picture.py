"""Bytes of a file against its failing tests, before and after a repair, as a picture."""

from __future__ import annotations

from io import BytesIO

from mendlite.model.advice import Advice
from mendlite.packages import load, missing

PICTURE = "advice.png"


def picture_lacks() -> str:
    """Why no picture can be drawn here, with what to install; empty where it can."""
    return missing("matplotlib", PICTURE)


def advice_png(advice: Advice) -> bytes:
    """A PNG with a point for each mix; raises MissingPackageError without matplotlib."""
    figure = load("matplotlib.figure", PICTURE).Figure(figsize=(7, 4), layout="constrained")
    load("matplotlib.backends.backend_agg", PICTURE).FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    mixes = sorted(advice.mixes, key=lambda mix: mix.bytes)
    sizes = [mix.bytes for mix in mixes]
    axes.plot(sizes, [mix.before.failing for mix in mixes], "o--", label="as quantized")
    repaired = [mix.repaired.failing for mix in mixes]
    axes.plot(sizes, repaired, "o-", label="repaired")
    for mix, failing in zip(mixes, repaired, strict=True):
        place = (mix.bytes, failing)
        axes.annotate(mix.name, place, textcoords="offset points", xytext=(4, 6))
    axes.axvline(advice.flash, color="grey", linestyle=":", label=f"flash {advice.flash:,}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("bytes of the file")
    axes.set_ylabel("failing tests")
    axes.set_title(f"{advice.target}: {advice.samples} held-out samples")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    stream = BytesIO()
    # Without a version and a date the same advice gives the same bytes.
    figure.savefig(stream, format="png", dpi=120, metadata={"Software": "mendlite"})
    return stream.getvalue()
