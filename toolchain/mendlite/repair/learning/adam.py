"""Adam (Kingma and Ba 2015) in operations that IEEE 754 rounds correctly everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FIRST, SECOND = 0.9, 0.999
"""Decay of the mean slope, and of the mean squared slope."""

LEAST = 1e-12
"""Added to the root of the mean square: a slope that was always 0 moves nothing."""


@dataclass(slots=True)
class Adam:
    """Means of the slopes and of their squares, by parameter; one ``step`` follows the other."""

    _first: dict[int, Floats] = field(default_factory=dict)
    _second: dict[int, Floats] = field(default_factory=dict)
    _left_first: float = 1.0
    _left_second: float = 1.0

    def step(self, slopes: Mapping[int, NDArray[Any]], rate: float) -> dict[int, Floats]:
        """What to add to each parameter, at most about ``rate`` each, against ``slopes``."""
        self._left_first *= FIRST
        self._left_second *= SECOND
        return {key: self._moved(key, values, rate) for key, values in slopes.items()}

    def _moved(self, key: int, slopes: Floats, rate: float) -> Floats:
        first = self._first.setdefault(key, np.zeros_like(slopes))
        second = self._second.setdefault(key, np.zeros_like(slopes))
        first += (1.0 - FIRST) * (slopes - first)
        second += (1.0 - SECOND) * (slopes * slopes - second)
        size = np.sqrt(second / (1.0 - self._left_second)) + LEAST
        result: Floats = -rate * (first / (1.0 - self._left_first)) / size
        return result
