"""Upper bounds of linear forms by substituting relaxations back to the input box.

DeepPoly's backsubstitution (Singh et al., POPL 2019), over one network's values, or over the first
network's values together with the difference of the two. A form is concretised at every tensor on
the way, so it is never looser than intervals. Every coefficient that float64 rounds is made up for
in a constant (``float_error``).

Forms go back some at a time, and the time is looked at between tensors: what a form's bound is by
then holds, and forms that were not begun have no bound (infinity).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import numpy as np

from mendlite.certify.bounds.bounds import Bounds, Sides, Triple
from mendlite.certify.bounds.float_error import Floats, gamma
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.maps import Gather
from mendlite.certify.bounds.network import MaximumNode, backsubstituted
from mendlite.certify.bounds.pair import AffinePair
from mendlite.model.clock import Over, never

FEW = 64
"""More than the terms that a form's constant has: some ten for each node."""

BLOCK = 2 * 10**8
"""Products that are computed between two looks at the time, where a form has fewer."""

Rows = tuple[Floats | None, Floats | None]
"""Coefficients [M, N] of the first tracked value and of the second; None: all zero."""


class System(Enum):
    """Which values a form is over."""

    FIRST = 0
    SECOND = 1
    JOINT = 2
    """The first network's values and the difference."""

    @property
    def tracks(self) -> tuple[int, int | None]:
        """Positions in a Triple's order of the two tracked values."""
        if self is System.JOINT:
            return 0, 2
        return self.value, None


def _values(bounds: Bounds, tensor: int, track: int) -> Interval:
    triple = bounds.tensors[tensor]
    return (triple.first, triple.second, triple.difference)[track]


def _highest(rows: Floats, box: Interval) -> Floats:
    """Largest ``rows @ x`` over a box, f64[M], rounded up."""
    positive, negative = np.maximum(rows, 0), np.minimum(rows, 0)
    highest = positive @ box.upper + negative @ box.lower
    margin: Floats = gamma(2 * rows.shape[1]) * (np.abs(rows) @ box.size)
    return highest + margin


