from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendlite.algorithms import least_squares as squares
from mendlite.algorithms.bias import correct_bias, round_mean
from mendlite.algorithms.cholesky import cholesky
from mendlite.algorithms.least_squares import (
    LeastSquaresOptions,
    least_squares,
)
from mendlite.algorithms.nearest_plane import coordinate_descent, nearest_plane
from mendlite.algorithms.normal import normal_equations
from mendlite.algorithms.row_sums import ResidualSums
from mendlite.algorithms.system import (
    UNBOUNDED,
    accumulators,
    column_sums,
    residuals,
    squared_error,
    targets,
)
from mendlite.claims.squares import FileLayer, check_squares
from mendlite.errors import ClaimError
from mendlite.model.layer_system import RESIDUAL_LIMIT, LayerRepair, LayerSystem


def system(seed=0, rows=200, inner=6, channels=4, *, depthwise=False, bias=True):
    """A layer whose weights were nudged away from the float ones it aims at."""
    rng = np.random.default_rng(seed)
    shape = (rows, channels, inner) if depthwise else (rows, inner)
    x = rng.integers(-128, 128, shape).astype(np.int16)
    real = rng.normal(0, 40, (channels, inner))
    weights = np.clip(np.rint(real) + rng.integers(-2, 3, real.shape), -127, 127).astype(np.int64)
    subscripts = "sck,ck->sc" if depthwise else "sk,ck->sc"
    wanted = np.rint(np.einsum(subscripts, x.astype(float), real) * 16).astype(np.int64)
    wanted += 16 * 300 if bias else 0
    return LayerSystem(
        rows=x,
        weights=weights,
        bias=np.zeros(channels, np.int64) if bias else None,
        fixed_bias=np.zeros(channels),
        low=wanted,
        high=wanted,
        fraction_bits=4,
        weights_float=real,
        editable=np.ones(channels, bool),
    )


def one_sided(made):
    """The same system behind a ReLU: targets at or below zero are open downwards."""
    low = np.where(made.low <= 0, -UNBOUNDED, made.low)
    return replace(made, low=low, high=np.maximum(made.high, 0))


def as_found(repair, made):
    return FileLayer(weights=repair.weights, bias=repair.bias, fixed_bias=made.fixed_bias)


OPTIONS = LeastSquaresOptions(delta_limit=8, ridge=1e-3)


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("sided", [False, True])
def test_the_error_falls_and_the_claim_holds(depthwise, bias, sided):
    made = system(depthwise=depthwise, bias=bias)
    made = one_sided(made) if sided else made
    repair = least_squares(made, OPTIONS)
    assert repair.after.sum() < repair.before.sum() / 4
    assert np.abs(repair.weights - made.weights).max() <= OPTIONS.delta_limit
    check_squares(made, as_found(repair, made), repair, place="layer 0")


@pytest.mark.parametrize("bias", [False, True])
def test_a_depthwise_layer_in_parts_is_solved_as_at_once(monkeypatch, bias):
    made = one_sided(system(5, channels=7, depthwise=True, bias=bias))
    whole = least_squares(made, OPTIONS)
    monkeypatch.setattr(squares, "PART_BYTES", 3 * made.rows[:, 0].size * 8)
    parts = least_squares(made, OPTIONS)
    assert len(list(squares._parts(made))) == 3
    for name in ("weights", "before", "after", "bias"):
        assert np.array_equal(getattr(parts, name), getattr(whole, name))
    assert (parts.bias is None) is not bias


@pytest.mark.parametrize("rows", [0, 1, 63, 64, 200])
def test_column_sums_are_those_of_all_rows(rows):
    values = np.random.default_rng(rows).integers(-(2**40), 2**40, (rows, 5))
    for each in (values, np.asfortranarray(values), values[:, ::2]):
        assert np.array_equal(column_sums(each), each.sum(axis=0))


@pytest.mark.parametrize("depthwise", [False, True])
def test_one_nudged_weight_is_noticed(depthwise):
    made = system(depthwise=depthwise)
    repair = least_squares(made, OPTIONS)
    weights = repair.weights.copy()
    weights[1, 2] += 1
    with pytest.raises(ClaimError, match="does not hold the repaired integers"):
        check_squares(
            made, replace(as_found(repair, made), weights=weights), repair, place="layer 0"
        )
    # The same nudge in file and claim: the integers agree, the claimed error does not.
    nudged = replace(repair, weights=weights)
    with pytest.raises(ClaimError, match="exact re-evaluation"):
        check_squares(made, as_found(nudged, made), nudged, place="layer 0")


