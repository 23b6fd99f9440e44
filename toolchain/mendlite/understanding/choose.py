"""The way of feeding that the evidence shows; a stop where it shows none, or more than one.

With labels the reference model's own behaviour decides, and the int8 input's range is a second
witness: a range that was calibrated on other data must not pass for a wrong feeding. Without
labels the range decides, and real values are never rescaled on its word alone.
"""

from __future__ import annotations

import numpy as np

from mendlite.errors import NotSureError
from mendlite.understanding.evidence import (
    Trials,
    clearly_better,
    described,
    distinct,
    fills,
    fills_better,
    plainest,
    refused,
    usual,
)
from mendlite.understanding.mismatch import no_relation
from mendlite.understanding.rules import AS_STORED, Origin
from mendlite.understanding.trial import Bench, Trial

RECONSTRUCTED = 0.8
"""Squared error as a share of the inputs' variance, up to which outputs are a reconstruction."""

NEAR = 0.02
"""A difference of accuracies, or of losses in nats, that decides nothing against a range."""

DECIDES = "`subtract` and `multiply`"


def choose(bench: Bench, trials: Trials) -> Trial:
    """The trial that the evidence shows; raises NotSureError, naming what decides it."""
    usable = [t for t in trials if not t.good.constant]
    if not usable:
        raise NotSureError(_constant(bench, trials))
    if bench.witnessed:
        return _known(bench, _by_outputs(bench, usable))
    if len(trials) == 1 and bench.of_indices:
        return usable[0]
    return _of_range(bench, trials)


def _of_range(bench: Bench, trials: Trials) -> Trial:
    chosen = _by_range(bench, trials)
    if chosen.good.constant:
        raise NotSureError(_constant(bench, [chosen]))
    return chosen


def _known(bench: Bench, chosen: Trial) -> Trial:
    """The trial; raises NotSureError where its numbers come from these samples alone."""
    if chosen.feeding.origin is not Origin.FITTED:
        return chosen
    raise NotSureError(
        f"no usual way to feed the {bench.count} samples fits the labels; fed {described(chosen)} "
        f"the reference model does best, but it was trained with other numbers: state {DECIDES}, "
        "the mean and 1 / deviation (or whatever scaled the samples) of the training"
    )


def _constant(bench: Bench, trials: Trials) -> str:
    kind = "the same class" if bench.task.kind == "classification" else "the same outputs"
    tried = " or ".join(dict.fromkeys(t.words for t in trials))
    return (
        f"the reference model gives {kind} for all of {bench.count} samples, fed {tried}: state "
        f"how they are fed, {DECIDES}, or give samples of more than one kind"
    )


def _by_outputs(bench: Bench, trials: Trials) -> Trial:
    """The best by its losses, where it is clearly the best or the range agrees."""
    related = [t for t in trials if not t.good.chance and not t.good.inverted]
    if not related:
        raise NotSureError(no_relation(bench, trials))
    sound = [t for t in related if not t.good.strained] or related
    ordered = _without_fitted(sorted(sound, key=lambda t: t.good.loss))
    alike = [t for t in ordered if t is ordered[0] or not clearly_better(ordered[0], t)]
    known = usual(alike) or [t for t in alike if t.feeding.origin == alike[0].feeding.origin]
    known = distinct(bench, known)
    filling = [t for t in known if all(fills_better(t.fit, r.fit) for r in known if r is not t)]
    best = filling[0] if filling else known[0]
    opposed = [t for t in usual(related) if t is not best and _opposes(t, best)]
    if (len(known) > 1 and not filling) or opposed:
        raise NotSureError(_alike([best, *[t for t in known if t is not best], *opposed]))
    return plainest(bench, trials, best)


def _without_fitted(ordered: Trials) -> Trials:
    """The trials from the least loss, without rules fitted to the samples that win by little.

    Numbers of the very samples that are scored suit them a little better than those of the
    training.
    """
    others = [t for t in ordered if t.feeding.origin is not Origin.FITTED]
    if not others:
        return ordered
    near = (others[0].good.accuracy or 0.0) >= (ordered[0].good.accuracy or 1.0) - NEAR
    return others if near or others[0].good.loss <= 1.25 * ordered[0].good.loss else ordered


def _opposes(other: Trial, best: Trial) -> bool:
    """Whether the range speaks for the other, and the outputs hardly against it."""
    if not fills_better(other.fit, best.fit):
        return False
    if other.good.strained:
        return other.good.loss <= best.good.loss
    near = (other.good.accuracy or 0.0) >= (best.good.accuracy or 0.0) - NEAR
    return refused(best.fit) and near and other.good.loss < 2 * best.good.loss + NEAR