class _Form:
    """M forms on their way back: coefficients by tensor, constants, and the best bound so far."""

    def __init__(self, bounds: Bounds, system: System, count: int) -> None:
        self.bounds, self.tracks = bounds, system.tracks
        self.pending: dict[int, Rows] = {}
        self.constant: Floats = np.zeros(count)
        self.size: Floats = np.zeros(count)
        self.best: Floats = np.full(count, np.inf)
        self.slack: dict[int, Floats] = {}

    def add(self, tensor: int, rows: Rows) -> None:
        """Add coefficients on a tensor."""
        old = self.pending.get(tensor, (None, None))
        self.pending[tensor] = (_plus(old[0], rows[0]), _plus(old[1], rows[1]))

    def _add(self, *terms: Floats) -> None:
        """Add to the constant, and keep count of what its rounding is relative to."""
        for term in terms:
            self.constant = self.constant + term
            self.size = self.size + np.abs(term)

    def concretise(self) -> None:
        """Use the bound of the tensors' intervals here, where it is better."""
        total, size = self.constant, self.size
        for tensor, rows in self.pending.items():
            for track, part in zip(self.tracks, rows, strict=True):
                if track is not None and part is not None:
                    term = _highest(part, _values(self.bounds, tensor, track))
                    total, size = total + term, size + np.abs(term)
        self.best = np.minimum(self.best, total + gamma(FEW) * size)

    def through_sum(self, step: AffinePair, rows: Rows) -> None:
        """From coefficients on a node's sums to coefficients on its sources."""
        first = step.tracks[self.tracks[0]]
        second = None if self.tracks[1] is None else step.tracks[self.tracks[1]]
        for slot, source in enumerate(step.first.sources):
            low = None if rows[0] is None else first.maps[slot].backward(rows[0])
            high = None
            if second is not None and rows[1] is not None and second.cross is not None:
                low = _plus(low, second.cross[slot].backward(rows[1]))
                high = second.maps[slot].backward(rows[1])
            self.add(source, (low, high))
        for track, part in zip((first, second), rows, strict=True):
            if track is not None and part is not None:
                self._add(part @ track.bias, _highest(part, track.noise))
        self._add(self._rounding(step, rows))

    def _rounding(self, step: AffinePair, rows: Rows) -> Floats:
        """What float64 may have got wrong in ``through_sum``."""
        rounding: Floats = np.zeros(self.constant.size)
        terms = max(m.taps for m in step.first.maps) + step.first.size
        for track, part in zip(self.tracks, rows, strict=True):
            if track is not None and part is not None:
                reach = _reach(self.bounds, step, track)
                rounding += gamma(terms) * (np.abs(part) @ reach)
        return rounding

    def through_clamp(self, sides: Sides, node: int, rows: Rows) -> Rows:
        """From coefficients on a node's outputs to coefficients on its sums."""
        sums = self.bounds.sums[node]
        assert sums is not None  # noqa: S101 - a node with sides has sums
        low = high = None
        self.slack[node] = _slack(sides, sums, rows, self.tracks[0])
        if rows[0] is not None:
            above, below = sides.second if self.tracks[0] == 1 else sides.first
            size = (sums.first, sums.second)[self.tracks[0]].size
            low = self._relaxed(rows[0], above.slope, below.slope, size)
            self._offset(rows[0], above.offset, below.offset)
        if rows[1] is not None:
            top, bottom = sides.difference
            high = self._relaxed(
                rows[1], top.on_difference, bottom.on_difference, sums.difference.size
            )
            crossed = self._relaxed(rows[1], top.on_value, bottom.on_value, sums.first.size)
            low = crossed if low is None else low + crossed
            self._offset(rows[1], top.offset, bottom.offset)
            if rows[0] is not None:
                self._add(gamma(1) * (np.abs(low) @ sums.first.size))
        return low, high

    def _relaxed(self, rows: Floats, above: Floats, below: Floats, size: Floats) -> Floats:
        relaxed = np.where(rows > 0, rows * above, rows * below)
        self._add(gamma(1) * (np.abs(relaxed) @ size))
        return relaxed

    def _offset(self, rows: Floats, above: Floats, below: Floats) -> None:
        positive, negative = np.maximum(rows, 0), np.minimum(rows, 0)
        size = np.maximum(np.abs(above), np.abs(below))
        margin = gamma(2 * rows.shape[1]) * (np.abs(rows) @ size)
        self._add(positive @ above, negative @ below, margin)

    def through_maximum(self, step: MaximumNode, node: int, rows: Rows) -> None:
        """Where one tap is always the largest the maximum is that tap; elsewhere its interval."""
        chosen = self.bounds.chosen[node]
        assert chosen is not None  # noqa: S101 - a MaximumNode has them
        known = (chosen >= 0).astype(np.float64)
        columns = self.bounds.tensors[step.source].first.size.size
        pick = Gather(index=np.maximum(chosen, 0)[:, None], weight=known[:, None], columns=columns)
        parts: list[Floats | None] = []
        for track, part in zip(self.tracks, rows, strict=True):
            if track is None or part is None:
                parts.append(None)
                continue
            self._add(_highest(part * (1 - known), _values(self.bounds, node + 1, track)))
            parts.append(pick.backward(part))
            size = _values(self.bounds, step.source, track).size
            self._add(gamma(step.index.size) * (pick.magnitude().backward(np.abs(part)) @ size))
        self.add(step.source, (parts[0], parts[1]))

    def back(self, over: Over) -> Floats:
        """Substitute until only the input is left or time is over; the best bound, f64[M]."""
        while True:
            self.concretise()
            tensor = max(self.pending)
            if tensor == 0 or over():
                return self.best
            rows, node = self.pending.pop(tensor), tensor - 1
            step = self.bounds.pair.steps[node]
            if isinstance(step, MaximumNode):
                self.through_maximum(step, node, rows)
                continue
            sides = self.bounds.sides[node]
            assert sides is not None  # noqa: S101 - only a MaximumNode has none
            self.through_sum(step, self.through_clamp(sides, node, rows))


