"""The trial of compiled sums, ends and histograms, against Python's floats and numpy."""

from __future__ import annotations

import math

import numpy as np

from mendlite.compiled.moments import Moment, channel_ends, count_bins, ordered_moment
from mendlite.compiled.trial_values import Draw, Trials

CHANNELS, ROWS, BINS = 19, (24, 13), 7
"""Channels of a whole panel and some; rows that are and are not a multiple of eight."""

ENDS = -40.3, 61.7


def moment_trials(draw: Draw) -> Trials:
    """(what, the kernel's outputs, the right ones)."""
    for rows in ROWS:
        drawn = draw(rows * CHANNELS, 11, 127).reshape(rows, CHANNELS)
        values = drawn.astype(np.float32) / np.float32(3)
        terms = [[_terms(float(v)) for v in column] for column in values.T]
        for of in Moment:
            sums = np.array([_halves([each[of] for each in column]) for column in terms])
            yield "sum in order", ordered_moment(values, of, ENDS), sums
        found = np.stack(channel_ends(values))
        yield "channel's ends", found, np.stack([values.min(axis=0), values.max(axis=0)])
    low, high = ENDS
    right = np.zeros(BINS, np.int64)
    for value in values.reshape(-1).tolist():
        place = math.floor((value - low) * (BINS / (high - low)))
        right[min(max(place, 0), BINS - 1)] += 1
    counts = count_bins(values, low, high, BINS)
    yield "histogram", np.zeros(0) if counts is None else counts, right


def _terms(value: float) -> list[float]:
    """What each Moment sums of a value."""
    inside = min(max(value, ENDS[0]), ENDS[1])
    return [value, value * value, inside, inside * inside, value * inside]


def _halves(values: list[float]) -> float:
    while len(values) > 1:
        half = len(values) // 2
        added = [a + b for a, b in zip(values[:half], values[half : 2 * half], strict=True)]
        added[0] += values[-1] if len(values) % 2 else 0.0
        values = added
    return values[0]
