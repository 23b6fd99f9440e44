"""Confusion matrices of classifiers, folded where there are too many classes to show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mendlite.case.validation import Evaluated
from mendlite.measure.classification import predictions
from mendlite.measure.task import OF_CLASSES
from mendlite.model.report_details import Confusion

MOST = 24
"""Classes that are shown; of more, those with the most errors, and all others as one."""

Classes = NDArray[np.int64]


def confusion(evaluated: Evaluated) -> Confusion | None:
    """The matrices of the validation samples; None for a task other than classification.

    Rows are the labels where there are any, else the float model's classes.
    """
    evaluator = evaluated.evaluator
    case, labels = evaluator.case, evaluator.tests.labels
    if case.task.kind not in OF_CLASSES:
        return None
    answers = [
        predictions(o.values) for o in (evaluator.teacher, evaluated.before, evaluated.after)
    ]
    truth = answers[0] if labels is None else labels.reshape(-1).astype(np.int64)
    classes = max(evaluated.before.values.shape[1], int(truth.max(initial=0)) + 1)
    shown = _shown(truth, answers, classes)
    place = np.full(classes, len(shown), np.int64)
    place[shown] = np.arange(len(shown))
    folded = len(shown) < classes
    matrices = [_counts(place[truth], place[each], len(shown) + folded) for each in answers]
    return Confusion(
        truth="float" if labels is None else "label",
        classes=classes,
        names=(*_names(case.class_names, shown), *(["others"] if folded else [])),
        float=matrices[0],
        before=matrices[1],
        after=matrices[2],
    )


def _shown(truth: Classes, answers: Sequence[Classes], classes: int) -> list[int]:
    """The classes that get a row of their own, rising."""
    if classes <= MOST:
        return list(range(classes))
    errors = np.zeros(classes, np.int64)
    for answer in answers:
        wrong = answer != truth
        errors += np.bincount(truth[wrong], minlength=classes)
        errors += np.bincount(answer[wrong], minlength=classes)
    order = np.argsort(-errors, kind="stable")[: MOST - 1]
    return sorted(order.tolist())


def _counts(rows: Classes, columns: Classes, size: int) -> tuple[tuple[int, ...], ...]:
    flat = np.bincount(rows * size + columns, minlength=size * size)
    return tuple(tuple(row) for row in flat.reshape(size, size).tolist())


def _names(names: Sequence[str], shown: Sequence[int]) -> list[str]:
    """Names of classes; the number of one without a name."""
    return [names[c] if c < len(names) else str(c) for c in shown]
