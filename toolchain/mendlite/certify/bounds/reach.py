"""Differential reachability: bounds of both networks and of their difference over a box.

Node by node, the sums are bounded three times by backsubstitution (first network, second network,
difference), met with each other, and put through the clamps exactly. Plain intervals are the same
steps without backsubstitution. Where a node is too large for symbolic bounds of every sum, its
intervals stand, and only the forms of the outputs are substituted back.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.backsubstitution import System, range_of_sums, upper_of_outputs
from mendlite.certify.bounds.bounds import Bounds, Sides, Triple
from mendlite.certify.bounds.clamp_lines import clamp_lines
from mendlite.certify.bounds.difference_planes import (
    Clamps,
    exact_range,
    make_region,
    planes,
)
from mendlite.certify.bounds.float_error import gamma
from mendlite.certify.bounds.interval import Interval, zeros
from mendlite.certify.bounds.network import InputBox, MaximumNode, backsubstituted
from mendlite.certify.bounds.pair import AffinePair, NetworkPair
from mendlite.model.clock import Over, never

LARGEST = 4 * 10**9
"""Products of one backsubstitution up to which each of a node's sums is bounded symbolically."""

Progress = Callable[[int, int], None]
"""Called with nodes done, of how many."""


def reach(
    pair: NetworkPair,
    box: InputBox,
    *,
    symbolic: bool = True,
    progress: Progress | None = None,
    over: Over = never,
) -> Bounds:
    """Bounds of every tensor of both networks over ``box``.

    What is left when the time is ``over`` is bounded by plain intervals, which takes less than the
    lowering of the models took.
    """
    real = box.real()
    bounds = Bounds(pair=pair)
    bounds.tensors.append(Triple(first=real, second=real, difference=zeros(real.lower.size)))
    for node, step in enumerate(pair.steps):
        if isinstance(step, MaximumNode):
            _maximum(bounds, step)
        else:
            _step(bounds, step, node, over=over if symbolic else _always, known=None)
        if progress is not None:
            progress(node + 1, len(pair.steps))
    return bounds


def _always() -> bool:
    return True


def restricted(bounds: Bounds, node: int, sums: Triple, over: Over = never) -> Bounds:
    """The bounds of those inputs alone for which a node's sums lie in ``sums``.

    What lies before the node stays as it is; what lies behind is bounded again, by plain intervals
    once the time is ``over``, and met with what was known.
    """
    pair = bounds.pair
    narrowed = Bounds(
        pair=pair, tensors=bounds.tensors[: node + 1], sums=bounds.sums[:node],
        sides=bounds.sides[:node], chosen=bounds.chosen[:node],
    )  # fmt: skip
    for later in range(node, len(pair.steps)):
        step, known = pair.steps[later], bounds.sums[later]
        if isinstance(step, MaximumNode):
            _maximum(narrowed, step)
        elif later == node:
            _finish(narrowed, step, sums)
        else:
            _step(narrowed, step, later, over=over, known=known)
    return narrowed


def interval_sums(bounds: Bounds, step: AffinePair) -> Triple:
    """Plain intervals of a node's sums, from its sources' intervals."""
    intervals = []
    for track in range(3):
        described = step.tracks[track]
        lower, upper = (
            described.bias + described.noise.lower,
            described.bias + described.noise.upper,
        )
        size = described.size_bias + described.noise.size
        for slot, source in enumerate(step.first.sources):
            parts = [(described.maps, described.size_maps, track)]
            if described.cross is not None and described.size_cross is not None:
                parts.append((described.cross, described.size_cross, 0))
            for maps, sizes, read in parts:
                triple = bounds.tensors[source]
                x = (triple.first, triple.second, triple.difference)[read]
                middle = maps[slot].forward(x.middle)
                # Half the width, rounded up, through absolute weights.
                radius = maps[slot].magnitude().forward(0.5 * x.width)
                lower, upper = lower + (middle - radius), upper + (middle + radius)
                size = size + sizes[slot].forward(x.size)
        taps = max(m.taps for m in described.maps)
        margin = 2 * gamma(taps + 64) * size
        intervals.append(Interval(lower=lower - margin, upper=upper + margin))
    return Triple(first=intervals[0], second=intervals[1], difference=intervals[2])


def _step(bounds: Bounds, step: AffinePair, node: int, *, over: Over, known: Triple | None) -> None:
    sums = interval_sums(bounds, step)
    cost = 2 * step.first.size * backsubstituted(bounds.pair.first, node)
    if cost <= LARGEST and not over():
        first, second, apart = (range_of_sums(bounds, system, node, over) for system in System)
        sums = Triple(
            first=sums.first.meet(first),
            second=sums.second.meet(second),
            difference=sums.difference.meet(apart),
        )
    if known is not None:
        sums = _met(sums, known)
    _finish(bounds, step, _where_same(bounds, step, sums))


def _finish(bounds: Bounds, step: AffinePair, sums: Triple) -> None:
    """Add a node whose sums are known."""
    sums = sums.closed()
    bounds.sums.append(sums)
    sides, outputs = _clamped(step, sums)
    bounds.sides.append(sides)
    bounds.chosen.append(None)
    bounds.tensors.append(outputs)


