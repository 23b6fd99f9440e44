"""GPFQ and AdaRound on systems whose answers are known, and what they claim."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.algorithms.adaround import AdaRoundOptions, adaround, stretched
from mendlite.algorithms.gpfq import gpfq
from mendlite.algorithms.system import accumulators, residuals, squared_error
from mendlite.model.layer_system import LayerSystem


def system(rows, weights_float, *, editable=None):
    """Targets are what the float weights give; the file holds their nearest rounding."""
    rows, real = np.array(rows, np.int16), np.array(weights_float, float)
    wanted = np.einsum("sck,ck->sc", rows, real) if rows.ndim == 3 else rows @ real.T
    aim = np.rint(wanted * 16).astype(np.int64)
    channels = len(real)
    return LayerSystem(
        rows=rows, weights=np.rint(real).astype(np.int64), bias=np.zeros(channels, np.int64),
        fixed_bias=np.zeros(channels), low=aim, high=aim, fraction_bits=4, weights_float=real,
        editable=np.ones(channels, bool) if editable is None else np.array(editable),
    )  # fmt: skip


SOLVERS = {"gpfq": gpfq, "adaround": lambda s: adaround(s, AdaRoundOptions(steps=1000))}


@pytest.fixture(params=list(SOLVERS))
def solve(request):
    return SOLVERS[request.param]


def test_errors_that_add_up_are_made_to_cancel(solve):
    # Equal inputs, weights 0.4 and 0.4: one of them must go up.
    rows = np.repeat(np.random.default_rng(0).integers(1, 100, (400, 1)), 2, axis=1)
    found = solve(system(rows, [[0.45, 0.4]]))
    assert sorted(found.weights[0].tolist()) == [0, 1]
    assert found.after[0] < found.before[0]


@pytest.mark.parametrize("depthwise", [False, True])
def test_what_is_claimed_holds(solve, depthwise):
    rng = np.random.default_rng(1)
    shape = (300, 4, 9) if depthwise else (300, 9)
    base = rng.integers(0, 60, (300, 4, 1) if depthwise else (300, 1))
    asked = system(base + rng.integers(0, 20, shape), rng.uniform(-30, 30, (4, 9)))
    found = solve(asked)
    moved = replace(asked, weights=found.weights)
    assert np.array_equal(squared_error(residuals(moved, accumulators(moved))), found.after)
    assert (found.after <= found.before).all()
    assert found.after.sum() < found.before.sum()
    assert np.abs(found.weights).max() <= 127


def test_a_channel_that_may_not_be_edited_stays(solve):
    rows = np.repeat(np.random.default_rng(0).integers(1, 100, (400, 1)), 2, axis=1)
    found = solve(system(rows, [[0.4, 0.4], [0.4, 0.4]], editable=[True, False]))
    assert found.weights[1].tolist() == [0, 0]
    assert found.after[1] == found.before[1]


def test_the_stretched_sigmoid_reaches_its_ends():
    values, slope = stretched(np.array([-9.0, 0.0, 9.0]))
    assert values.tolist() == [0.0, pytest.approx(0.5), 1.0]
    assert slope[0] == slope[2] == 0
    # Equation 23's slope at 0: 1.2 / 4.
    assert slope[1] == pytest.approx(0.3)


def test_learned_roundings_are_neighbours():
    rng = np.random.default_rng(2)
    asked = system(rng.integers(0, 90, (300, 8)), rng.uniform(-30, 30, (3, 8)))
    found = SOLVERS["adaround"](asked)
    assert np.abs(found.weights - asked.weights_float).max() < 1.0
