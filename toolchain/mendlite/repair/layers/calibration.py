"""Activation ranges from histograms of the float model's activations, by several rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import total_of
from mendlite.case.affordable import affordable
from mendlite.case.case import Case
from mendlite.compiled import moments
from mendlite.compiled.trial import usable
from mendlite.model.graph import Model
from mendlite.pairing.tensors import pair_tensors
from mendlite.repair.layers.activation_range import Range, with_ranges
from mendlite.replay.runner import Values
from mendlite.tflite.scale_groups import ScaleGroup

BINS = 2048

COUNTED, FEWEST = 1.5e10, 64
"""Multiplications of the replay that counts values, and samples of it at least: large networks are
measured on a part of the repair samples."""

MEMORY = 512 * 2**20
"""Bytes of float activations that are kept between looking for their ends and counting them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts i64[BINS] of values between ``low`` and ``high``."""

    low: float
    high: float
    counts: NDArray[np.int64]

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of every bin."""
        width = (self.high - self.low) / BINS
        return self.low + width * (np.arange(BINS) + 0.5)

    def between(self, share: float) -> tuple[float, float]:
        """The range that leaves out ``share`` of the values at each end."""
        total = np.cumsum(self.counts)
        ends = np.searchsorted(total, [share * total[-1], (1 - share) * total[-1]])
        edges = np.linspace(self.low, self.high, BINS + 1)
        return float(edges[ends[0]]), float(edges[min(int(ends[1]) + 1, BINS)])

    def least_squares(self, levels: int) -> tuple[float, float]:
        """The share of the range with the least squared error of clipping and rounding."""
        best, least = (self.low, self.high), np.inf
        for share in np.linspace(1.0, 0.2, 33):
            low, high = self.low * share, self.high * share
            clipped = self.centres - np.clip(self.centres, low, high)
            step = (high - low) / (levels - 1)
            error = total_of(self.counts * np.square(clipped)) / float(self.counts.sum())
            error += step**2 / 12
            if error < least:
                best, least = (low, high), error
        return best


RULES: Mapping[str, Callable[[Histogram, int], tuple[float, float]]] = {
    "min-max": lambda h, _: (h.low, h.high),
    "percentile 99.999": lambda h, _: h.between(1e-5),
    "percentile 99.99": lambda h, _: h.between(1e-4),
    "percentile 99.9": lambda h, _: h.between(1e-3),
    "mean squared error": Histogram.least_squares,
}
"""Rules of calibration: a histogram and the type's number of levels to a real range."""


def count_bins(values: NDArray[Any], low: float, high: float) -> NDArray[np.int64]:
    """Counts i64[BINS] of values in [low, high] (numpy's histogram rounds by its version)."""
    if values.dtype == np.float32 and usable():
        counted = moments.count_bins(values, low, high, BINS)
        if counted is not None:
            return counted
    place = (values.reshape(-1).astype(np.float64) - low) * (BINS / (high - low))
    index = np.clip(place, 0, BINS - 1).astype(np.int64)
    return np.bincount(index, minlength=BINS)


def measure_histograms(case: Case, tensors: Sequence[int]) -> dict[int, Histogram]:
    """Histograms of float tensors on the repair samples, of a large network on some of them.

    Their ends must be known before values are counted: the values of one replay are kept where they
    fit into MEMORY, else the float model runs a second time.
    """
    samples = case.sets.repair
    count = affordable(case.quantized, samples.count, FEWEST, COUNTED)
    inputs = case.float_inputs(samples if count == samples.count else samples.some(count))
    runner = case.execution.reference_runner(case.reference)
    kept: list[Values] | None = []
    low, high, held = dict.fromkeys(tensors, 0.0), dict.fromkeys(tensors, 0.0), 0
    for values in runner.run(inputs, tensors):
        case.checkpoint()
        for tensor in tensors:
            low[tensor] = min(low[tensor], float(values[tensor].min()))
            high[tensor] = max(high[tensor], float(values[tensor].max()))
        held += sum(values[tensor].nbytes for tensor in tensors)
        kept = [*kept, values] if kept is not None and held <= MEMORY else None
    counts = {tensor: np.zeros(BINS, np.int64) for tensor in tensors}
    for values in runner.run(inputs, tensors) if kept is None else kept:
        case.checkpoint()
        for tensor in tensors:
            span = (low[tensor], high[tensor] if high[tensor] > low[tensor] else low[tensor] + 1)
            counts[tensor] += count_bins(values[tensor], *span)
    return {t: Histogram(low=low[t], high=high[t], counts=counts[t]) for t in tensors}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The ranges of each rule for each group of a model, by the group's first tensor."""

    groups: tuple[ScaleGroup, ...]
    ranges: Mapping[str, Mapping[int, Range]]

    def of(self, group: ScaleGroup) -> tuple[Range, ...]:
        """The ranges of the rules for one group."""
        key = group.tensors[0]
        return tuple(own[key] for own in self.ranges.values() if key in own)

    def apply(self, model: Model, rule: str) -> Model:
        """``model`` with one rule's ranges."""
        own = self.ranges[rule]
        chosen = ((group, own.get(group.tensors[0])) for group in self.groups)
        return with_ranges(model, [(group, new) for group, new in chosen if new is not None])


def calibrate(case: Case, model: Model, groups: Sequence[ScaleGroup]) -> Calibration:
    """Measure the float model on the repair samples and apply all rules to ``groups`` of ``model``.

    Groups that no edit may change, or without a float twin, have no range; empty without a float
    model.
    """
    if case.float_model is None:
        return Calibration(groups=(), ranges={})
    twins = pair_tensors(case.reference, model)
    free = tuple(g for g in groups if g.frozen is None and any(t in twins for t in g.tensors))
    if not free:
        return Calibration(groups=(), ranges={})
    tensors = sorted({twins[t] for g in free for t in g.tensors if t in twins})
    histograms = measure_histograms(case, tensors)
    ranges: dict[str, dict[int, Range]] = {}
    for name, rule in RULES.items():
        own: dict[int, Range] = {}
        for group in free:
            dtype = Range.of_group(model, group).dtype
            levels = dtype.ends[1] - dtype.ends[0] + 1
            ends = [rule(histograms[twins[t]], levels) for t in group.tensors if t in twins]
            chosen = Range.of(min(e[0] for e in ends), max(e[1] for e in ends), dtype)
            if chosen is not None:
                own[group.tensors[0]] = chosen
        ranges[name] = own
    return Calibration(groups=free, ranges=ranges)
