"""The noise of a requantization holds for every accumulator, and little more is allowed."""

import numpy as np
import pytest

from mendlite.arith.fixed_point import Rounding
from mendlite.arith.requantize import Requantizer
from mendlite.certify.rounding_noise import rounding_noise, value_of


@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("real", [0.7, 0.031, 0.0021, 0.00034, 1.6, 3e-7])
def test_the_noise_covers_every_accumulator(rounding, real):
    quantizer = Requantizer.of(
        [real],
        rounding=rounding,
        zero_point=-7,
        low=-120,
        high=127,
        dtype=np.dtype(np.int8),
        reach=2**23,
    )
    down, up = rounding_noise(quantizer, 1)
    reach = min(int(140 / real), 300_000)
    acc = np.unique(np.linspace(-reach, reach, 200_001).astype(np.int64))
    y = quantizer.exact(acc, np.zeros_like(acc))
    product = acc * value_of(quantizer)[0] - 7
    assert (y <= np.clip(product + up[0], -120, 127) + 1e-9).all()
    assert (y >= np.clip(product + down[0], -120, 127) - 1e-9).all()
    assert -1.01 <= down[0] < up[0] <= 1.01
    if rounding is Rounding.SINGLE:
        assert max(-down[0], up[0]) <= 0.5 + 1e-9
