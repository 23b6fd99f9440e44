"""Numbers as ``details.json`` keeps them: five significant digits are more than a plot shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def short(value: float) -> float:
    """The value to five significant digits."""
    return float(f"{float(value):.5g}")


def finite(value: float) -> float | None:
    """The value to five significant digits; None where it is not finite."""
    return short(value) if np.isfinite(value) else None


def shorts(values: Iterable[float] | NDArray[Any]) -> tuple[float, ...]:
    """The values to five significant digits, those that are not finite as 0."""
    return tuple(short(v) if np.isfinite(v) else 0.0 for v in values)


def counted(values: NDArray[Any], low: float, high: float, bins: int) -> tuple[int, ...]:
    """How many values are in each of the bins of equal width from ``low`` to ``high``."""
    place = (values.reshape(-1).astype(np.float64) - low) * (bins / (high - low))
    index = np.clip(np.nan_to_num(place), 0, bins - 1).astype(np.int64)
    return tuple(np.bincount(index, minlength=bins).tolist())
