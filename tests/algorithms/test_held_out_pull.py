from dataclasses import replace

import numpy as np
import pytest

from mendlite.algorithms.held_out_pull import WORTH, halves_of, held_out_pull
from mendlite.algorithms.system import accumulators, residuals
from mendlite.model.layer_system import LayerSystem

RIDGE, PULLS = 0.01, (0.3, 3.0)
BITS = 4


def system(seed, *, rows, drift=0.0, noise=0.0, depthwise=False, bias=True):
    """A layer whose rows follow weights ``drift`` away from float's, with ``noise`` of their own."""
    rng = np.random.default_rng(seed)
    shape = (rows, 3, 8) if depthwise else (rows, 8)
    x = rng.integers(-100, 101, shape).astype(np.float64)
    real = rng.normal(0, 40, (3, 8))
    followed = real + rng.normal(0, 1, real.shape) * drift
    exact = np.einsum("sck,ck->sc" if depthwise else "sk,ck->sc", x, followed)
    wanted = np.rint(16 * (exact + rng.normal(0, 1, exact.shape) * noise)).astype(np.int64)
    return LayerSystem(
        rows=x,
        weights=np.rint(real).astype(np.int64),
        bias=np.zeros(3, np.int64) if bias else None,
        fixed_bias=np.zeros(3),
        low=wanted,
        high=wanted,
        fraction_bits=BITS,
        weights_float=real,
        editable=np.ones(3, bool),
    )


def chosen(made):
    return held_out_pull(halves_of(made), RIDGE, PULLS)


def step(x, y, drawn, ridge):
    """The real optimum of one channel: x [n, K], y [n], what it is drawn to [K]."""
    gram = x.T @ x
    size = ridge * np.trace(gram) / len(gram)
    return np.linalg.solve(gram + size * np.eye(len(gram)), x.T @ y + size * drawn)


def share(made, ridge):
    """The error on the second half of the rows, by channel, in the residual's own terms."""
    residual = residuals(made, accumulators(made)) / 16
    middle = len(residual) // 2
    errors = []
    for c in range(3):
        x = made.rows[:, c] if made.depthwise else made.rows
        parts = [(x[part], residual[part, c]) for part in (slice(middle), slice(middle, None))]
        if made.bias is not None:
            parts = [(a - a.mean(axis=0), b - b.mean()) for a, b in parts]
        moved = step(*parts[0], made.weights_float[c] - made.weights[c], ridge)
        errors.append(np.square(parts[1][1] - parts[1][0] @ moved).sum())
    return np.array(errors)


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_the_pull_is_the_strongest_near_the_least_error_on_the_other_rows(depthwise, bias):
    found = set()
    for seed, drift in enumerate((0.0, 1.0, 2.0, 4.0, 8.0, 16.0)):
        made = system(seed, rows=60, drift=drift, noise=900, depthwise=depthwise, bias=bias)
        errors = [share(made, pull) for pull in (RIDGE, *PULLS)]
        shares = [(error / errors[0]).sum() for error in errors]
        near = [p for p, s in zip((RIDGE, *PULLS), shares, strict=True) if s <= 1.2 * min(shares)]
        assert pytest.approx(1.2) == 1 + WORTH
        assert chosen(made) == max(near)
        found.add(chosen(made))
    assert len(found) > 1


def test_noise_of_few_rows_is_not_followed():
    assert chosen(system(1, rows=40, noise=2000)) == 3.0


def test_an_error_that_all_rows_show_is_followed():
    assert chosen(system(1, rows=4000, drift=5.0, noise=20)) == RIDGE


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_halves_of_one_row_choose_nothing(rows):
    assert chosen(system(1, rows=rows, noise=2000)) == RIDGE


def test_channels_that_stay_do_not_count():
    steady = system(1, rows=400, noise=2000)
    drifted = system(1, rows=400, drift=50.0)
    low = steady.low.copy()
    low[:, 0] = drifted.low[:, 0]
    mixed = replace(steady, low=low, high=low)
    assert chosen(mixed) == RIDGE
    assert chosen(replace(mixed, editable=np.array([False, True, True]))) == chosen(steady) == 3.0
