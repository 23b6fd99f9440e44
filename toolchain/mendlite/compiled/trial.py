"""A trial of the compiled kernels before they are used: against sums in Python and numpy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding
from mendlite.arith.geometry import Window
from mendlite.arith.requantize import Requantizer
from mendlite.compiled.layers import (
    WholeLayer,
    depthwise_layer,
    real_depthwise_layer,
    real_layer,
    whole_layer,
)
from mendlite.compiled.library import library
from mendlite.compiled.trial_moments import moment_trials
from mendlite.compiled.trial_planes import plane_trials
from mendlite.compiled.trial_triangles import triangle_trials
from mendlite.compiled.trial_values import value_trials

WINDOW = Window(
    size=(2, 3), stride=(2, 1), dilation=(1, 2), before=(1, -1), after=(0, 0), output=(6, 2)
)
SAMPLES, HEIGHT, WIDTH, DEPTH, CHANNELS = 2, 11, 7, 3, 19
OFFSET = -7

REPEATS = 200
"""Times that channels are repeated, so that an output line of one sample is a block of its own."""


@cache
def usable() -> bool:
    """Whether the kernels are there and give the right numbers."""
    return why_not() == ""


@cache
def why_not() -> str:
    """Why the compiled kernels are not used; empty where they are."""
    if library().loaded is None:
        return library().why_not
    wrong = [name for name, got, right in _trials() if not np.array_equal(got, right)]
    return f"the compiled {', '.join(wrong)} gave wrong numbers" if wrong else ""


def _values(count: int, seed: int, largest: int) -> NDArray[np.int64]:
    """Numbers from -``largest`` - 1 to ``largest`` of a linear congruential generator."""
    state, found = seed, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        found.append((state >> 8) % (2 * largest + 2) - largest - 1)
    return np.array(found, np.int64)


def _trials() -> Iterator[tuple[str, NDArray[np.generic], NDArray[np.generic]]]:
    """(what, the kernel's outputs, the right ones)."""
    x = _values(SAMPLES * HEIGHT * WIDTH * DEPTH, 1, 127).reshape(SAMPLES, HEIGHT, WIDTH, DEPTH)
    taps = WINDOW.size[0] * WINDOW.size[1]
    weights = _values(taps * DEPTH * CHANNELS, 2, 127).reshape(-1, CHANNELS)
    bias = _values(CHANNELS, 3, 9999)
    sums = _convolved(x, OFFSET, weights) + bias
    fractions = 2**30 + _values(CHANNELS, 4, 2**20) ** 2 % 2**30
    factors = np.ldexp(fractions.astype(np.float64), _values(CHANNELS, 5, 1) - 39)
    for rounding in Rounding:
        to = Requantizer.of(
            factors, rounding=rounding, zero_point=3, low=-120, high=121, dtype=np.dtype(np.int8),
            reach=np.abs(sums).max(),
        )  # fmt: skip
        of = WholeLayer(window=WINDOW, offset=OFFSET, requantizer=to)
        run = whole_layer(weights, bias, of)
        yield "convolution", run(x.astype(np.int8)), _requantized(sums, to)
    per_depth = weights[:taps, :DEPTH]
    of = WholeLayer(window=WINDOW, offset=OFFSET, requantizer=None)
    run = depthwise_layer(per_depth, bias[:DEPTH], of)
    apart = np.einsum("nijtc,tc->nijc", _rows(x, OFFSET), per_depth)
    yield "depthwise convolution", run(x.astype(np.int16)), apart + bias[:DEPTH]
    inside = (-np.inf, np.inf)
    real = real_layer(weights.astype(np.float64), bias.astype(np.float64), WINDOW, inside)
    plain = _convolved(x, 0, weights) + bias
    # Thirds on a grid of whole numbers are the whole numbers nearest to them.
    grid = np.full(SAMPLES, 1.5 * 2.0**52)
    third = x.astype(np.float32) + np.float32(1 / 3)
    yield "float convolution", real(third, grid), plain.astype(np.float32)
    deep = real_layer(_repeated(weights).astype(np.float64), np.zeros(CHANNELS), WINDOW, inside)
    in_blocks = deep(np.repeat(third, REPEATS, axis=3), grid)
    right = REPEATS * (plain - bias)
    yield "float convolution in blocks", in_blocks, right.astype(np.float32)
    thirds = per_depth.astype(np.float32) / np.float32(3)
    by_tap = _tap_by_tap(x, thirds, bias[:DEPTH])
    for times in (1, REPEATS):  # fewer channels than a vector, and many
        taken, held = (np.repeat(v, times, axis=-1) for v in (thirds, bias[:DEPTH]))
        depthwise = real_depthwise_layer(taken, held.astype(np.float32), WINDOW, inside)
        got = depthwise(np.repeat(x, times, axis=3))
        yield "float depthwise convolution", got, np.repeat(by_tap, times, axis=3)
    yield from plane_trials(_values)
    yield from triangle_trials(_values)
    yield from moment_trials(_values)
    yield from value_trials(_values, x.astype(np.int8), WINDOW)


def _repeated(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Weights for an input whose channels stand there REPEATS times each, side by side."""
    by_channel = np.repeat(weights.reshape(-1, DEPTH, CHANNELS), REPEATS, axis=1)
    return by_channel.reshape(-1, CHANNELS)


def _rows(x: NDArray[np.int64], outside: int) -> NDArray[np.int64]:
    """Rows (n, oh, ow, kh * kw, c) of WINDOW, one value after the other."""
    (kh, kw), (oh, ow) = WINDOW.size, WINDOW.output
    rows = np.full((len(x), oh, ow, kh * kw, x.shape[3]), outside, np.int64)
    for i, j, k, m in product(range(oh), range(ow), range(kh), range(kw)):
        y = i * WINDOW.stride[0] - WINDOW.before[0] + k * WINDOW.dilation[0]
        z = j * WINDOW.stride[1] - WINDOW.before[1] + m * WINDOW.dilation[1]
        if 0 <= y < x.shape[1] and 0 <= z < x.shape[2]:
            rows[:, i, j, k * kw + m] = x[:, y, z]
    return rows


def _convolved(x: NDArray[np.int64], outside: int, weights: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = _rows(x, outside)
    result: NDArray[np.int64] = rows.reshape(*rows.shape[:3], -1) @ weights
    return result


def _tap_by_tap(
    x: NDArray[np.int64], weights: NDArray[np.float32], bias: NDArray[np.int64]
) -> NDArray[np.float32]:
    rows = _rows(x, 0).astype(np.float32)
    total = np.broadcast_to(bias.astype(np.float32), (*rows.shape[:3], len(bias))).copy()
    for tap in range(rows.shape[3]):
        total = total + rows[..., tap, :] * weights[tap]
    return total


def _requantized(sums: NDArray[np.int64], to: Requantizer) -> NDArray[np.int8]:
    """MultiplyByQuantizedMultiplier of TFLite's ``internal/common.h`` in Python's integers."""
    shape = sums.shape
    found = []
    for place, value in enumerate(sums.reshape(-1).tolist()):
        multiplier, shift = (int(v[place % shape[-1]]) for v in (to.multiplier, to.shift))
        if to.rounding is Rounding.SINGLE:
            scaled = (value * multiplier + (1 << (30 - shift))) >> (31 - shift)
        else:
            first = ((value << max(shift, 0)) * multiplier + (1 << 30)) >> 31
            half = (1 << max(-shift, 0)) >> 1
            scaled = (abs(first) + half >> max(-shift, 0)) * (1 if first >= 0 else -1)
        found.append(min(max(scaled + to.zero_point, to.low), to.high))
    return np.array(found, np.int8).reshape(shape)