def _met(one: Triple, other: Triple) -> Triple:
    return Triple(
        first=one.first.meet(other.first),
        second=one.second.meet(other.second),
        difference=one.difference.meet(other.difference),
    )


def _where_same(bounds: Bounds, step: AffinePair, sums: Triple) -> Triple:
    """Equal sums of equal inputs do not differ: one rounding, not two."""
    if not step.same.any():
        return sums
    moved = np.zeros(step.first.size)
    for linear_map, source in zip(step.second.maps, step.second.sources, strict=True):
        apart = bounds.tensors[source].difference
        # Bounds of an equal value may carry a margin below anything that is quantized.
        differs = (apart.size > 0).astype(np.float64)
        moved += linear_map.magnitude().forward(differs)
    equal = step.same & (moved == 0)
    apart = sums.difference
    return Triple(
        first=sums.first,
        second=sums.second,
        difference=Interval(
            lower=np.where(equal, 0.0, apart.lower), upper=np.where(equal, 0.0, apart.upper)
        ),
    )


def _clamped(step: AffinePair, sums: Triple) -> tuple[Sides, Triple]:
    """Relaxations of a node's clamps, and its outputs' bounds."""
    one, two = step.first, step.second
    first = tuple(clamp_lines(sums.first, one.low, one.high, above=a) for a in (True, False))
    second = tuple(clamp_lines(sums.second, two.low, two.high, above=a) for a in (True, False))
    clamps = Clamps(low=one.low, high=one.high, second_low=two.low, second_high=two.high)
    region = make_region(sums.first, sums.second, sums.difference, clamps)
    slopes = (first[0].slope, first[1].slope, second[0].slope, second[1].slope)
    apart = tuple(planes(region, sums.difference, slopes, above=a) for a in (True, False))
    outputs = Triple(
        first=_gridded(sums.first.clip(one.low, one.high), one.step),
        second=_gridded(sums.second.clip(two.low, two.high), two.step),
        difference=exact_range(region),
    )
    # Where sums are equal and so are the clamps, nothing differs at all.
    still = (sums.difference.size == 0) & (one.low == two.low) & (one.high == two.high)
    difference = Interval(
        lower=np.where(still, 0.0, outputs.difference.lower),
        upper=np.where(still, 0.0, outputs.difference.upper),
    )
    if one.step is not None and one.step == two.step:
        difference = difference.on_grid(one.step)
    outputs = Triple(first=outputs.first, second=outputs.second, difference=difference)
    sides = Sides(
        first=(first[0], first[1]), second=(second[0], second[1]), difference=(apart[0], apart[1])
    )
    return sides, outputs.closed()


def _gridded(values: Interval, step: float | None) -> Interval:
    return values if step is None else values.on_grid(step)


def _maximum(bounds: Bounds, step: MaximumNode) -> None:
    """The maximum's intervals, and the taps that are largest for any input."""
    source = bounds.tensors[step.source]
    first, second = (_largest(x, step.index) for x in (source.first, source.second))
    apart = source.difference
    winner = _winner(source.first, step.index)
    winner = np.where(winner == _winner(source.second, step.index), winner, -1)
    held = Interval(
        lower=apart.lower[step.index].min(axis=1), upper=apart.upper[step.index].max(axis=1)
    )
    alone = apart.take(np.maximum(winner, 0))
    difference = Interval(
        lower=np.where(winner >= 0, alone.lower, held.lower),
        upper=np.where(winner >= 0, alone.upper, held.upper),
    )
    bounds.sums.append(None)
    bounds.sides.append(None)
    bounds.chosen.append(winner)
    bounds.tensors.append(Triple(first=first, second=second, difference=difference).closed())


def _largest(x: Interval, index: NDArray[np.int64]) -> Interval:
    return Interval(lower=x.lower[index].max(axis=1), upper=x.upper[index].max(axis=1))


def _winner(x: Interval, index: NDArray[np.int64]) -> NDArray[np.int64]:
    """The tap whose lower bound reaches every other's upper bound, -1 where none does."""
    lower, upper = x.lower[index], x.upper[index]
    best = lower.argmax(axis=1)
    tap = np.take_along_axis(index, best[:, None], axis=1)
    others = np.where(index == tap, -np.inf, upper)
    wins = others.max(axis=1) <= np.take_along_axis(lower, best[:, None], axis=1)[:, 0]
    return np.where(wins, tap[:, 0], -1)


def form_range(
    bounds: Bounds,
    first: NDArray[np.float64] | None,
    apart: NDArray[np.float64] | None,
    over: Over = never,
) -> Interval:
    """Bounds of the forms ``first @ f + apart @ (second - f)`` of the outputs, f64[M].

    Infinite where the time is ``over`` before.
    """
    rows = tuple(None if r is None else np.concatenate([r, -r]) for r in (first, apart))
    upper = upper_of_outputs(bounds, System.JOINT, (rows[0], rows[1]), over)
    half = upper.size // 2
    return Interval(lower=-upper[half:], upper=upper[:half])
