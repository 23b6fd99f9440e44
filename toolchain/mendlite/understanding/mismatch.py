"""Labels that do not belong to the samples or the model as they stand: what they look like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mendlite.measure.classification import predictions
from mendlite.reading.limited import shown
from mendlite.understanding.chance import is_chance
from mendlite.understanding.evidence import Trials, described, percent
from mendlite.understanding.trial import Bench, Trial

BETTER = 0.1
"""By how much of the samples another numbering of the classes must be right to be named."""


def no_relation(bench: Bench, trials: Trials) -> str:
    """Why no way of feeding has to do with the labels, as far as it can be seen."""
    if any(t.good.inverted for t in trials) and bench.labels is not None:
        best = min((t for t in trials if t.good.inverted), key=lambda t: t.good.loss)
        return (
            f"the labels are the opposite of the reference model's outputs, fed {best.words}: 1 "
            "must be the class that the model finds: check the `labels`"
        )
    for trial in sorted(trials, key=lambda t: -(t.good.sure or 0.0)):
        if reason := other_numbering(bench, trial):
            return reason
    best = min(trials, key=lambda t: (-(t.good.accuracy or 0.0), t.good.loss))
    if bench.labels is None:
        what, more = "its inputs", "or choose another `task` than autoencoder"
    else:
        what = "the labels"
        more = (
            "check the `labels` (their order, and that they are of this model), or leave them out"
        )
    return (
        f"the reference model's outputs have no more to do with {what} than chance, however "
        f"the {bench.count} samples are fed; the best way that was tried is {described(best)}: "
        f"state how they are fed, `subtract`, `multiply` and `layout`, {more}"
    )


def other_numbering(bench: Bench, trial: Trial) -> str:
    """A sentence where the classes are plainly numbered otherwise than the model's, else ""."""
    labels = bench.labels
    if bench.task.kind != "classification" or labels is None:
        return ""
    classes, width = predictions(trial.outputs.values), trial.outputs.values.shape[1]
    half = np.arange(len(labels)) % 2 == 0
    renamed = best_numbering(labels[half], classes[half], width)
    before = labels[~half] == classes[~half]
    after = renamed[labels[~half]] == classes[~half]
    gained = float(after.mean() - before.mean())
    if gained < BETTER or is_chance(renamed[labels[~half]], classes[~half]):
        return ""
    if np.count_nonzero(after & ~before) < 3 * np.count_nonzero(before & ~after) + 5:
        return ""
    whole = best_numbering(labels, classes, width)
    return _sentence(labels, whole, (float(before.mean()), float(after.mean())), trial)


def best_numbering(
    labels: NDArray[np.int64], classes: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """The class index i64[width] of each label under which most predictions are right."""
    from scipy.optimize import linear_sum_assignment

    table = np.zeros((width, width))
    np.add.at(table, (labels, classes), 1)
    # Of classes that nothing decides, each keeps its number.
    _, found = linear_sum_assignment(table + 1e-3 * np.eye(width), maximize=True)
    return np.asarray(found, np.int64)


def _sentence(
    labels: NDArray[np.int64],
    renamed: NDArray[np.int64],
    shares: tuple[float, float],
    trial: Trial,
) -> str:
    used = np.unique(labels)
    steps = set(((renamed[used] - used) % len(renamed)).tolist())
    right = (
        f"right for {percent(shares[0])} of the labels as numbered, and for {percent(shares[1])}"
    )
    if len(steps) == 1:
        (step,) = steps
        offset = step if step <= len(renamed) // 2 else step - len(renamed)
        return (
            f"the labels are off by one: the reference model, fed {trial.words}, is {right} with "
            f"`label_offset` {offset:+d}: set it, or number the labels as the model does"
            if abs(offset) == 1
            else f"the labels are off by {abs(offset)}: the reference model is {right} with "
            f"`label_offset` {offset:+d}"
        )
    return (
        f"the classes are in another order than the model's: the reference model, fed "
        f"{trial.words}, is {right} with {_moves(used, renamed)}: give the `classes` in the "
        "model's order"
    )


def _moves(used: NDArray[np.int64], renamed: Sequence[int] | NDArray[np.int64]) -> str:
    moved = [f"{c} as {renamed[c]}" for c in used.tolist() if renamed[c] != c]
    return shown(", ".join(moved[:6])) + (", ..." if len(moved) > 6 else "")
