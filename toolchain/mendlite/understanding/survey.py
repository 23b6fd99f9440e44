"""Which ways of feeding are tried, and on how many samples."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.errors import BadInputError
from mendlite.understanding.chance import clearly_less
from mendlite.understanding.evidence import Trials, refused
from mendlite.understanding.trial import Bench, Feeding, Trial, attempt, fitted

FIRST, LEAST = 48, 16
"""Samples on which clearly worse ways are left out: a quarter of all, within these bounds."""

HOPELESS = 4.0
"""Standard errors by which a way must be worse than another to be left out early."""


def survey(bench: Bench, ways: Sequence[Feeding]) -> list[Trial]:
    """The trials of the ways that are worth one.

    Where labels decide, all are tried on some samples, and all but the clearly worse on all. Where
    only the range can decide, those that it refuses are not run. Raises BadInputError where the
    samples fit the model in no way.
    """
    few = bench.first(min(FIRST, max(LEAST, bench.count // 4)))
    if bench.witnessed:
        ways = _promising([t for way in ways if (t := attempt(few, way)) is not None])
    else:
        fits = [(way, fit) for way in ways if (fit := fitted(few, way)) is not None]
        allowed = [way for way, fit in fits if not refused(fit)]
        ways = allowed or [way for way, _ in fits]
    trials = [trial for way in ways if (trial := attempt(bench, way)) is not None]
    if not trials:
        raise BadInputError("the samples do not fit the model: a value is too large, or not whole")
    return trials


def _promising(trials: Trials) -> list[Feeding]:
    usable = [t for t in trials if t.good.losses is not None and not t.good.constant]
    if not usable:
        return [t.feeding for t in trials]
    best = min(usable, key=lambda t: t.good.loss)
    return [t.feeding for t in trials if t is best or not _hopeless(best, t)]


def _hopeless(best: Trial, other: Trial) -> bool:
    a, b = best.good.losses, other.good.losses
    return a is not None and b is not None and clearly_less(a, b, HOPELESS)