@pytest.mark.parametrize("step", [1, 2**42])
@pytest.mark.parametrize("depthwise", [False, True])
def test_the_error_is_the_one_of_python_integers(depthwise, step):
    made = one_sided(system(depthwise=depthwise, rows=9))
    weights = made.weights + np.int64(step)
    errors = []
    for c in range(4):
        total = 0
        for s in range(9):
            row = made.rows[s, c] if depthwise else made.rows[s]
            acc = sum(int(a) * int(b) for a, b in zip(row, weights[c], strict=True))
            here = (acc + int(made.bias[c])) * 2**made.fraction_bits
            far = max(int(made.low[s, c]) - here, here - int(made.high[s, c]), 0)
            total += min(far, RESIDUAL_LIMIT) ** 2
        errors.append(total)
    after = np.array(errors)
    claimed = LayerRepair(weights=weights, bias=made.bias, before=after + 1, after=after)
    check_squares(made, as_found(claimed, made), claimed, place="layer 0")
    wrong = replace(claimed, after=after - np.array([0, 0, 1, 0]))
    with pytest.raises(ClaimError, match="channel 2 was claimed"):
        check_squares(made, as_found(wrong, made), wrong, place="layer 0")


def test_a_claim_that_is_no_improvement_is_an_error():
    made = system()
    repair = least_squares(made, OPTIONS)
    flattered = replace(repair, before=repair.after)
    with pytest.raises(ClaimError, match="was claimed to lower"):
        check_squares(made, as_found(repair, made), flattered, place="layer 0")


@pytest.mark.parametrize("inner", [518, 519, 2**10])
@pytest.mark.parametrize("off", [0, 1])
def test_an_error_beyond_what_float32_counts_is_seen(inner, off):
    # 518 products of 255 and 127 stay below 2**24, 519 do not; each sum of this row is odd.
    weights = np.full((1, inner), 127, np.int64)
    weights[0, 0] = 126 + inner % 2
    exact = 255 * int(weights.sum())
    made = replace(
        system(channels=1, inner=inner, rows=1),
        rows=np.full((1, inner), 255, np.int16),
        weights=weights - 1,
        low=np.array([[exact + 1]]),
        high=np.array([[exact + 1]]),
        fraction_bits=0,
    )
    before = np.array([(255 * inner + 1) ** 2])
    claimed = LayerRepair(weights=weights, bias=made.bias, before=before, after=np.array([1 + off]))
    if off == 0:
        check_squares(made, as_found(claimed, made), claimed, place="layer 0")
        return
    with pytest.raises(ClaimError, match="exact re-evaluation results in 1$"):
        check_squares(made, as_found(claimed, made), claimed, place="layer 0")


def test_dead_channels_stay_as_they_are():
    made = replace(system(), editable=np.array([True, False, True, True]))
    for repair in (least_squares(made, OPTIONS), correct_bias(made)):
        assert np.array_equal(repair.weights[1], made.weights[1])
        assert repair.bias[1] == made.bias[1]
        assert not np.array_equal(repair.bias[0], made.bias[0])


def test_weights_stay_within_the_narrow_range():
    made = replace(system(), weights=np.full((4, 6), 126, np.int64))
    repair = least_squares(made, OPTIONS)
    assert np.abs(repair.weights).max() <= 127


def test_bias_correction_removes_the_mean_shift():
    made = system()
    repair = correct_bias(made)
    left = residuals(replace(made, bias=repair.bias), accumulators(replace(made, bias=repair.bias)))
    assert np.abs(left.mean(axis=0)).max() <= 8  # half an accumulator unit, in sixteenths
    check_squares(made, as_found(repair, made), repair, place="layer 0")


def test_bias_correction_needs_a_bias():
    with pytest.raises(ValueError, match="no bias"):
        correct_bias(system(bias=False))


@pytest.mark.parametrize(
    ("values", "bits", "mean"),
    [([16, 16], 4, 1), ([8, 8], 4, 1), ([7, 8], 4, 0), ([-8, -8], 4, 0), ([-9, -8], 4, -1)],
)
def test_round_mean_by_hand(values, bits, mean):
    assert round_mean(np.array(values)[:, None], bits)[0] == mean


