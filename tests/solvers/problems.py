"""Small problems whose answers can be known."""

import itertools
from functools import cache

import numpy as np

from mendlite.claims.rows import objective_of, penalty_of, violated_rows
from mendlite.model.problem import Objective, RepairProblem
from mendlite.solvers.base import Limits

FREE = (-(2**31), 2**31 - 1)


def problem(inputs, weights, lower, upper, *, bias=0, reach=3, **more):
    count = len(weights)
    return RepairProblem(
        layer=0, neuron=0, inputs=np.array(inputs, np.int16), weights=np.array(weights, np.int16),
        bias=bias, lower=np.array(lower, np.int64), upper=np.array(upper, np.int64),
        delta_min=np.full(count, -reach, np.int16), delta_max=np.full(count, reach, np.int16),
        **more,
    )  # fmt: skip


def drawn(seed, *, columns=5, rows=8, reach=3):
    """A random problem: the objective goes round with the seed, odd seeds have soft rows."""
    rng = np.random.default_rng(seed)
    count, width = int(rng.integers(1, rows + 1)), int(rng.integers(1, columns + 1))
    inputs, weights = rng.integers(-9, 10, (count, width)), rng.integers(-5, 6, width)
    acc, off = inputs @ weights, rng.integers(-8, 12, count)
    side = rng.random(count) < 0.5
    soft = ((rng.random(count) < 0.5) * rng.integers(1, 4, count)).astype(np.int64)
    return problem(
        inputs, weights, np.where(side, acc + off, FREE[0]), np.where(side, FREE[1], acc - off),
        reach=reach, objective=list(Objective)[seed % 5], row_weights=soft if seed % 2 else None,
        target=(acc + rng.integers(-9, 9, count)).astype(np.int64),
    )  # fmt: skip


def enumerate_best(found):
    """(fewest violated hard rows, least penalty, least objective) over the whole box."""
    sides = [
        range(int(a), int(b) + 1) for a, b in zip(found.delta_min, found.delta_max, strict=True)
    ]
    keys = []
    for delta in itertools.product(*sides):
        array = np.array(delta, np.int16)
        hard = int((violated_rows(found, array) & found.hard).sum())
        keys.append((hard, penalty_of(found, array), objective_of(found, array)))
    return min(keys)


@cache
def best_of_drawn(seed):
    """``enumerate_best`` of a random problem, once for all backends."""
    return enumerate_best(drawn(seed))


LIMITS = Limits(seconds=20)
UNDONE = problem([[1]], [0], [2], [FREE[1]])


def nothing(_done):
    pass
