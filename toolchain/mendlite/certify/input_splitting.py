"""Decide a property by splitting the inputs: complete where a box has few features.

Each part of the box is bounded again; what stays open is split along its widest feature, until its
inputs are few enough to compute them all on the kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from mendlite.certify.bounds.network import InputBox, products
from mendlite.certify.bounds.property import Property
from mendlite.certify.bounds.query import Query, gaps
from mendlite.certify.bounds.reach import reach
from mendlite.certify.model_pair import Ints, ModelPair

FEATURES = 16
"""Moving input features up to which a box is split at all."""

ENUMERATED = 2 * 10**9
"""Products (inputs times those of one network) up to which all inputs are computed."""

SLICE = 4096
"""Inputs that are computed at a time."""

Watch = Callable[[int, int], bool]
"""Called with parts decided and parts waiting; True ends the search."""


def split(
    models: ModelPair, box: InputBox, wanted: Property, queries: tuple[Query, ...], watch: Watch
) -> bool | Ints | None:
    """True: the property holds. An input: it breaks it. None: undecided, or too many features."""
    if np.count_nonzero(box.high > box.low) > FEATURES:
        return None
    cost = products(models.networks.first)
    waiting, decided, doubtful = [(box, queries)], 0, False
    while waiting:
        if watch(decided, len(waiting)):
            return None
        part, asked = waiting.pop()
        count = prod(int(n) for n in part.high - part.low + 1)
        if count * cost <= ENUMERATED or count == 1:
            outcome = _enumerate(models, part, wanted)
            if isinstance(outcome, np.ndarray):
                return outcome
            doubtful |= not outcome
            decided += 1
            continue
        still = tuple(
            query
            for query, (out, _) in zip(
                asked, gaps(asked, reach(models.networks, part)), strict=True
            )
            if not out
        )
        decided += not still
        if still:
            waiting += [(half, still) for half in _halves(part)]
    return None if doubtful else True


def _halves(box: InputBox) -> tuple[InputBox, InputBox]:
    """The box cut in two along its widest feature."""
    widest = int((box.high - box.low).argmax())
    middle = (box.low[widest] + box.high[widest]) // 2
    high, low = box.high.copy(), box.low.copy()
    high[widest], low[widest] = middle, middle + 1
    return replace(box, high=high), replace(box, low=low)


def _enumerate(models: ModelPair, box: InputBox, wanted: Property) -> bool | Ints:
    """Whether the property holds for every input, surely; or one that breaks it."""
    shape = tuple(int(n) for n in box.high - box.low + 1)
    sure = True
    for begin in range(0, prod(shape), SLICE):
        flat = np.arange(begin, min(begin + SLICE, prod(shape)))
        x = np.stack(np.unravel_index(flat, shape), axis=1) + box.low
        replay = models.replay(box, x)
        broken = wanted.violated(replay.first, replay.error, replay.second)
        broken &= wanted.violated(replay.kernels_first, replay.error, replay.second)
        if broken.any():
            violating: Ints = x[int(broken.argmax())]
            return violating
        sure &= bool(wanted.kept(replay.first, replay.error, replay.second).all())
    return sure
