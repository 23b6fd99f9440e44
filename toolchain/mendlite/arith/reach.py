"""How large an int8 layer's int32 accumulator can become, for any input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

INT8 = (-128, 127)


def farthest(zero_point: int) -> int:
    """The largest |x - zero_point| of an int8 x."""
    return max(INT8[1] - zero_point, zero_point - INT8[0])


def accumulator_reach(
    weights: NDArray[Any], bias: NDArray[Any] | None, zero_point: int
) -> NDArray[np.int64]:
    """Sums |w| max |x - z| + |b| of integer weights [K, C] and biases [C], i64[C].

    No partial sum of the products goes beyond it, in any order.
    """
    reach: NDArray[np.int64] = np.abs(weights.astype(np.int64)).sum(axis=0) * farthest(zero_point)
    if bias is not None:
        reach += np.abs(bias.astype(np.int64))
    return reach