def _slack(sides: Sides, sums: Triple, rows: Rows, track: int) -> Floats:
    """What each relaxation of a node may lose, at its middle, in the first form: f64[N]."""
    slack: Floats = np.zeros(sums.first.lower.size)
    if rows[0] is not None:
        x, pair = (sums.first, sides.first) if track == 0 else (sums.second, sides.second)
        middle = x.middle
        above, below = (line.slope * middle + line.offset for line in pair)
        slack = slack + np.abs(rows[0][0]) * (above - below)
    if rows[1] is not None:
        at, d = sums.first.middle, sums.difference.middle
        above, below = (p.on_difference * d + p.on_value * at + p.offset for p in sides.difference)
        slack = slack + np.abs(rows[1][0]) * (above - below)
    return slack


def _reach(bounds: Bounds, step: AffinePair, track: int) -> Floats:
    """Sum of the absolute products behind each of a node's sums, f64[N]."""
    described = step.tracks[track]
    total = described.size_bias.copy()
    for slot, source in enumerate(step.first.sources):
        total += described.size_maps[slot].forward(_values(bounds, source, track).size)
        if described.size_cross is not None:
            total += described.size_cross[slot].forward(_values(bounds, source, 0).size)
    return total


def _plus(first: Floats | None, second: Floats | None) -> Floats | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second


def upper_of_sums(
    bounds: Bounds, system: System, node: int, rows: Rows, over: Over = never
) -> Floats:
    """Upper bounds f64[M] of forms on a node's sums; all before the node is known."""
    step = bounds.pair.steps[node]
    assert isinstance(step, AffinePair)  # noqa: S101 - a MaximumNode has no sums

    def upper(block: Rows) -> Floats:
        form = _Form(bounds, system, _count(block))
        form.through_sum(step, block)
        return form.back(over)

    return _in_blocks(upper, rows, backsubstituted(bounds.pair.first, node), over)


def upper_of_outputs(bounds: Bounds, system: System, rows: Rows, over: Over = never) -> Floats:
    """Upper bounds f64[M] of forms on the outputs."""
    last = len(bounds.tensors) - 1

    def upper(block: Rows) -> Floats:
        form = _Form(bounds, system, _count(block))
        form.add(last, block)
        return form.back(over)

    return _in_blocks(upper, rows, backsubstituted(bounds.pair.first, last - 1), over)


def _in_blocks(upper: Callable[[Rows], Floats], rows: Rows, products: int, over: Over) -> Floats:
    """``upper`` of all rows, some at a time; infinite for those that the time leaves out."""
    count, size = _count(rows), max(1, BLOCK // max(products, 1))
    uppers: Floats = np.full(count, np.inf)
    for begin in range(0, count, size):
        if over():
            break
        block = slice(begin, begin + size)
        first, second = (None if part is None else part[block] for part in rows)
        uppers[block] = upper((first, second))
    return uppers


def slack_of_output(
    bounds: Bounds, system: System, rows: Rows, over: Over = never
) -> dict[int, Floats]:
    """By node, what its relaxations may cost the bound of the first form, f64[N] each.

    Nodes that the time leaves out are missing.
    Where a branch on a clamp would gain most (Bunel et al., JMLR 2020, section 5.2).
    """
    form = _Form(bounds, system, _count(rows))
    form.add(len(bounds.tensors) - 1, rows)
    form.back(over)
    return form.slack


def _count(rows: Rows) -> int:
    return max(len(part) for part in rows if part is not None)


def range_of_sums(bounds: Bounds, system: System, node: int, over: Over = never) -> Interval:
    """Bounds of each of a node's sums (of their differences, for the joint system).

    Infinite where the time is over before.
    """
    step = bounds.pair.steps[node]
    eye = np.eye(step.size if isinstance(step, MaximumNode) else step.first.size)
    both = np.concatenate([eye, -eye])
    rows: Rows = (None, both) if system is System.JOINT else (both, None)
    upper = upper_of_sums(bounds, system, node, rows, over)
    return Interval(lower=-upper[len(eye) :], upper=upper[: len(eye)])
