"""What the float model's values are like, tensor by tensor, against the int8 file's ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.fake_quant import FakeQuant

HALF_STEP = 0.5
"""Steps beyond a range's end within which a value is still rounded to it, not clipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatValues:
    """Float's values of one tensor on the examined samples.

    ``low`` and ``high`` are their ends, ``count`` their number, ``clipped`` those that lie outside
    the range of ``rounding`` and ``clipped_samples`` the samples with such a value, ``levels`` the
    stored values that they use.
    """

    tensor: int
    rounding: FakeQuant
    low: float
    high: float
    count: int
    clipped: int
    clipped_samples: int
    levels: int

    @property
    def clipped_share(self) -> float:
        """The share of values that are clipped."""
        return self.clipped / max(self.count, 1)

    @property
    def span(self) -> float:
        """The width of the values and 0, which every range has to hold."""
        return span_of(self.low, self.high)


def span_of(low: float, high: float) -> float:
    """The width of values between these ends and 0."""
    return max(high, 0.0) - min(low, 0.0)


def outside(values: NDArray[Any], rounding: FakeQuant) -> NDArray[np.bool_]:
    """Which values the rounding clips."""
    low, high = rounding.range
    tolerance = HALF_STEP * float(rounding.quant.scale[0])
    clipped: NDArray[np.bool_] = (values < low - tolerance) | (values > high + tolerance)
    return clipped


def measure(
    slices: Iterable[Mapping[int, NDArray[Any]]],
    twins: Mapping[int, tuple[int, FakeQuant]],
) -> dict[int, FloatValues]:
    """Float's values of the tensors in ``twins`` (by the int8 file's tensor), over the slices."""
    measured: dict[int, FloatValues] = {}
    used = {t: np.zeros(rounding.levels, bool) for t, (_, rounding) in twins.items()}
    for values in slices:
        for tensor, (twin, rounding) in twins.items():
            part = _part(tensor, values[twin], rounding, used[tensor])
            before = measured.get(tensor)
            measured[tensor] = part if before is None else _joined(before, part)
    return measured


def _part(
    tensor: int, values: NDArray[Any], rounding: FakeQuant, used: NDArray[np.bool_]
) -> FloatValues:
    """The values of one slice; marks in ``used`` the stored values that they take."""
    stored = rounding.stored(values)
    used[stored.reshape(-1).astype(np.int64) - int(np.iinfo(stored.dtype).min)] = True
    beyond = outside(values, rounding).reshape(len(values), -1)
    return FloatValues(
        tensor=tensor,
        rounding=rounding,
        low=float(values.min()),
        high=float(values.max()),
        count=values.size,
        clipped=int(np.count_nonzero(beyond)),
        clipped_samples=int(np.count_nonzero(beyond.any(axis=1))),
        levels=int(np.count_nonzero(used)),
    )


def _joined(a: FloatValues, b: FloatValues) -> FloatValues:
    """Both; ``levels`` of the later one count for both."""
    return FloatValues(
        tensor=a.tensor,
        rounding=a.rounding,
        low=min(a.low, b.low),
        high=max(a.high, b.high),
        count=a.count + b.count,
        clipped=a.clipped + b.clipped,
        clipped_samples=a.clipped_samples + b.clipped_samples,
        levels=b.levels,
    )


def replayed_tensors(
    twins: Mapping[int, tuple[int, FakeQuant]], inputs: Sequence[int]
) -> dict[int, tuple[int, FakeQuant]]:
    """Those of ``twins`` whose float tensor is no input of the graph."""
    return {t: pair for t, pair in twins.items() if pair[0] not in inputs}
