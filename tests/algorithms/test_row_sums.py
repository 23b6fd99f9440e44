from dataclasses import replace

import numpy as np
import pytest

from mendlite.algorithms import row_sums
from mendlite.algorithms.row_sums import ResidualSums, RowSums, one_sided, row_parts, squares_of
from mendlite.model.layer_system import LayerSystem

CHANNELS, INNER, BITS = 3, 4, 2


def system(rows, *, depthwise, bias=True):
    """A layer of random integers; a third of the targets are open on a side."""
    rng = np.random.default_rng(rows)
    x = rng.integers(-99, 100, (rows, CHANNELS, INNER) if depthwise else (rows, INNER))
    low = rng.integers(-(2**16), 2**16, (rows, CHANNELS))
    return LayerSystem(
        rows=x.astype(np.int16),
        weights=rng.integers(-127, 128, (CHANNELS, INNER)),
        bias=rng.integers(-999, 1000, CHANNELS) if bias else None,
        fixed_bias=np.array([0.0, 0.3, -7.5]),
        low=low,
        high=low + rng.integers(0, 2, low.shape) * 2**17,
        fraction_bits=BITS,
        weights_float=np.zeros((CHANNELS, INNER)),
        editable=np.ones(CHANNELS, bool),
    )


def by_hand(made):
    """Squares, totals and correlations, one row and one channel after the other."""
    squares, totals = [0] * CHANNELS, [0] * CHANNELS
    correlation = np.zeros((CHANNELS, INNER), object)
    for s in range(len(made.rows)):
        for c in range(CHANNELS):
            row = [int(v) for v in (made.rows[s, c] if made.depthwise else made.rows[s])]
            acc = sum(a * int(b) for a, b in zip(row, made.weights[c], strict=True))
            acc += int(made.bias[c]) if made.bias is not None else 0
            here = acc * 4 + round(float(made.fixed_bias[c]) * 4)
            low, high = int(made.low[s, c]), int(made.high[s, c])
            left = low - here if here < low else min(high - here, 0)
            left = max(min(left, 2**22), -(2**22))
            squares[c] += left * left
            totals[c] += left
            correlation[c] += left * np.array(row, object)
    return squares, totals, correlation.tolist()


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("part_values", [1, 50, 2**19])
def test_sums_over_parts_are_those_of_each_row(monkeypatch, depthwise, bias, part_values):
    made = system(23, depthwise=depthwise, bias=bias)
    monkeypatch.setattr(row_sums, "PART_VALUES", part_values)
    left, wanted = ResidualSums.of(made), by_hand(made)
    assert (left.squares.tolist(), left.total.tolist()) == wanted[:2]
    assert left.correlation.tolist() == wanted[2]
    assert squares_of(made).tolist() == wanted[0]
    rows = RowSums.of(made)
    x = made.rows.astype(np.int64)
    product = "sck,scl->ckl" if depthwise else "sk,sl->kl"
    assert (rows.count, rows.total.tolist()) == (23, x.sum(axis=0).tolist())
    assert rows.gram.tolist() == np.einsum(product, x, x).tolist()


@pytest.mark.parametrize("depthwise", [False, True])
def test_the_sums_of_two_halves_are_those_of_all_rows(depthwise):
    made = system(23, depthwise=depthwise)
    first, second = made.of_rows(slice(0, 11)), made.of_rows(slice(11, None))
    left, both = ResidualSums.of(first) + ResidualSums.of(second), ResidualSums.of(made)
    for name in ("squares", "total", "correlation", "unlimited"):
        assert np.array_equal(getattr(left, name), getattr(both, name))
    rows = RowSums.of(first) + RowSums.of(second)
    assert rows.count == 23
    assert np.array_equal(rows.gram, RowSums.of(made).gram)
    assert np.array_equal(rows.total, RowSums.of(made).total)


@pytest.mark.parametrize("depthwise", [False, True])
def test_channels_of_a_system_leave_what_they_left(depthwise):
    made = system(23, depthwise=depthwise)
    part, whole = made.of_channels(slice(1, 3)), ResidualSums.of(made)
    assert np.array_equal(ResidualSums.of(part).correlation, whole.correlation[1:])
    assert part.editable.size == 2
    for name in ("squares", "total", "correlation", "unlimited"):
        assert np.array_equal(
            getattr(whole.of_channels(np.array([0, 2])), name), getattr(whole, name)[[0, 2]]
        )


@pytest.mark.parametrize("part_values", [1, 2**19])
@pytest.mark.parametrize("off", [2**22 - 1, 2**22, 2**30, -(2**22), -(2**30)])
def test_a_channel_with_a_limited_distance_is_known(monkeypatch, part_values, off):
    monkeypatch.setattr(row_sums, "PART_VALUES", part_values)
    made = system(5, depthwise=False)
    zero = replace(
        made,
        weights=np.zeros_like(made.weights),
        bias=np.zeros(CHANNELS, np.int64),
        fixed_bias=np.zeros(CHANNELS),
        low=np.zeros_like(made.low),
        high=np.zeros_like(made.high),
    )
    assert ResidualSums.of(zero).unlimited.all()
    low = zero.low.copy()
    low[3, 1] = off
    near = abs(off) < 2**22
    assert ResidualSums.of(replace(zero, low=low, high=low)).unlimited.tolist() == [
        True,
        near,
        True,
    ]


def test_others_take_the_place_of_some_channels():
    made = system(23, depthwise=False)
    own = ResidualSums.of(made)
    other = ResidualSums.of(replace(made, weights=made.weights + 1))
    mixed = own.with_channels(np.array([2, 0]), other.of_channels(np.array([2, 0])))
    for name in ("squares", "total", "correlation", "unlimited"):
        assert np.array_equal(getattr(mixed, name)[[0, 2]], getattr(other, name)[[0, 2]])
        assert np.array_equal(getattr(mixed, name)[1], getattr(own, name)[1])
    assert own.squares[0] != other.squares[0]


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("part_values", [1, 2**19])
def test_the_sums_of_some_channels_alone(monkeypatch, depthwise, bias, part_values):
    monkeypatch.setattr(row_sums, "PART_VALUES", part_values)
    made, places = system(23, depthwise=depthwise, bias=bias), np.array([2, 0])
    alone, whole = ResidualSums.of(made, places), ResidualSums.of(made)
    for name in ("squares", "total", "correlation", "unlimited"):
        assert np.array_equal(getattr(alone, name), getattr(whole, name)[places])


def test_channels_with_a_target_of_more_than_one_value(monkeypatch):
    monkeypatch.setattr(row_sums, "PART_VALUES", 1)
    made = system(23, depthwise=False)
    high = made.low.copy()
    high[22, 1] += 1
    assert one_sided(replace(made, high=made.low)).tolist() == [False, False, False]
    assert one_sided(replace(made, high=high)).tolist() == [False, True, False]


def test_a_system_without_rows_has_one_part():
    assert [len(part.rows) for part in row_parts(system(0, depthwise=False))] == [0]
    assert squares_of(system(0, depthwise=False)).tolist() == [0, 0, 0]
