"""Branch and bound over unstable clamps, with reachability as the bound.

A branch asks on which side of a clamp's kink a sum lies; each side is bounded anew from that node
on. The largest bound of the open branches holds for the whole box at any time, in the same sound
arithmetic as reachability itself, so that no solver's tolerance stands between a proof and its
claim.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from mendlite.verify.backsubstitution import System, slack_of_output
from mendlite.verify.bounds import Bounds, Triple
from mendlite.verify.float_error import Floats
from mendlite.verify.interval import Interval
from mendlite.verify.pair import Step
from mendlite.verify.query import Query, gap
from mendlite.verify.reach import restricted

TRIED = 12
"""Cuts of each node that are tried on the whole box before the search begins."""

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
    """What cuts have gained so far: the smaller gain of both sides, averaged (pseudo-costs)."""

    def __init__(self) -> None:
        self.total: dict[Cut, tuple[float, int]] = {}

    def add(self, cut: Cut, gain: float) -> None:
        """One more trial of a cut."""
        total, trials = self.total.get(cut, (0.0, 0))
        self.total[cut] = (total + gain, trials + 1)

    def of(self, cut: Cut) -> float:
        """The mean gain; nothing is expected of a cut that nobody tried."""
        total, trials = self.total.get(cut, (0.0, 1))
        return total / trials


def branch(bounds: Bounds, query: Query, watch: Watch) -> tuple[bool, float]:
    """Whether ``query`` is ruled out, and the upper bound of its goal when the search ended."""
    ruled_out, top = gap(query, bounds)
    if ruled_out:
        return True, top
    gains, ticket = _Gains(), count()
    for cut in _candidates(bounds, query, TRIED):
        if watch(top, 0, 1):
            return False, top
        _children(bounds, query, cut, top, gains)
    waiting = [(-top, next(ticket), bounds)]
    closed = 0
    while waiting:
        top = -waiting[0][0]
        if watch(top, closed, len(waiting)):
            return False, top
        here = waiting[0][2]
        chosen = _best_cut(here, query, gains)
        if chosen is None:  # every clamp is decided: nothing is left to branch on
            return False, top
        heapq.heappop(waiting)
        children = _children(here, query, chosen, top, gains)
        closed += 2 - len(children)
        for bound, child in children:
            heapq.heappush(waiting, (-bound, next(ticket), child))
    return True, query.goal.least


def _children(
    bounds: Bounds, query: Query, cut: Cut, top: float, gains: _Gains
) -> list[tuple[float, Bounds]]:
    """The sides of a cut that stay open, with their bounds."""
    found, best = [], []
    for side in (0, 1):
        sums = _side(bounds, cut, side)
        if sums is None:
            continue
        child = restricted(bounds, cut.node, sums)
        done, bound = gap(query, child)
        best.append(min(bound, top))
        if not done:
            found.append((min(bound, top), child))
    # A side that closes gains all that there was to gain.
    losses = [query.goal.least if not best else max(best), *best]
    gains.add(cut, 0.75 * (top - losses[0]) + 0.25 * (top - min(losses)))
    return found


def _best_cut(bounds: Bounds, query: Query, gains: _Gains) -> Cut | None:
    """The unstable clamp that gained most so far; else the one whose relaxation costs most."""
    tried = [cut for cut in gains.total if _open(bounds, cut) and gains.of(cut) > 0]
    if tried:
        return max(tried, key=gains.of)
    return next(iter(_candidates(bounds, query, 1)), None)


def _open(bounds: Bounds, cut: Cut) -> bool:
    """Whether a cut's kink is still inside the sum's bounds."""
    sums = bounds.sums[cut.node]
    assert sums is not None  # noqa: S101 - a cut is at an affine node
    x = sums.first if cut.network == 0 else sums.second
    room = 1e-9 * (1 + float(x.size[cut.neuron]))
    return bool(x.lower[cut.neuron] < cut.place - room < cut.place + room < x.upper[cut.neuron])


def _candidates(bounds: Bounds, query: Query, most: int) -> list[Cut]:
    """Of each node, the ``most`` unstable clamps whose relaxations cost the goal's bound most."""
    goal = query.goal
    rows = (goal.on_first + goal.on_second)[None], goal.on_second[None]
    found: list[tuple[float, Cut]] = []
    for node, losses in slack_of_output(bounds, System.JOINT, rows).items():
        step, sums = bounds.pair.steps[node], bounds.sums[node]
        if not isinstance(step, Step) or sums is None:
            continue
        places = _kinks(step, sums)
        cost = np.where(np.isfinite(places).any(axis=0), losses, -1.0)
        for neuron in np.argsort(-cost, kind="stable")[:most]:
            if cost[neuron] <= 0:
                break
            which = int(np.flatnonzero(np.isfinite(places[:, neuron]))[0])
            place = float(places[which, neuron])
            cut = Cut(node=node, neuron=int(neuron), network=which // 2, place=place)
            found.append((float(cost[neuron]), cut))
    found.sort(key=lambda entry: -entry[0])
    return [cut for _, cut in found]


def _kinks(step: Step, sums: Triple) -> Floats:
    """Kinks inside the sums' bounds, NaN where there is none, f64[4, N]: low, high of each."""
    found = []
    for affine, x in ((step.first, sums.first), (step.second, sums.second)):
        for kink in (affine.low, affine.high):
            room = 1e-9 * (1 + x.size)
            inside = (x.lower < kink - room) & (x.upper > kink + room)
            found.append(np.where(inside, kink, np.nan))
    return np.stack(found)


def _side(bounds: Bounds, cut: Cut, side: int) -> Triple | None:
    """The node's sums on one side of a cut; None where no input is there."""
    sums = bounds.sums[cut.node]
    assert sums is not None  # noqa: S101 - a cut is at an affine node
    x = sums.first if cut.network == 0 else sums.second
    lower, upper = x.lower.copy(), x.upper.copy()
    (upper if side == 0 else lower)[cut.neuron] = cut.place
    half = Interval(lower=lower, upper=upper)
    found = replace(sums, first=half) if cut.network == 0 else replace(sums, second=half)
    other = found.first.plus(found.difference)
    clash = (other.lower > found.second.upper) | (other.upper < found.second.lower)
    return None if clash.any() else found