def _alike(trials: Trials) -> str:
    listed = " and ".join(described(t) for t in trials[:3])
    decides = DECIDES
    if len({t.feeding.order for t in trials}) > 1:
        decides = "`inputs`, the arrays in the model's order"
    elif len({tuple(tuple(r.transpose) for r in t.feeding.rules) for t in trials}) > 1:
        decides = "`layout`"
    return f"the samples may be fed in more than one way: {listed}: choose with {decides}"


def _by_range(bench: Bench, trials: Trials) -> Trial:
    """The rule that fills the int8 input's range; of real values, only as they are stored."""
    alive = [t for t in trials if not t.good.saturated and not refused(t.fit)]
    candidates = usual(alive)
    filling = sorted((t for t in candidates if fills(t.fit)), key=lambda t: t.fit.away)
    known = distinct(bench, filling)
    known = [t for t in known if t is known[0] or not fills_better(known[0].fit, t.fit)]
    if len(known) == 1 and _rescales_whole(bench, known[0]):
        return plainest(bench, candidates, known[0])
    stored = [t for t in candidates if _stored(t)]
    if len(distinct(bench, stored)) == 1 and _unopposed(bench, stored[0], candidates):
        return stored[0]
    raise NotSureError(_unclear(bench, trials, known))


def _stored(trial: Trial) -> bool:
    """Whether the samples are fed as they are stored, in whatever order of axes."""
    return all(words.startswith(AS_STORED.words) for words in trial.feeding.words)


def _whole(bench: Bench) -> bool:
    """Whether samples are whole numbers: a device rescales those, and nothing else."""
    return all(a.dtype.kind in "iu" for a in bench.arrays)


def _rescales_whole(bench: Bench, trial: Trial) -> bool:
    """Whether every input is fed whole numbers, or samples as they are stored."""
    pairs = zip(trial.feeding.order, trial.feeding.words, strict=True)
    return all(
        bench.arrays[i].dtype.kind in "iu" or words.startswith(AS_STORED.words)
        for i, words in pairs
    )


def _unopposed(bench: Bench, stored: Trial, candidates: Trials) -> bool:
    """Whether real samples as stored are the only way that the range allows."""
    if _whole(bench):
        return False
    others = [t for t in candidates if not _stored(t)]
    if stored.fit.used is None:
        return not others
    clipped = stored.fit.clipped or 0
    return clipped <= 0.02 and not any(fills(t.fit) for t in others)


def _unclear(bench: Bench, trials: Trials, filling: Trials) -> str:
    if len(filling) > 1:
        return _alike(filling)
    stored = next((t for t in trials if _stored(t)), trials[0])
    if stored.fit.used is None:
        listed = ", ".join(dict.fromkeys(t.words for t in usual(trials)))
        return (
            f"the int8 file has no input range and there are no labels, so nothing shows how the "
            f"samples are fed ({listed}): state {DECIDES}, or give `labels`"
        )
    better = min(usual(trials), key=lambda t: t.fit.away, default=stored)
    other = "" if better is stored else f", and fed {described(better)}"
    return (
        f"without labels, the int8 input's range alone does not show how the {bench.count} samples "
        f"are fed: {described(stored)}{other}: state {DECIDES}, or give `labels`"
    )


def choose_stated(bench: Bench, trials: Trials, others: Trials) -> Trial:
    """The user's own feeding; of several layouts or orders, the one that the evidence shows.

    Raises NotSureError where its outputs are constant or have nothing to do with the labels.
    """
    usable = [t for t in trials if not t.good.constant]
    if not usable:
        raise NotSureError(_constant(bench, trials))
    if not bench.witnessed:
        if len(distinct(bench, usable)) > 1:
            raise NotSureError(_alike(usable))
        return usable[0]
    if all(t.good.chance or t.good.inverted for t in usable):
        raise NotSureError(no_relation(bench, [*usable, *others]))
    return _by_outputs(bench, usable)


def require_reconstruction(bench: Bench, chosen: Trial, why: str) -> None:
    """Raise NotSureError, naming `task`, where an autoencoder's outputs are not near its inputs."""
    losses = chosen.good.losses
    # The median: anomalies among the samples are not reconstructed, and must not decide.
    if losses is not None and float(np.median(losses)) < RECONSTRUCTED:
        return
    raise NotSureError(
        f"{why}, but its outputs are not near its inputs for {bench.count} samples fed "
        f"{described(chosen)}: choose the `task`"
    )


def require_named(chosen: Trial, named: tuple[int, ...] | None) -> None:
    """Raise NotSureError, naming `inputs`, where the outputs contradict the arrays' names."""
    if named is None or chosen.feeding.order == named:
        return
    raise NotSureError(
        f"by their names the inputs take arrays {', '.join(map(str, named))}, but the reference "
        f"model does better fed {described(chosen)}: name the arrays in the model's order with "
        "`inputs`"
    )
