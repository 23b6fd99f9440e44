"""Labels that do not belong to the samples or the model as they stand: what they look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from mendlite.measure.classification import predictions
from mendlite.reading.limited import shown
from mendlite.understanding.chance import is_chance
from mendlite.understanding.evidence import Trials, clearly_better, described, fills, percent, usual
from mendlite.understanding.graph import sample_shape
from mendlite.understanding.layouts import FIRST, LAST, SWAPPED, others
from mendlite.understanding.trial import Bench, Trial, attempt

LIKELY = 4
"""Ways of feeding on which other layouts and numberings are tried, those that fit best."""

BETTER = 0.1
"""By how much of the samples another numbering of the classes must be right to be named."""


def no_relation(bench: Bench, trials: Trials) -> str:
    """Why no way of feeding has to do with the labels, as far as it can be seen."""
    if any(t.good.inverted for t in trials) and bench.labels is not None:
        turned = [t for t in trials if t.good.inverted]
        best = max(usual(turned) or turned, key=lambda t: fills(t.fit))
        return (
            f"the labels are the opposite of the reference model's outputs, fed {best.words}: 1 "
            "must be the class that the model finds: check the `labels`, or give the `classes` in "
            "the order of 0 and 1"
        )
    likely = sorted(usual(trials), key=lambda t: (t.good.strained, t.fit.away))
    for find in (other_layout, other_numbering):
        for trial in likely[:LIKELY]:
            if reason := find(bench, trial):
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


def other_layout(bench: Bench, trial: Trial) -> str:
    """A sentence where the samples are plainly stored with their axes in another order, else ""."""
    if len(bench.arrays) != 1 or trial.good.losses is None:
        return ""
    rule, shape = trial.feeding.rules[0], sample_shape(bench.model, bench.model.inputs[0])
    for layout in others(shape) if not rule.transpose else ():
        moved = msgspec.structs.replace(rule, transpose=list(layout.transpose))
        other = attempt(bench, replace(trial.feeding, rules=(moved,)))
        if other is None or other.good.chance:
            continue
        if clearly_better(other, trial) and _gain(other, trial) >= BETTER:
            return (
                f"the samples seem to be {layout.words}: the reference model does much better "
                f"then, {_done(other)} against {_done(trial)} as stored, fed {trial.words}: set "
                f"`layout` to {NAMES[layout.words]}"
            )
    return ""


NAMES = {FIRST: "nchw", LAST: "nhwc", SWAPPED: "swapped"}


def _gain(other: Trial, trial: Trial) -> float:
    if other.good.accuracy is not None and trial.good.accuracy is not None:
        return other.good.accuracy - trial.good.accuracy
    return trial.good.loss - other.good.loss


def _done(trial: Trial) -> str:
    if trial.good.accuracy is not None:
        return f"accuracy {percent(trial.good.accuracy)}"
    return f"relative squared error {trial.good.loss:.3g}"


def other_numbering(bench: Bench, trial: Trial) -> str:
    """A sentence where the classes are plainly numbered otherwise than the model's, else ""."""
    labels = bench.test_labels
    if bench.task.kind != "classification" or labels is None:
        return ""
    classes, width = predictions(trial.outputs.values), trial.outputs.values.shape[1]
    half = np.random.default_rng(0).permutation(len(labels)) % 2 == 0
    renamed = best_numbering(labels[half], classes[half], width)
    before = labels[~half] == classes[~half]
    after = renamed[labels[~half]] == classes[~half]
    gained = float(after.mean() - before.mean())
    if gained < BETTER or is_chance(renamed[labels[~half]], classes[~half]):
        return ""
    if np.count_nonzero(after & ~before) < 3 * np.count_nonzero(before & ~after) + 5:
        return ""
    whole = best_numbering(labels, classes, width)
    return _sentence(bench, whole, (float(before.mean()), float(after.mean())), trial)


def best_numbering(
    labels: NDArray[np.int64], classes: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """The class index i64[width] of each label under which most predictions are right."""
    from scipy.optimize import linear_sum_assignment

    table = np.zeros((width, width))
    np.add.at(table, (labels, classes), 1)
    # Of classes that nothing decides, each keeps its number.
    _, numbering = linear_sum_assignment(table + 1e-3 * np.eye(width), maximize=True)
    return np.asarray(numbering, np.int64)


def _sentence(
    bench: Bench,
    renamed: NDArray[np.int64],
    shares: tuple[float, float],
    trial: Trial,
) -> str:
    used = np.unique(np.asarray(bench.labels, np.int64))
    steps = set((renamed[used] - used).tolist())
    right = (
        f"right for {percent(shares[0])} of the labels as numbered, and for {percent(shares[1])}"
    )
    if len(steps) == 1:
        (step,) = steps
        return (
            f"the labels are off by {abs(step)}: the reference model, fed {trial.words}, is "
            f"{right} with `label_offset` {step:+d}: set it"
        )
    if len({(renamed[c] - c) % len(renamed) for c in used.tolist()}) == 1:
        step = int(renamed[used[0]] - used[0]) % len(renamed)
        return (
            f"the labels are off by {min(step, len(renamed) - step)}, the last class taken for the "
            f"first: the reference model, fed {trial.words}, is {right} moved by it: number the "
            "`labels` as the model does"
        )
    return (
        f"the classes are in another order than the model's: the reference model, fed "
        f"{trial.words}, is {right} with {_moves(bench.names, used, renamed)}: give the "
        "`classes` in the model's order"
    )


def _moves(names: Sequence[str], used: NDArray[np.int64], renamed: NDArray[np.int64]) -> str:
    moved = [
        f"{shown(names[c]) if c < len(names) else c} as {renamed[c]}"
        for c in used.tolist()
        if renamed[c] != c
    ]
    return ", ".join(moved[:6]) + (", ..." if len(moved) > 6 else "")