def brute_force(matrix, right, reach):
    """Smallest value of d'Ad - 2 right'd over the integer box."""
    size = right.shape[0]
    points = np.array(list(product(range(-reach, reach + 1), repeat=size)), float)
    return (np.einsum("pi,ij,pj->p", points, matrix, points) - 2 * points @ right).min()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_the_search_is_near_the_integer_optimum(seed, size):
    rng = np.random.default_rng(seed)
    base = rng.integers(-9, 10, (12, size)).astype(float)
    matrix = base.T @ base + np.eye(size)
    right = matrix @ rng.uniform(-3, 3, size)
    reach = 4
    lower = np.full((1, size), -reach)
    start = nearest_plane(cholesky(matrix), right[None], lower, -lower)
    found = coordinate_descent(matrix, right[None], start, lower, -lower)[0]
    value = found @ matrix @ found - 2 * right @ found
    best = brute_force(matrix, right, reach)
    assert np.abs(found).max() <= reach
    assert value >= best - 1e-6 * abs(best) - 1e-6
    assert value <= best + 0.5 * matrix.diagonal().sum()


def test_targets_open_where_the_output_saturates():
    wanted = np.array([[0.0], [3.0], [6.0]])
    low, high = targets(
        float_targets=wanted,
        open_low=wanted <= 0,
        open_high=wanted >= 6,
        unit=np.array([0.5]),
        fraction_bits=1,
    )
    assert low[:, 0].tolist() == [-UNBOUNDED, 12, 24]
    assert high[:, 0].tolist() == [0, 12, UNBOUNDED]


def test_squared_error_by_hand():
    assert squared_error(np.array([[1, -2], [3, 0]])).tolist() == [10, 4]


@pytest.mark.parametrize(
    ("samples", "limit", "ridge"), [(10, 2, 0.1), (100, 2, 0.1), (316, 4, 0.0316), (1000, 8, 0.01)]
)
def test_fewer_samples_bound_tighter(samples, limit, ridge):
    found = LeastSquaresOptions.for_samples(samples)
    assert found.delta_limit == limit
    assert found.ridge == pytest.approx(ridge, rel=0.01)


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_a_pull_moves_the_real_optimum_as_a_larger_ridge_does(depthwise, bias):
    made = system(depthwise=depthwise, bias=bias)
    left = ResidualSums.of(made)
    normal, stronger = normal_equations(made, 0.01), normal_equations(made, 2.0)
    right = normal.pull(made, left, made.weights)
    pulled = normal.pulled_more(2.0).right(right, made, made.weights)
    wanted = stronger.pull(made, left, made.weights)
    for place in range(4):
        matrices = [n.matrix[place] if depthwise else n.matrix for n in (normal, stronger)]
        found = np.linalg.solve(matrices[0], pulled[place])
        assert found == pytest.approx(np.linalg.solve(matrices[1], wanted[place]), rel=1e-6)


def test_a_pull_below_the_ridge_changes_nothing():
    made = system()
    assert normal_equations(made, 0.1).pulled_more(0.05) is None
    assert normal_equations(made, 0.1).pulled_more(0.2) is not None


def rounds_taken(monkeypatch, made, options):
    """The repair, and the places of the channels of each round."""
    taken, one = [], squares._round

    def counted(*given):
        taken.append(given[-1].tolist())
        return one(*given)

    monkeypatch.setattr(squares, "_round", counted)
    repair = least_squares(made, options)
    monkeypatch.undo()
    return repair, taken


@pytest.mark.parametrize("pulls", [(), (3.0,)])
@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_targets_of_one_value_need_one_round(monkeypatch, pulls, depthwise, bias):
    options = replace(OPTIONS, pulls=pulls)
    made = noisy(system(1, rows=40, inner=16, depthwise=depthwise, bias=bias), 2)
    _, taken = rounds_taken(monkeypatch, made, options)
    assert taken == [[0, 1, 2, 3]]
    # A further repair of what was found, in the same box, finds nothing better.
    wide = replace(options, delta_limit=255)
    first = least_squares(made, wide)
    again = least_squares(replace(made, weights=first.weights, bias=first.bias), wide)
    assert again.after.tolist() == first.after.tolist()


