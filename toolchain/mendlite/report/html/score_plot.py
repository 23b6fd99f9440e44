"""Distributions of a score, and ROC curves."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from mendlite.model.report_details import RocCurve, ScoreDistribution, ScoreSeries
from mendlite.report.html.axis import PlotAxis, below, beside
from mendlite.report.html.numbers import figure
from mendlite.report.html.svg import element, line, picture, text

WIDTH, LEFT, TOP, ROW = 400, 64, 14, 74
CLASSES = {"float": "float", "int8": "before", "repaired": "after"}
LABELS = {"": "", "0": "label 0", "1": "label 1"}


def score_plot(scores: ScoreDistribution) -> Markup:
    """A row a model; where there are labels, one outline a label."""
    axis = PlotAxis(low=scores.low, high=scores.high, start=LEFT, end=WIDTH - 10)
    models = list(dict.fromkeys(series.model for series in scores.series))
    bottom = TOP + ROW * len(models)
    name = f"{scores.name}, power of ten" if scores.log else scores.name
    parts = [below(axis, bottom, TOP, name)]
    if scores.threshold is not None:
        x = axis.at(scores.threshold)
        parts += [
            line(x, TOP, x, bottom, "threshold"),
            text(x + 3, 10, "threshold", "start", "tick"),
        ]
    for row, model in enumerate(models):
        base = TOP + (row + 1) * ROW
        parts.append(text(LEFT - 6, base - ROW / 2 + 4, model, "end", "tick"))
        own = [series for series in scores.series if series.model == model]
        most = max(max(series.counts) for series in own) or 1
        parts += [_outline(axis, series, base, most) for series in own]
        parts.append(line(LEFT, base, WIDTH - 10, base, "axis"))
    label = f"distribution of the {scores.name} of {', '.join(models)}"
    return picture(label, WIDTH, bottom + 36, *parts)


def _outline(axis: PlotAxis, series: ScoreSeries, base: float, most: int) -> Markup:
    width = (axis.high - axis.low) / len(series.counts)
    points = [f"{axis.start:.1f},{base:.1f}"]
    for index, number in enumerate(series.counts):
        y = base - number / most * (ROW - 8)
        ends = (axis.low + (index + edge) * width for edge in (0, 1))
        points += [f"{axis.at(end):.1f},{y:.1f}" for end in ends]
    points.append(f"{axis.end:.1f},{base:.1f}")
    note = element("title", f"{series.model} {LABELS.get(series.label, '')}: {sum(series.counts)}")
    kind = "anomalous" if series.label == "1" else "plain"
    class_ = f"outline {kind} {CLASSES.get(series.model, 'float')}"
    return element("polygon", note, points=" ".join(points), class_=class_)


def roc_plot(curves: Sequence[RocCurve]) -> Markup:
    """Share of label 1 that is found against share of label 0 that is taken for it."""
    across = PlotAxis(low=0, high=1, start=48, end=WIDTH - 12)
    up = PlotAxis(low=0, high=1, start=316, end=26)
    parts = [
        below(across, 316, 26, "false-positive share"),
        beside(up, 48, WIDTH - 12, "true-positive share"),
        line(across.start, up.start, across.end, up.end, "diagonal"),
    ]
    for curve in curves:
        pairs = zip(curve.false_positives, curve.true_positives, strict=True)
        points = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in pairs)
        class_ = f"roc {CLASSES.get(curve.model, 'float')}"
        parts.append(element("polyline", points=points, class_=class_))
    areas = ", ".join(f"{curve.model} {figure(curve.auc, 4)}" for curve in curves)
    return picture(f"ROC curves, area: {areas}", WIDTH, 352, *parts)
