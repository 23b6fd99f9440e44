"""The exact choice of items, against all choices."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from mendlite.algorithms.knapsack import UNITS, cheapest, in_units

ITEMS = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 50)), max_size=8)


@given(ITEMS, st.integers(0, 200))
def test_no_choice_that_saves_enough_costs_less(items, needed):
    costs, savings = [c for c, _ in items], [s for _, s in items]
    found = cheapest(costs, savings, needed)
    every = [c for n in range(len(items) + 1) for c in combinations(range(len(items)), n)]
    enough = [choice for choice in every if sum(savings[i] for i in choice) >= needed]
    if not enough:
        assert found is None
        return
    assert found in enough
    assert sum(costs[i] for i in found) == min(sum(costs[i] for i in c) for c in enough)


def test_nothing_is_chosen_where_nothing_is_needed():
    assert cheapest([1, 1], [5, 6], 0) == ()


def test_a_cost_below_zero_is_none_and_no_item_is_free():
    assert in_units([-1.0, 0.0, 3.0, 1.0]) == [1, 1, 1 + UNITS * 3 // 4, 1 + UNITS // 4]
    assert in_units([0.0, -2.0]) == [1, 1]
