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
    """How far from zero the sums of |w| max |x - z| and the bias may come, i64[C].

    Of integer weights [K, C] and biases [C]: no sum, and no partial sum in any order, leaves
    -reach - 1 to reach. So -2**31, to which converters cut the bias of a dead channel, has reach
    2**31 - 1 and fits int32.
    """
    reach: NDArray[np.int64] = np.abs(weights.astype(np.int64)).sum(axis=0) * farthest(zero_point)
    if bias is not None:
        wide = bias.astype(np.int64)
        reach += np.where(wide < 0, -wide - 1, wide)
    return reach
