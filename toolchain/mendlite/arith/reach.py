"""How large the accumulator of an integer layer can become, for any input."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def farthest_from(zero_point: int, ends: tuple[int, int]) -> int:
    """The largest |x - zero_point| of an x within ``ends``."""
    return max(ends[1] - zero_point, zero_point - ends[0])


def accumulator_reach(
    weights: NDArray[Any], bias: NDArray[Any] | None, farthest: int
) -> NDArray[np.int64]:
    """How far from zero the sums of |w| max |x - z| and the bias may come, i64[C].

    Of integer weights [K, C], less their own zero-point, and biases [C]; ``farthest`` is the
    largest |x - z|. No sum, and no partial sum in any order, leaves -reach - 1 to reach. So -2**31,
    to which converters cut the bias of a dead channel, has reach 2**31 - 1 and fits int32.
    """
    reach: NDArray[np.int64] = np.abs(weights.astype(np.int64)).sum(axis=0) * farthest
    if bias is not None:
        # Half of what int64 holds is beyond every limit, and leaves room for the sum.
        wide = np.clip(bias.astype(np.int64), -(2**62), 2**62)
        reach += np.where(wide < 0, -wide - 1, wide)
    return reach
