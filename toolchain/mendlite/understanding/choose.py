"""The way of feeding that the evidence shows; a stop where it shows none, or more than one.

With labels the reference model's own behaviour decides, and the int8 input's range is a second
witness: a range that was calibrated on other data must not pass for a wrong feeding. Without
labels the range decides, and real values are never rescaled on its word alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import NotSureError
from mendlite.understanding.chance import clearly_less
from mendlite.understanding.trial import Bench, Trial

CLIPS, MOSTLY = 0.02, 0.5
"""Shares of clipped values: from the first a rule does not fit the range, from the second it is
refused."""

FITS, LITTLE = 0.5, 0.2
"""Shares of the range that are used: from the first a rule fits, below the second it is refused."""

DECIDES = "`subtract` and `multiply`"

Trials = Sequence[Trial]


def range_fits(trial: Trial) -> bool:
    """Whether the real inputs fill the int8 input's range and hardly leave it."""
    if trial.used is None or trial.clipped is None:
        return False
    return trial.used >= FITS and trial.clipped <= CLIPS


def percent(share: float | None) -> str:
    """A share in per cent, "-" where there is none."""
    return "-" if share is None else f"{100 * share:.1f} %"


def described(trial: Trial) -> str:
    """The rule, and what speaks for and against it."""
    facts = []
    if trial.good.accuracy is not None:
        facts.append(f"accuracy {percent(trial.good.accuracy)}")
    elif trial.good.losses is not None:
        facts.append(f"relative squared error {trial.good.loss:.3g}")
    if trial.used is not None and trial.clipped is not None:
        facts.append(f"{percent(trial.used)} of the int8 input's range used")
        if trial.clipped > CLIPS:
            facts.append(f"{percent(trial.clipped)} of the values clipped")
    if trial.good.constant:
        facts.append("outputs constant")
    return f"{trial.words} ({', '.join(facts)})" if facts else trial.words


def distinct(bench: Bench, trials: Trials) -> list[Trial]:
    """The trials without those that give nearly the same real inputs as an earlier, better one."""
    kept: list[Trial] = []
    inputs: list[tuple[NDArray[np.float32], ...]] = []
    for trial in trials:
        real = bench.real(trial.feeding)
        if not any(_same(bench, real, other) for other in inputs):
            kept.append(trial)
            inputs.append(real)
    return kept


def _same(bench: Bench, a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]) -> bool:
    """Whether real inputs differ by no more than a step of the int8 input (or of 256 levels)."""
    for x, y, limits in zip(a, b, bench.ranges, strict=True):
        step = float(np.ptp(x)) / 256 if limits is None else limits.step
        if float(np.abs(x - y).max()) > 1.01 * step:
            return False
    return True


def choose(bench: Bench, trials: Trials) -> Trial:
    """The trial that the evidence shows; raises NotSureError, naming what decides it."""
    usable = [t for t in trials if not t.good.constant]
    if not usable:
        raise NotSureError(_constant(bench, trials))
    if any(t.good.losses is not None for t in usable):
        return _by_labels(bench, usable)
    return _by_range(bench, usable)


def _constant(bench: Bench, trials: Trials) -> str:
    kind = "the same class" if bench.task.kind == "classification" else "the same outputs"
    tried = ", ".join(dict.fromkeys(t.words for t in trials))
    return (
        f"the reference model gives {kind} for all of {bench.count} samples, whether they are fed "
        f"{tried}: state how they are fed, {DECIDES}, or give samples of more than one kind"
    )


def _by_labels(bench: Bench, trials: Trials) -> Trial:
    """The best by its losses, where it is clearly the best or the range agrees."""
    related = [t for t in trials if not t.good.chance and not t.good.inverted]
    if not related:
        raise NotSureError(_unrelated(bench, trials))
    ordered = sorted(related, key=lambda t: t.good.loss)
    fixed = [t for t in ordered if not t.feeding.fitted]
    best = ordered[0]
    rivals = [t for t in ordered[1:] if not _clearly_better(best, t)]
    if best.feeding.fitted and (alike := [t for t in rivals if t in fixed]):
        best = alike[0]
    rivals = [t for t in rivals if not t.feeding.fitted and t is not best]
    kept = [t for t in distinct(bench, [best, *rivals]) if t is not best]
    if not kept or (range_fits(best) and not any(range_fits(t) for t in kept)):
        return _plainest(bench, trials, best)
    raise NotSureError(_alike([best, *kept]))


def _plainest(bench: Bench, trials: Trials, best: Trial) -> Trial:
    """The first of the trials that give nearly the same real inputs."""
    real = bench.real(best.feeding)
    return next(t for t in trials if t is best or _same(bench, real, bench.real(t.feeding)))


def _clearly_better(best: Trial, other: Trial) -> bool:
    a, b = best.good.losses, other.good.losses
    return a is not None and b is not None and clearly_less(a, b)


def _unrelated(bench: Bench, trials: Trials) -> str:
    best = max(trials, key=lambda t: (t.good.accuracy or 0.0, -t.good.loss))
    return (
        f"the reference model's outputs have no more to do with the labels than chance, however "
        f"the {bench.count} samples are fed; the best of {len(trials)} ways is {described(best)}: "
        f"state how they are fed, {DECIDES}, look at the `labels`, or leave them out"
    )


def _alike(trials: Trials) -> str:
    listed = " and ".join(described(t) for t in trials[:3])
    return f"the samples may be fed in more than one way: {listed}: choose with {DECIDES}"


def _by_range(bench: Bench, trials: Trials) -> Trial:
    """The rule that fills the int8 input's range; of real values, only as they are stored."""
    alive = [t for t in trials if not t.good.saturated and not t.feeding.fitted]
    fitting = distinct(bench, sorted(filter(range_fits, alive), key=_distance))
    stored = next((t for t in alive if t.words == "as stored"), None)
    whole = any(a.dtype.kind in "iu" for a in bench.arrays)
    if len(fitting) == 1 and (whole or fitting[0] is stored):
        return fitting[0]
    if not whole and stored is not None and (stored in fitting or _only(stored, alive)):
        return stored
    raise NotSureError(_unclear(bench, trials, fitting))


def _only(stored: Trial, alive: Trials) -> bool:
    """Whether samples as stored are the only way that is not refused by the range."""
    if stored.used is None:
        return all(t is stored for t in alive)
    others = any(range_fits(t) for t in alive if t is not stored)
    return stored.used >= LITTLE and (stored.clipped or 0) <= CLIPS and not others


def _distance(trial: Trial) -> float:
    return -(trial.used or 0.0) + (trial.clipped or 0.0)


def _unclear(bench: Bench, trials: Trials, fitting: Trials) -> str:
    if len(fitting) > 1:
        return _alike(fitting)
    known = [t for t in trials if t.used is not None]
    if not known:
        listed = ", ".join(dict.fromkeys(t.words for t in trials if not t.feeding.fitted))
        return (
            f"the int8 file has no input range and there are no labels, so nothing shows how the "
            f"samples are fed ({listed}): state {DECIDES}, or give `labels`"
        )
    stored = next((t for t in known if t.words == "as stored"), known[0])
    better = fitting or sorted(known, key=lambda t: (t.clipped or 0, -(t.used or 0)))
    other = f", and fed {described(better[0])}" if better and better[0] is not stored else ""
    return (
        f"without labels, the int8 input's range alone does not show how the {bench.count} samples "
        f"are fed: {described(stored)}{other}: state {DECIDES}, or give `labels`"
    )