@pytest.mark.parametrize("why", ["one-sided", "limited"])
def test_targets_that_move_take_more_rounds(monkeypatch, why):
    made = noisy(system(1, rows=40, inner=16), 2)
    if why == "one-sided":
        made = one_sided(made)
    else:
        far = made.low + 2**23
        made = replace(made, low=far, high=far)
    repair, taken = rounds_taken(monkeypatch, made, OPTIONS)
    assert len(taken) > 1
    alone = least_squares(made, replace(OPTIONS, rounds=1))
    assert repair.after.sum() < alone.after.sum()


def partly_one_sided(*, bias):
    """Twelve channels: the targets of every other one are open, and the fourth stays as it is."""
    made = noisy(system(1, rows=60, inner=16, channels=12, bias=bias), 2)
    opened, odd = one_sided(made), np.arange(12) % 2 == 1
    return replace(
        made,
        low=np.where(odd, opened.low, made.low),
        high=np.where(odd, opened.high, made.high),
        editable=np.arange(12) != 3,
    )


@pytest.mark.parametrize("pulls", [(), (3.0,)])
@pytest.mark.parametrize("bias", [False, True])
def test_a_channel_that_is_done_is_left_out_of_the_next_round(monkeypatch, pulls, bias):
    made = partly_one_sided(bias=bias)
    _, taken = rounds_taken(monkeypatch, made, replace(OPTIONS, pulls=pulls, rounds=20))
    assert taken[0] == [c for c in range(12) if c != 3]
    assert len(taken) > 2
    assert len(taken[-1]) < len(taken[0])
    for earlier, later in pairwise(taken):
        assert set(later) <= set(earlier)
        assert all(c % 2 == 1 for c in later)


@pytest.mark.parametrize("bias", [False, True])
def test_no_channel_changes_another(bias):
    made, options = partly_one_sided(bias=bias), replace(OPTIONS, rounds=20)
    repair = least_squares(made, options)
    for c in range(12):
        alone = least_squares(made.of_channels(slice(c, c + 1)), options)
        assert repair.weights[c].tolist() == alone.weights[0].tolist()
        assert repair.after[c] == alone.after[0]


def noisy(made, seed):
    """The targets of few rows with noise of their own, which no weights should fit."""
    noise = np.random.default_rng(seed).integers(-20000, 20001, made.low.shape)
    return replace(made, low=made.low + noise, high=made.high + noise)


@pytest.mark.parametrize("depthwise", [False, True])
def test_a_pull_leaves_less_error_on_other_rows(depthwise):
    seen = noisy(system(1, rows=40, inner=16, depthwise=depthwise), 2)
    other = replace(
        system(1, rows=400, inner=16, depthwise=depthwise), weights_float=seen.weights_float
    )
    exact = np.einsum("sck,ck->sc" if depthwise else "sk,ck->sc", other.rows, seen.weights_float)
    other = replace(other, low=np.rint(16 * exact + 4800).astype(int))
    other = replace(other, high=other.low)
    errors = []
    for pull in (0.0, 3.0):
        repair = least_squares(seen, replace(OPTIONS, pulls=(pull,)))
        there = replace(other, weights=repair.weights, bias=repair.bias)
        errors.append(squared_error(residuals(there, accumulators(there))).sum())
        check_squares(seen, as_found(repair, seen), repair, place="layer 0")
    assert errors[1] < 0.7 * errors[0]


@pytest.mark.parametrize("why", ["another network's", "few levels"])
def test_weights_that_should_not_follow_float_are_not_pulled(why):
    made = noisy(system(1, rows=40, inner=16), 2)
    if why == "few levels":
        weights = np.clip(made.weights // 16, -8, 7)
        made = replace(
            made,
            weights=weights,
            weights_float=made.weights_float / 16,
            weight_range=(-8, 7),
            low=made.low // 16,
            high=made.low // 16,
        )
    other = replace(made, own_float=False) if why == "another network's" else made
    plain = least_squares(other, OPTIONS)
    pulled = least_squares(other, replace(OPTIONS, pulls=(3.0,)))
    assert np.array_equal(plain.weights, pulled.weights)
    # Of the same weights, where they should follow float, the pull changes some.
    fine = replace(made, own_float=True, weight_range=(-127, 127))
    assert not np.array_equal(
        least_squares(fine, OPTIONS).weights,
        least_squares(fine, replace(OPTIONS, pulls=(3.0,))).weights,
    )
