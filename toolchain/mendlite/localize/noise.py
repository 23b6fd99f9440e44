"""Signal-to-quantization-noise ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """Sums of squares of a float signal and of its quantized twin's error; add up over slices."""

    signal: float
    noise: float

    def __add__(self, other: Energy) -> Energy:
        """The energies of both parts."""
        return Energy(signal=self.signal + other.signal, noise=self.noise + other.noise)

    @property
    def decibel(self) -> float:
        """10 log10(signal / noise); infinite without noise, minus infinite without signal."""
        if self.noise == 0:
            return float("inf")
        if self.signal == 0:
            return float("-inf")
        return float(10 * np.log10(self.signal / self.noise))


def energy(reference: NDArray[np.generic], approximation: NDArray[np.generic]) -> Energy:
    """Energies of real values of one shape."""
    exact = reference.astype(np.float64)
    error = approximation.astype(np.float64) - exact
    return Energy(signal=float(np.vdot(exact, exact)), noise=float(np.vdot(error, error)))
