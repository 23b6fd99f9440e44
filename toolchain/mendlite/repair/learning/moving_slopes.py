"""Slopes through operators that move values without computing with them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.slopes import Slopes
from mendlite.prepare.copies import COPIES
from mendlite.prepare.moves import paddings
from mendlite.repair.learning.operator_slopes import Arrays, Backward, Slots, SlotSlopes
from mendlite.replay.reference.context import Context


def prepare_reshape(_context: Context, _slots: Slots) -> Backward:
    """RESHAPE, SQUEEZE, EXPAND_DIMS."""
    return lambda x, _output, slopes: {0: slopes.reshape(x[0].shape)}


def prepare_pad(context: Context, _slots: Slots) -> Backward:
    """PAD and PADV2: what lies inside."""
    pairs = paddings(context.preparation)

    def run(x: Arrays, _output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        begins = (before for before, _ in pairs)
        inside = (slice(b, b + n) for b, n in zip(begins, x[0].shape, strict=True))
        return {0: slopes[tuple(inside)]}

    return run


def prepare_transpose(context: Context, _slots: Slots) -> Backward:
    """TRANSPOSE."""
    order = context.preparation.numbers(1, "permutation")
    inverse = tuple(int(axis) for axis in np.argsort(order))
    return lambda _x, _output, slopes: {0: slopes.transpose(inverse)}


def prepare_copy(context: Context, _slots: Slots) -> Backward:
    """Operators of one output that copy values: back to where each came from."""
    copying = COPIES[context.operator.op](context.preparation)
    shape = context.input(0).shape
    origins = np.arange(prod(shape)).reshape(1, *shape)
    constants = [context.constant(slot)[None] for slot in copying.slots[1:]]
    places = copying.move([origins, *constants])[0].reshape(-1)
    once = np.unique(places).size == places.size

    def run(x: Arrays, _output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        own = np.zeros((x[0].size // origins.size, origins.size), np.float32)
        by_sample = slopes.reshape(len(own), -1)
        if once:
            own[:, places] = by_sample
        else:
            np.add.at(own.T, places, by_sample.T)
        return {0: own.reshape(x[0].shape)}

    return run


def prepare_concatenation(context: Context, slots: Slots) -> Backward:
    """CONCATENATION: each input's part."""
    axis = context.option("axis") % len(context.output.shape)

    def run(x: Arrays, _output: NDArray[Any], slopes: Slopes) -> SlotSlopes:
        ends = np.cumsum([part.shape[axis] for part in x])
        parts = np.split(slopes, ends[:-1], axis=axis)
        return {slot: parts[slot] for slot in slots}

    return run
