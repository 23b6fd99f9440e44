"""What clipping costs a channel: the residual of its regression on the clipped values."""

from types import SimpleNamespace

import numpy as np
import pytest

from mendlite.algorithms.equalize import FACTORS
from mendlite.repair.layers.channel_clipping import measure_clipping

CHANNELS = 5


def group(*, averaged):
    """As much of an equalization group as is read."""
    pair = SimpleNamespace(quantized=SimpleNamespace(channels=CHANNELS))
    return SimpleNamespace(producers=(pair,), averaged=averaged)


def regression_residual(exact, clipped):
    """Mean square of what a straight line through the clipped values leaves of the exact ones."""
    lines = [np.stack([np.ones_like(c), c], 1) for c in clipped.T]
    fits = (
        line @ np.linalg.lstsq(line, y, rcond=None)[0]
        for line, y in zip(lines, exact.T, strict=True)
    )
    return np.array([np.mean((y - fit) ** 2) for y, fit in zip(exact.T, fits, strict=True)])


@pytest.mark.parametrize("averaged", [False, True])
def test_it_is_the_residual_of_a_regression_for_every_factor(averaged):
    rng = np.random.default_rng(int(averaged))
    values = rng.normal(0.4, [0.1, 0.5, 1.0, 2.0, 4.0], (6, 3, 2, CHANNELS)).astype(np.float32)
    low, high = -1.0, 3.0
    slices = [{7: values[:4]}, {7: values[4:]}]
    lost = measure_clipping(slices, group(averaged=averaged), {7: (low, high)})
    flat = values.reshape(6, -1, CHANNELS).astype(np.float64)
    for found, factor in zip(lost, FACTORS, strict=True):
        clipped = np.clip(flat, low / factor, high / factor)
        both = [v.mean(axis=1) if averaged else v.reshape(-1, CHANNELS) for v in (flat, clipped)]
        assert np.allclose(found, regression_residual(*both), rtol=1e-6, atol=1e-12)
    inside = (flat.min((0, 1)) >= low) & (flat.max((0, 1)) <= high)
    assert inside.any()
    assert not inside.all()
    assert not lost[list(FACTORS).index(1.0)][inside].any()


def test_channels_of_all_tensors_count_together():
    rng = np.random.default_rng(2)
    one, two = rng.normal(size=(2, 4, 3, 3, CHANNELS)).astype(np.float32)
    own = [
        measure_clipping([{t: x}], group(averaged=False), {t: (-1.0, 1.0)})
        for t, x in ((1, one), (2, two))
    ]
    ranges = {1: (-1.0, 1.0), 2: (-1.0, 1.0)}
    both = measure_clipping([{1: one, 2: two}], group(averaged=False), ranges)
    assert np.array_equal(both, own[0] + own[1])


def test_nothing_is_lost_without_integer_tensors():
    assert not measure_clipping([], group(averaged=False), {}).any()
