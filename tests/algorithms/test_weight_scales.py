"""The search of weight scales: against brute force, and it never costs a layer anything."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.algorithms.system import UNBOUNDED, accumulators, residuals, squared_error
from mendlite.algorithms.weight_scales import ROUNDS, rescaled_system, scaled_least_squares
from mendlite.model.layer_system import LayerSystem

OPTIONS = LeastSquaresOptions(delta_limit=8, ridge=1e-6)


def layer(real, x, *, ends=(-8, 7), bias=False, sided=False):
    """A layer of coarse weights, rounded and clipped at the present scales from ``real`` [C, K]."""
    subscripts = "sck,ck->sc" if x.ndim == 3 else "sk,ck->sc"
    wanted = np.rint(np.einsum(subscripts, x.astype(float), real) * 16).astype(np.int64)
    wanted += 16 * 40 if bias else 0
    low = np.where(wanted <= 0, -UNBOUNDED, wanted) if sided else wanted
    return LayerSystem(
        rows=x.astype(np.int16),
        weights=np.clip(np.rint(real), *ends).astype(np.int64),
        bias=np.zeros(len(real), np.int64) if bias else None,
        fixed_bias=np.zeros(len(real)),
        low=low,
        high=np.maximum(wanted, 0) if sided else wanted,
        fraction_bits=4,
        weights_float=real,
        editable=np.ones(len(real), bool),
        weight_range=ends,
    )


def errors(made, to):
    """Squared errors f64[C] at the scales of ``to``, in the units of the present ones."""
    moved = rescaled_system(made, to)
    return squared_error(residuals(moved, accumulators(moved))) * np.square(to.factors)


def drawn(seed, *, channels=3, inner=5, depthwise=False, **more):
    rng = np.random.default_rng(seed)
    shape = (60, channels, inner) if depthwise else (60, inner)
    x = rng.integers(-128, 128, shape)
    # Heavy tails: a few weights stretch the range of the others.
    real = rng.standard_t(3, (channels, inner)) * rng.uniform(0.5, 6, (channels, 1))
    return layer(real, x, **more)


def test_by_hand_a_scale_at_which_the_weights_are_whole_is_found():
    # At scale 1 the first weight is clipped to 7 and 5.25 rounds to 5; at 1.75 all are whole.
    made = layer(np.array([[12.25, -3.5, 5.25]]), 100 * np.eye(3))
    first, to = scaled_least_squares(made, OPTIONS, shared=False)
    assert first.weights.tolist() == [[7, -4, 5]]
    assert to.weights.tolist() == [[7, -2, 3]]
    assert to.factors == pytest.approx([1.75])
    assert errors(made, to)[0] < 1e-4 * first.after[0]


@pytest.mark.parametrize("seed", range(12))
def test_against_all_roundings_at_all_scales(seed):
    """For integers w the best scale is p'w / w'Gw: brute force over w needs no grid of scales."""
    made = drawn(seed, channels=1, inner=4, ends=(-2, 1))
    x = made.rows.astype(float)
    gram, goal = x.T @ x, x.T @ (made.low[:, 0] / 16)
    wholes = np.array(list(product(range(-2, 2), repeat=4)), float)
    pulled, power = wholes @ goal, np.einsum("nk,kl,nl->n", wholes, gram, wholes)
    usable = (pulled > 0) & (power > 0)
    saved = np.square(pulled[usable]) / power[usable]
    least = np.square(made.low[:, 0] / 16).sum() - saved.max()
    _, to = scaled_least_squares(made, OPTIONS, shared=False)
    found = errors(made, to)[0] / 256
    assert found >= least * (1 - 1e-3) - 1
    assert found <= least * 1.3 + 1


def test_brute_force_over_a_grid_of_scales_finds_no_better_one_for_two_channels_that_share_it():
    made = drawn(5, channels=2, inner=2, ends=(-2, 1))
    _, to = scaled_least_squares(made, OPTIONS, shared=True)
    assert to.factors[0] == to.factors[1]
    least = np.inf
    wholes = np.array(list(product(range(-2, 2), repeat=2)))
    for factor in np.linspace(0.05, 8, 800):
        away = made.low[:, :, None] / 16 - factor * (made.rows @ wholes.T)[:, None, :]
        least = min(least, np.square(away).sum(axis=0).min(axis=1).sum())
    assert errors(made, to).sum() / 256 <= least * 1.2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_no_layer_ends_further_from_its_targets(seed, depthwise, bias, sided, shared):
    made = drawn(seed, depthwise=depthwise, bias=bias, sided=sided)
    first, to = scaled_least_squares(made, OPTIONS, shared=shared)
    plain = least_squares(made, replace(OPTIONS, rounds=ROUNDS))
    assert np.array_equal(first.after, plain.after)
    now = errors(made, to)
    # The targets are rounded to other units: a rescaled channel may differ by that.
    slack = 1 + 1e-3 * first.after
    if shared:
        assert now.sum() <= (first.after + slack).sum()
        assert len(set(to.factors)) == 1
    else:
        assert np.all(now <= first.after + slack)
    assert to.weights.min() >= -8
    assert to.weights.max() <= 7
    assert np.all(to.factors > 0)


def test_channels_that_may_not_be_edited_keep_scale_weights_and_bias():
    made = replace(drawn(3, bias=True), editable=np.array([True, False, True]))
    _, to = scaled_least_squares(made, OPTIONS, shared=False)
    assert to.factors[1] == 1.0
    assert to.weights[1].tolist() == made.weights[1].tolist()
    assert to.bias[1] == made.bias[1]
    assert to.factors[0] != 1.0


X = np.random.default_rng(0).integers(-9, 9, (30, 2))


def test_a_channel_of_zeros_keeps_its_scale():
    made = layer(np.array([[0.0, 0.0], [9.5, 2.0]]), X)
    _, to = scaled_least_squares(made, OPTIONS, shared=False)
    assert to.factors[0] == 1.0
    assert not to.weights[0].any()


def test_every_level_of_a_coarse_type_is_reached_whatever_the_bound_of_finer_ones():
    rows = 50 * np.eye(2)
    made = replace(layer(np.array([[7.0, -8.0]]), rows), weights=np.array([[-8, 7]]))
    near = LeastSquaresOptions(delta_limit=2, ridge=1e-6)
    assert least_squares(made, near).weights.tolist() == [[7, -8]]
    given_bound = replace(near, all_levels=False)
    assert least_squares(made, given_bound).weights.tolist() == [[-6, 5]]
    fine = replace(made, weight_range=(-127, 127))
    assert least_squares(fine, near).weights.tolist() == [[-6, 5]]
