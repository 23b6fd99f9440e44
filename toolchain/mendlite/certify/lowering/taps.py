"""Which inputs each output of a window reads, and such a map as a matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.geometry import Window, pad, windows
from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.maps import Dense, Gather, Map
from mendlite.certify.lowering.node import refusal_of
from mendlite.replay.reference.context import Context

DENSE = 2**22
"""Entries of a matrix up to which a convolution is written as one."""

LARGEST = 2**26
"""Taps of one operator up to which it is verified at all."""


def taps_of(context: Context, window: Window) -> NDArray[np.int64]:
    """Flat input indices [positions, taps, channels] of a window; -1 for padding."""
    _, height, width, channels = context.input(0).shape
    if window.output[0] * window.output[1] * window.size[0] * window.size[1] * channels > LARGEST:
        raise refusal_of(context, "more taps than are verified")
    numbers = np.arange(height * width * channels).reshape(1, height, width, channels)
    view = windows(np.ascontiguousarray(pad(numbers, window, -1)), window)
    return view.reshape(window.output[0] * window.output[1], -1, channels)


def gathered(context: Context, index: NDArray[np.int64], weight: Floats) -> Map:
    """A map of taps; -1 stands for a real zero. A small one becomes a matrix."""
    if index.size > LARGEST:
        raise refusal_of(context, "more taps than are verified")
    columns = context.input(0).elements
    weight = np.where(index >= 0, weight.reshape(index.shape), 0.0)
    index = np.maximum(index, 0)
    if len(index) * columns > DENSE:
        return Gather(index=index, weight=weight, columns=columns)
    matrix = np.zeros((len(index), columns))
    np.add.at(matrix, (np.arange(len(index))[:, None], index), weight)
    return Dense(matrix=matrix)
