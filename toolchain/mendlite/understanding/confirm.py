"""A chosen way of feeding, held against what else is known; a stop, or a line for the user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import NotSureError
from mendlite.measure.classification import predictions
from mendlite.measure.multi_label import MultiLabel
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import OF_CLASSES
from mendlite.understanding.asked import Asked
from mendlite.understanding.chance import is_chance
from mendlite.understanding.evidence import (
    CLIPS,
    LITTLE,
    Trials,
    clearly_better,
    described,
    percent,
)
from mendlite.understanding.goodness import RELATED, relation
from mendlite.understanding.mismatch import other_layout, other_numbering
from mendlite.understanding.trial import Bench, Trial

SURER = 0.4
"""By how much a model's mean certainty may exceed its accuracy: modern ones reach 0.2."""

RIGHT = 0.9
"""Accuracy from which neither another layout nor another numbering is tried."""

FEW = 100
"""Samples below which figures are rough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The share of samples on which the models agree (None: one model), and lines for the user."""

    agreement: float | None
    notes: tuple[str, ...]


def confirm(bench: Bench, chosen: Trial, others: Trials, asked: Asked, total: int) -> Confirmed:
    """Raises NotSureError where labels, another feeding or the int8 model contradict the choice.

    ``others`` are trials of feedings that the user ruled out by choosing one.
    """
    for find in (other_layout, other_numbering):
        if (chosen.good.accuracy or 0.0) < RIGHT and (reason := find(bench, chosen)):
            raise NotSureError(reason)
    _require_upright(bench, chosen)
    _require_best(chosen, others)
    if not asked.feeding:
        _require_plausible(chosen)
    agreement, alike = _compared(bench, chosen)
    if not alike and not bench.witnessed and not asked.feeding:
        raise NotSureError(
            f"the two models agree by no more than chance ({percent(agreement)}) when the samples "
            f"are fed {chosen.words}, and there are no labels to show which of them is wrong: "
            "state how they are fed, `subtract` and `multiply`, or give `labels`"
        )
    return Confirmed(agreement=agreement, notes=tuple(_notes(chosen, alike=alike, total=total)))


def _require_upright(bench: Bench, chosen: Trial) -> None:
    """Raise NotSureError where anomalies by the labels are reconstructed best."""
    auc = chosen.good.auc
    if auc is None or bench.labels is None:
        return
    fewest = min(np.count_nonzero(bench.labels > 0), np.count_nonzero(bench.labels <= 0))
    # The deviation of an AUC by chance is at most 1 / sqrt(12 * the smaller class) or so.
    if auc < 0.5 - RELATED / np.sqrt(12 * max(fewest, 1)):
        raise NotSureError(
            f"samples labelled 1 are reconstructed better than the rest (AUC {auc:.2f}): 1 must "
            "mark an anomaly: turn the `labels` round"
        )


def _require_best(chosen: Trial, others: Trials) -> None:
    better = [t for t in others if clearly_better(t, chosen) and _much_better(t, chosen)]
    if better:
        best = min(better, key=lambda t: t.good.loss)
        raise NotSureError(
            f"fed as you state, {described(chosen)}, the reference model does much worse than fed "
            f"{described(best)}: check `subtract`, `multiply` and `layout`, or leave them out"
        )


def _much_better(trial: Trial, chosen: Trial) -> bool:
    a, b = trial.good.accuracy, chosen.good.accuracy
    if a is not None and b is not None:
        return a > b + 0.05
    return trial.good.loss < 0.7 * chosen.good.loss


def _require_plausible(chosen: Trial) -> None:
    sure, accuracy = chosen.good.sure, chosen.good.accuracy
    if sure is None or accuracy is None or sure - accuracy <= SURER:
        return
    raise NotSureError(
        f"the reference model is right for {percent(accuracy)} of the samples fed "
        f"{described(chosen)}, but {percent(sure)} sure of its classes: it was probably trained on "
        "samples fed otherwise: state `subtract` and `multiply`, and check `layout` and `labels`"
    )


def _compared(bench: Bench, chosen: Trial) -> tuple[float | None, bool]:
    """The share of passing tests, and whether the models agree by more than chance."""
    if bench.alone:
        return None, True
    other = bench.outputs(bench.quantized, chosen.feeding)
    share = 1 - float(np.mean(bench.task.failing(chosen.outputs, other)))
    return share, _related(bench, chosen.outputs, other)


def _related(bench: Bench, first: Outputs, second: Outputs) -> bool:
    if bench.task.kind in OF_CLASSES:
        return not is_chance(predictions(first.values), predictions(second.values))
    a, b = first.values, second.values
    if isinstance(bench.task, MultiLabel):
        a, b = _probability(a), _probability(b)
    return relation(a, b) >= RELATED


def _probability(values: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(values, -60, 60)
    shares: NDArray[np.float64] = 1 / (1 + np.exp(-clipped))
    return shares


def _notes(chosen: Trial, *, alike: bool, total: int) -> list[str]:
    """What the user should know of a choice that stands."""
    notes, fit = [], chosen.fit
    if fit.clipped is not None and fit.clipped > CLIPS:
        notes.append(
            f"note: {percent(fit.clipped)} of the values lie outside the int8 input's range; if "
            "the samples are fed rightly, its calibration saw other data"
        )
    elif fit.used is not None and fit.used < LITTLE:
        notes.append(
            f"note: the samples use {percent(fit.used)} of the int8 input's range; if they are fed "
            "rightly, its calibration saw other data"
        )
    if not alike:
        notes.append("note: the two models agree by no more than chance: the int8 file is broken")
    if total < FEW:
        notes.append(f"note: {total} samples are few: figures are rough below {FEW}")
    return notes
