"""Branch and bound over unstable clamps, with reachability as the bound.

A branch decides on which side of a clamp's kink a sum lies; each side is bounded again from that
node on. The largest bound of the open branches holds for the whole box at any time, in the same
sound arithmetic as reachability itself, so that no solver's tolerance stands between a proof and
its claim.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from itertools import count
from typing import TypeVar

import numpy as np

from mendlite.certify.bounds.backsubstitution import System, slack_of_output
from mendlite.certify.bounds.bounds import Bounds, Sides, Triple
from mendlite.certify.bounds.clamp_lines import Lines
from mendlite.certify.bounds.difference_planes import Planes
from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.pair import AffinePair
from mendlite.certify.bounds.query import Query, gap
from mendlite.certify.bounds.reach import restricted
from mendlite.model.clock import Over, never

TRIED = 12
"""Cuts of each node that are tried on the whole box before the search begins."""

KEPT = 200
"""Cuts of each node among which the search chooses."""

Watch = Callable[[float, int, int], bool]
"""Called with the bound so far, branches closed and branches open; True ends the search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A kink inside a sum's bounds: of network 0 or 1, at ``place``."""

    node: int
    neuron: int
    network: int
    place: float


class _Gains:
    """What cuts have gained so far, averaged (pseudo-costs)."""

    def __init__(self) -> None:
        self.total: dict[Cut, tuple[float, int]] = {}

    def add(self, cut: Cut, gain: float) -> None:
        """One more trial of a cut."""
        total, trials = self.total.get(cut, (0.0, 0))
        self.total[cut] = (total + gain, trials + 1)

    def of(self, cut: Cut) -> float:
        """The mean gain; 0 for a cut that was not tried."""
        total, trials = self.total.get(cut, (0.0, 1))
        return total / trials


def branch(bounds: Bounds, query: Query, watch: Watch, over: Over = never) -> tuple[bool, float]:
    """Whether ``query`` is ruled out, and the upper bound of its goal when the search ended.

    ``watch`` ends it between two cuts, ``over`` shortens the bounding of one.
    """
    ruled_out, top = gap(query, bounds, over)
    if ruled_out:
        return True, top
    gains, ticket = _Gains(), count(0, -1)  # of equal bounds, the latest first: go deep
    for _, cut in _candidates(bounds, query, TRIED, over):
        if watch(top, 0, 1):
            return False, top
        _children(bounds, query, cut, top, gains, over=over)
    waiting = [(-top, next(ticket), bounds)]
    closed = 0
    while waiting:
        top = -waiting[0][0]
        if watch(top, closed, len(waiting)):
            return False, top
        here = waiting[0][2]
        cuts = _candidates(here, query, KEPT, over)
        if not cuts:  # every clamp is decided: nothing is left to branch on
            return False, top
        heapq.heappop(waiting)
        _, chosen = max(cuts, key=lambda entry: (gains.of(entry[1]), entry[0]))
        children = _children(here, query, chosen, top, gains, over=over)
        closed += 2 - len(children)
        for bound, child in children:
            heapq.heappush(waiting, (-bound, next(ticket), child))
    return True, query.goal.least


def _children(
    bounds: Bounds, query: Query, cut: Cut, top: float, gains: _Gains, *, over: Over
) -> list[tuple[float, Bounds]]:
    """The sides of a cut that stay open, with their bounds."""
    open_sides, best = [], []
    for side in (0, 1):
        sums = _side(bounds, cut, side)
        if sums is None:
            continue
        child = restricted(bounds, cut.node, sums, over)
        done, bound = gap(query, child, over)
        if not done:
            kept = _with_older_sides(child, bounds, cut)
            done, other = gap(query, kept, over)
            child, bound = (kept, other) if other < bound else (child, bound)
        best.append(min(bound, top))
        if not done:
            open_sides.append((min(bound, top), child))
    # A side that closes gains all that there was to gain.
    losses = [query.goal.least if not best else max(best), *best]
    gains.add(cut, 0.75 * (top - losses[0]) + 0.25 * (top - min(losses)))
    return open_sides


