"""Outputs of the int8 and the repaired model against the float model's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.details.numbers import short, shorts
from mendlite.analysis.details.results import results
from mendlite.case.validation import Evaluated
from mendlite.measure.detection import Detection
from mendlite.measure.regression import Regression
from mendlite.model.report_details import Scatter

POINTS = 600
"""Points of a plot."""

OUTPUTS = 4
"""Outputs that get a plot of their own; of more, all values share one."""

Real = NDArray[np.float64]


def scatters(evaluated: Evaluated) -> tuple[Scatter, ...]:
    """A plot an output of a regression, one of a detector's scores; none for other tasks."""
    task = evaluated.evaluator.case.task
    if isinstance(task, Regression):
        return tuple(_outputs(evaluated, task.tolerance))
    if isinstance(task, Detection):
        heads = (evaluated.evaluator.teacher, evaluated.before, evaluated.after)
        scores = [each.head(task.scores).reshape(-1) for each in heads]
        largest = np.argsort(-np.max(scores, axis=0), kind="stable")[:POINTS]
        parts = [values[largest] for values in scores]
        return (_scatter("largest scores", scores[0].size, None, parts),)
    return ()


def _outputs(evaluated: Evaluated, tolerance: float) -> Iterator[Scatter]:
    case, teacher = evaluated.evaluator.case, evaluated.evaluator.teacher
    names = results(case, teacher).names
    values = [each.values for each in (teacher, evaluated.before, evaluated.after)]
    if len(names) > OUTPUTS:
        yield _thinned("all outputs", tolerance, [each.reshape(-1) for each in values])
        return
    for index, name in enumerate(names):
        yield _thinned(name, tolerance, [each[:, index] for each in values])


def _thinned(name: str, tolerance: float, models: list[Real]) -> Scatter:
    """At most POINTS values, drawn always alike."""
    total = models[0].size
    chosen = np.sort(np.random.default_rng(0).permutation(total)[:POINTS])
    return _scatter(name, total, tolerance, [values[chosen] for values in models])


def _scatter(name: str, total: int, tolerance: float | None, models: list[Real]) -> Scatter:
    return Scatter(
        name=name,
        samples=int(total),
        tolerance=None if tolerance is None else short(tolerance),
        float=shorts(models[0]),
        before=shorts(models[1]),
        after=shorts(models[2]),
    )
