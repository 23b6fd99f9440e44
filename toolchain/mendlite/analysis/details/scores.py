"""Distributions of the scores that yes or no is decided from, and their ROC curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.details.numbers import counted, short, shorts
from mendlite.analysis.details.results import results
from mendlite.case.validation import Evaluated
from mendlite.measure.autoencoder import Autoencoder, area_under_curve
from mendlite.measure.multi_label import MultiLabel
from mendlite.model.report_details import RocCurve, ScoreDistribution, ScoreSeries

BINS = 40
LABELS = 4
"""Labels of a multi-label model that get a plot."""

POINTS = 120
"""Points of a ROC curve."""

WIDE = 50.0
"""Largest over smallest score from which bins are of its logarithm."""

MODELS = ("float", "int8", "repaired")
Real = NDArray[np.float64]
Yes = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Score:
    """One score of the three models, f64[n] each, and which samples' label is yes (None)."""

    name: str
    models: Sequence[Real]
    positive: Yes | None
    threshold: float | None
    limits: tuple[float, float] | None


def distributions(evaluated: Evaluated) -> tuple[ScoreDistribution, ...]:
    """Of an autoencoder, of the labels of a multi-label model, and of two classes."""
    return tuple(map(_distribution, _scores(evaluated)))


def _scores(evaluated: Evaluated) -> Iterator[_Score]:
    evaluator = evaluated.evaluator
    case, labels = evaluator.case, evaluator.tests.labels
    heads = (evaluator.teacher, evaluated.before, evaluated.after)
    models = [results(case, each) for each in heads]
    names = models[0].names
    if isinstance(case.task, Autoencoder):
        values = [each.values[:, 0] for each in models]
        positive = None if labels is None else labels.reshape(len(labels), -1)[:, 0] > 0
        yield _Score(name=names[0], models=values, positive=positive, threshold=None, limits=None)
    elif isinstance(case.task, MultiLabel):
        for index, name in enumerate(names[:LABELS]):
            values = [each.values[:, index] for each in models]
            positive = None if labels is None else labels.reshape(-1, len(names))[:, index] > 0
            yield _probability(name, values, positive, case.task.threshold)
    elif case.task.kind == "classification" and len(names) == 2:
        values = [each.values[:, 1] for each in models]
        yield _probability(names[1], values, None if labels is None else labels == 1, 0.5)


def _probability(name: str, models: list[Real], positive: Yes | None, threshold: float) -> _Score:
    return _Score(
        name=f"probability of {name}",
        models=models,
        positive=positive,
        threshold=threshold,
        limits=(0.0, 1.0),
    )


def _distribution(score: _Score) -> ScoreDistribution:
    low, high, log = _bins(score)
    kinds = [("", np.ones(score.models[0].size, bool))]
    if score.positive is not None:
        kinds = [("0", ~score.positive), ("1", score.positive)]
    series = []
    for model, values in zip(MODELS, score.models, strict=True):
        scaled = np.log10(np.maximum(values, 10.0**low)) if log else values
        series += [
            ScoreSeries(model=model, label=label, counts=counted(scaled[mask], low, high, BINS))
            for label, mask in kinds
        ]
    return ScoreDistribution(
        name=score.name,
        low=low,
        high=high,
        log=log,
        threshold=score.threshold,
        series=tuple(series),
        roc=tuple(_curves(score)),
    )


def _bins(score: _Score) -> tuple[float, float, bool]:
    """The ends of the bins, of the logarithm where the scores are of very different size."""
    if score.limits is not None:
        return *score.limits, False
    values = np.concatenate(list(score.models))
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if low > 0 and high / low > WIDE:
        return short(np.log10(low)), short(np.log10(high) + 1e-4), True
    return short(low), short(high) if high > low else short(low + 1), False


def _curves(score: _Score) -> Iterator[RocCurve]:
    """The ROC curve of each model; none without samples of both labels."""
    if score.positive is None:
        return
    for model, values in zip(MODELS, score.models, strict=True):
        area = area_under_curve(values, score.positive)
        if area is not None:
            yield _roc(model, values, score.positive, area)


def _roc(model: str, values: Real, positive: Yes, area: float) -> RocCurve:
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), values.size - 1)
    true = np.cumsum(positive[order])[ends] / np.count_nonzero(positive)
    false = np.cumsum(~positive[order])[ends] / np.count_nonzero(~positive)
    kept = np.unique(np.linspace(0, ends.size - 1, min(POINTS, ends.size)).astype(np.int64))
    return RocCurve(
        model=model,
        auc=short(area),
        false_positives=(0.0, *shorts(false[kept])),
        true_positives=(0.0, *shorts(true[kept])),
    )
