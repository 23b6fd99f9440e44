"""Which items to choose so that enough is saved at the least cost, exactly.

Every choice of the first items that no other beats in both saving and cost is kept; costs are
integers, so their number stays small, and so does the work.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

UNITS = 2**16
"""Units into which the cost of all items together is divided."""

Ints = NDArray[np.int64]


def in_units(costs: Sequence[float]) -> list[int]:
    """Costs as integers of 1 and above, of which all together make about ``UNITS``.

    A cost below zero counts as none. No item is without cost: one that need not be chosen is not.
    """
    positive = [max(cost, 0.0) for cost in costs]
    total = sum(positive)
    return [1 + (round(cost / total * UNITS) if total > 0 else 0) for cost in positive]


def cheapest(costs: Sequence[int], savings: Sequence[int], needed: int) -> tuple[int, ...] | None:
    """Places of the items whose savings reach ``needed`` at the least cost; None where none do.

    ``costs`` are above zero and ``savings`` are not negative. Of equal costs the larger saving is
    chosen, of equal savings the first items.

    >>> cheapest([3, 4, 9], [10, 12, 20], 20)
    (0, 1)
    """
    saved, cost = np.zeros(1, np.int64), np.zeros(1, np.int64)
    steps: list[Ints] = []
    for price, saving in zip(costs, savings, strict=True):
        saved = np.concatenate([saved, saved + saving])
        cost = np.concatenate([cost, cost + price])
        kept = _unbeaten(saved, cost, needed)
        steps.append(kept)
        saved, cost = saved[kept], cost[kept]
    enough = np.flatnonzero(saved >= needed)
    return None if enough.size == 0 else _traced(steps, int(enough[0]))


def _unbeaten(saved: Ints, cost: Ints, needed: int) -> Ints:
    """Places of the points with a larger saving than all that cost no more, by rising cost.

    Beyond ``needed`` all savings are as good, so nothing behind the first such point stays.
    """
    order = np.lexsort((-saved, cost))
    ranked = np.minimum(saved[order], needed)
    before = np.concatenate([[-1], np.maximum.accumulate(ranked)[:-1]])
    kept: Ints = order[ranked > before]
    return kept


def _traced(steps: Sequence[Ints], place: int) -> tuple[int, ...]:
    """The items of the point at ``place`` behind the last step.

    Each step doubled the points before it: those of the second half have its item.
    """
    chosen: list[int] = []
    sizes = [1, *(len(step) for step in steps)]
    for item in range(len(steps) - 1, -1, -1):
        place = int(steps[item][place])
        if place >= sizes[item]:
            chosen.append(item)
            place -= sizes[item]
    return tuple(reversed(chosen))
