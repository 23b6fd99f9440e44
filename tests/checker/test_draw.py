"""The checker's own draws, and how much a draw misses."""

from itertools import combinations

import numpy as np
import pytest

from mendlite.checker.draw import SampleDraw, unseen


def test_a_draw_is_repeated_by_its_seed_alone():
    orders = {tuple(SampleDraw(seed=seed).order("validation", 50)) for seed in ("a", "a", "b")}
    assert len(orders) == 2
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert SampleDraw(seed="a").order("selection", 50) != SampleDraw(seed="a").order(
        "validation", 50
    )


def test_a_fresh_draw_is_another_each_time():
    seeds = {SampleDraw.fresh().seed for _ in range(100)}
    assert len(seeds) == 100
    assert {len(seed) for seed in seeds} == {32}


@pytest.mark.parametrize(
    ("count", "computed", "false"), [(7, 3, 2), (6, 6, 1), (5, 1, 4), (6, 2, 0)]
)
def test_what_is_missed_is_counted_by_enumeration(count, computed, false):
    draws = list(combinations(range(count), computed))
    missed = sum(all(row >= false for row in rows) for rows in draws)
    assert unseen(count, computed, false) == pytest.approx(missed / len(draws))


def test_a_hundred_false_answers_of_five_thousand_are_seen():
    """What was found by trying digests until the draw was clean; 480 samples were drawn then."""
    assert unseen(5000, 480, 100) < 1e-4
    assert unseen(5000, 480, 1) == pytest.approx(1 - 480 / 5000)
    assert unseen(10**6, 5 * 10**5, 3 * 10**5) < 1e-300


def test_drawn_samples_are_uniform():
    drawn = [SampleDraw(seed=str(i)).order("x", 10)[:3] for i in range(3000)]
    counts = np.bincount(np.concatenate(drawn), minlength=10)
    assert abs(counts - 900).max() < 150
