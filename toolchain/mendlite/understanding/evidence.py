"""What speaks for and against a trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.understanding.chance import clearly_less
from mendlite.understanding.rules import Origin
from mendlite.understanding.trial import Bench, Fit, Trial

CLIPS, MOSTLY = 0.02, 0.5
"""Shares of clipped values: from the first a rule does not fit the range, from the second it is
refused."""

FITS, LITTLE = 0.5, 0.2
"""Shares of the range that are used: from the first a rule fits, below the second it is refused."""

MORE = 1.3
"""A range that is used so many times as much as by another rule speaks for the first."""

Trials = Sequence[Trial]


def fills(fit: Fit) -> bool:
    """Whether the real inputs fill the int8 input's range and hardly leave it."""
    if fit.used is None or fit.clipped is None:
        return False
    return fit.used >= FITS and fit.clipped <= CLIPS


def fills_better(fit: Fit, other: Fit) -> bool:
    """Whether the first fills the range, and the second does not, or much less of it."""
    return fills(fit) and (not fills(other) or (fit.used or 0) > MORE * (other.used or 0))


def refused(fit: Fit) -> bool:
    """Whether the range used is a small part of the input's, or most values clip."""
    if fit.used is None or fit.clipped is None:
        return False
    return fit.used < LITTLE or fit.clipped > MOSTLY


def percent(share: float | None) -> str:
    """A share in per cent, "-" where there is none."""
    return "-" if share is None else f"{100 * share:.1f} %"


def described(trial: Trial) -> str:
    """The rule, and the figures of its trial."""
    facts, fit = [], trial.fit
    if trial.good.accuracy is not None:
        facts.append(f"accuracy {percent(trial.good.accuracy)}")
    elif trial.good.losses is not None:
        facts.append(f"relative squared error {trial.good.loss:.3g}")
    if fit.used is not None and fit.clipped is not None:
        facts.append(f"{percent(fit.used)} of the int8 input's range used")
        if fit.clipped > CLIPS:
            facts.append(f"{percent(fit.clipped)} of the values clipped")
    if trial.good.constant:
        facts.append("outputs constant")
    return f"{trial.words} ({', '.join(facts)})" if facts else trial.words


def clearly_better(best: Trial, other: Trial) -> bool:
    """Whether the labels, or an autoencoder's inputs, speak for the first beyond doubt."""
    a, b = best.good.losses, other.good.losses
    return a is not None and b is not None and clearly_less(a, b)


def same_inputs(bench: Bench, a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]) -> bool:
    """Whether real inputs differ by no more than a step of the int8 input (or of 256 levels)."""
    for x, y, limits in zip(a, b, bench.ranges, strict=True):
        step = float(np.ptp(x)) / 256 if limits is None else limits.step
        if float(np.abs(x - y).max(initial=0.0)) > 1.01 * step:
            return False
    return True


def distinct(bench: Bench, trials: Trials) -> list[Trial]:
    """The trials without those that give nearly the same real inputs as an earlier one."""
    kept: list[Trial] = []
    inputs: list[Sequence[NDArray[Any]]] = []
    for trial in trials:
        real = bench.real(trial.feeding)
        if not any(same_inputs(bench, real, other) for other in inputs):
            kept.append(trial)
            inputs.append(real)
    return kept


def plainest(bench: Bench, trials: Trials, best: Trial) -> Trial:
    """Of the trials with nearly the same real inputs as ``best``: the most usual rule.

    Of several, the one whose ends are nearest to those of the int8 input's range.
    """
    real = bench.real(best.feeding)
    alike = [t for t in trials if t is best or same_inputs(bench, real, bench.real(t.feeding))]
    return min(alike, key=lambda t: (t.feeding.origin, round(t.fit.away, 4)))


def usual(trials: Trials) -> list[Trial]:
    """The trials of rules that people use."""
    return [t for t in trials if t.feeding.origin is Origin.USUAL]