def _with_older_sides(child: Bounds, parent: Bounds, cut: Cut) -> Bounds:
    """The child with its parent's relaxations, which hold for it, too, but for the cut itself.

    New ones lie closer to smaller regions, each for itself; together they may bound a form worse.
    """
    sides = list(parent.sides)
    old, new = parent.sides[cut.node], child.sides[cut.node]
    assert old is not None  # noqa: S101 - a cut is at an affine node
    assert new is not None  # noqa: S101
    sides[cut.node] = Sides(
        first=(_one(old.first[0], new.first[0], cut), _one(old.first[1], new.first[1], cut)),
        second=(_one(old.second[0], new.second[0], cut), _one(old.second[1], new.second[1], cut)),
        difference=(
            _one(old.difference[0], new.difference[0], cut),
            _one(old.difference[1], new.difference[1], cut),
        ),
    )
    return replace(child, sides=sides)


_Side = TypeVar("_Side", Lines, Planes)


def _one(old: _Side, new: _Side, cut: Cut) -> _Side:
    """The old relaxations with the cut neuron's from the new ones."""
    values = {}
    for column in fields(old):
        values[column.name] = getattr(old, column.name).copy()
        values[column.name][cut.neuron] = getattr(new, column.name)[cut.neuron]
    return replace(old, **values)


def _candidates(
    bounds: Bounds, query: Query, most: int, over: Over = never
) -> list[tuple[float, Cut]]:
    """Of each node, the ``most`` unstable clamps whose relaxations cost the goal's bound most."""
    goal = query.goal
    rows = (goal.on_first + goal.on_second)[None], goal.on_second[None]
    priced_cuts: list[tuple[float, Cut]] = []
    for node, losses in slack_of_output(bounds, System.JOINT, rows, over).items():
        step, sums = bounds.pair.steps[node], bounds.sums[node]
        if not isinstance(step, AffinePair) or sums is None:
            continue
        places = _kinks(step, sums)
        cost = np.where(np.isfinite(places).any(axis=0), losses, -1.0)
        for neuron in np.argsort(-cost, kind="stable")[:most]:
            if cost[neuron] <= 0:
                break
            which = int(np.flatnonzero(np.isfinite(places[:, neuron]))[0])
            place = float(places[which, neuron])
            cut = Cut(node=node, neuron=int(neuron), network=which // 2, place=place)
            priced_cuts.append((float(cost[neuron]), cut))
    return priced_cuts


def _kinks(step: AffinePair, sums: Triple) -> Floats:
    """Kinks inside the sums' bounds, NaN where there is none, f64[4, N]: low, high of each."""
    kinks = []
    for affine, x in ((step.first, sums.first), (step.second, sums.second)):
        for kink in (affine.low, affine.high):
            margin = 1e-9 * (1 + x.size)
            inside = (x.lower < kink - margin) & (x.upper > kink + margin)
            kinks.append(np.where(inside, kink, np.nan))
    return np.stack(kinks)


def _side(bounds: Bounds, cut: Cut, side: int) -> Triple | None:
    """The node's sums on one side of a cut; None where no input is there."""
    sums = bounds.sums[cut.node]
    assert sums is not None  # noqa: S101 - a cut is at an affine node
    x = sums.first if cut.network == 0 else sums.second
    lower, upper = x.lower.copy(), x.upper.copy()
    (upper if side == 0 else lower)[cut.neuron] = cut.place
    half = Interval(lower=lower, upper=upper)
    narrowed = replace(sums, first=half) if cut.network == 0 else replace(sums, second=half)
    other = narrowed.first.plus(narrowed.difference)
    clash = (other.lower > narrowed.second.upper) | (other.upper < narrowed.second.lower)
    return None if clash.any() else narrowed
