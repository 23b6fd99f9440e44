"""Small problems whose answers can be known."""

from functools import cache

import numpy as np

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
    ends = zip(found.delta_min, found.delta_max, strict=True)
    sides = [np.arange(int(a), int(b) + 1) for a, b in ends]
    deltas = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, len(sides))
    acc = (deltas + found.weights.astype(np.int64)) @ found.inputs.astype(np.int64).T + found.bias
    violated = (acc < found.lower) | (acc > found.upper)
    hard = (violated & found.hard).sum(axis=1)
    prices = np.zeros(len(found.inputs), int) if found.row_weights is None else found.row_weights
    keys = np.stack([hard, violated @ prices, _objectives(found, deltas, acc)])
    best = np.lexsort(keys[::-1])[0]
    return tuple(keys[:, best].tolist())


def _objectives(found, deltas, acc):
    """The objective of each delta, as ``Objective`` defines it."""
    match found.objective:
        case Objective.MAX_DELTA:
            return np.abs(deltas).max(axis=1)
        case Objective.BYTES:
            return np.count_nonzero(deltas, axis=1)
        case Objective.L1:
            return np.abs(deltas).sum(axis=1)
        case Objective.SQUARED_ERROR:
            return np.square(acc - found.target).sum(axis=1)
    below = (acc - found.lower)[:, found.hard & (found.lower > FREE[0])]
    above = (found.upper - acc)[:, found.hard & (found.upper < FREE[1])]
    slack = np.concatenate([below, above], axis=1)
    return -slack.min(axis=1) if slack.shape[1] else np.zeros(len(deltas), int)


@cache
def best_of_drawn(seed):
    """``enumerate_best`` of a random problem, once for all backends."""
    return enumerate_best(drawn(seed))


LIMITS = Limits(seconds=20)
UNDONE = problem([[1]], [0], [2], [FREE[1]])


def nothing(_done):
    pass
