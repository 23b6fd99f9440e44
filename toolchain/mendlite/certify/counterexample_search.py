"""A cheap search for an input that breaks a property, before anything is proved.

Corners of the box, random and along the gradients' signs, then mutations of the best. What it finds
is replayed on the kernels by the caller.
"""

from __future__ import annotations

import numpy as np

from mendlite.certify.bounds.concrete import gradient, run
from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.network import InputBox, products
from mendlite.certify.bounds.property import Property
from mendlite.certify.bounds.query import SMALL, Query
from mendlite.certify.model_pair import Ints, ModelPair
from mendlite.model.clock import Over, never

POPULATION = 96
ROUNDS = 12
GUIDED = 3
"""Rounds with gradients, which a large network goes without."""

KEPT = 12

REPLAYED = 10**8
"""Products that are computed between two looks at the time, where one input needs fewer."""


def search(
    models: ModelPair,
    box: InputBox,
    wanted: Property,
    queries: tuple[Query, ...],
    *,
    seed: int,
    over: Over = never,
) -> Ints | None:
    """A stored input [K] that violates ``wanted`` on the kernels; None where none was found.

    Ends when the time is ``over``; inputs that were replayed until then count.
    """
    rng = np.random.default_rng(seed)
    best = _start(box, rng)
    guided = GUIDED if products(models.networks.first) <= SMALL else 0
    for round_number in range(ROUNDS):
        if over():
            return None
        if round_number < guided:
            best = np.concatenate(
                [best, _guided(models, box, best[:KEPT], queries, rng, over=over)]
            )
        best = np.unique(best, axis=0)
        best, first, second = _replayed(models, box, best, over)
        order = np.argsort(-wanted.distance(first, second), kind="stable")[:KEPT]
        best, first, second = best[order], first[order], second[order]
        for place in np.flatnonzero(wanted.violated(first, np.zeros_like(first), second)):
            if over():
                return None
            if models.breaks(box, wanted, best[place]):
                violating: Ints = best[place]
                return violating
        best = np.concatenate([best, _mutated(box, best, rng)])
    return None


def _replayed(models: ModelPair, box: InputBox, x: Ints, over: Over) -> tuple[Ints, Floats, Floats]:
    """Inputs [n, K] with both networks' outputs, f64[n, N] each: at least one, as time allows."""
    size = max(1, REPLAYED // max(products(models.networks.first), 1))
    first, second = [], []
    for begin in range(0, len(x), size):
        if begin and over():
            break
        outputs = models.kernels(box, x[begin : begin + size])
        first.append(outputs[0])
        second.append(outputs[1])
    count = sum(map(len, first))
    return x[:count], np.concatenate(first), np.concatenate(second)


def _start(box: InputBox, rng: np.random.Generator) -> Ints:
    """The centre, both ends, random corners and random points."""
    count = box.low.size
    corners = np.where(rng.random((POPULATION // 2, count)) < 0.5, box.low, box.high)
    inner = rng.integers(box.low, box.high + 1, (POPULATION // 2, count))
    return np.concatenate([[(box.low + box.high) // 2, box.low, box.high], corners, inner])


def _guided(
    models: ModelPair,
    box: InputBox,
    x: Ints,
    queries: tuple[Query, ...],
    rng: np.random.Generator,
    *,
    over: Over,
) -> Ints:
    """The corner that each query's gradient points to, from each of some inputs, in time."""
    chosen = [queries[i] for i in rng.permutation(len(queries))[:8]]
    real = box.values(x)
    first, second = run(models.networks.first, real), run(models.networks.second, real)
    corners = [x[:0]]
    for query in chosen:
        if over():
            break
        total = np.zeros_like(real)
        for form in (query.goal, *query.also[:1]):
            rows = (form.on_first, form.on_second)
            sides = ((models.networks.first, first), (models.networks.second, second))
            for row, (network, values) in zip(rows, sides, strict=True):
                if row.any():
                    total += gradient(network, values, np.tile(row, (len(x), 1)))
        corners.append(np.where(total > 0, box.high, box.low))
    return np.concatenate(corners)


def _mutated(box: InputBox, best: Ints, rng: np.random.Generator) -> Ints:
    """Children of the best: a few entries drawn again, at an end or inside."""
    parents = best[rng.integers(0, len(best), POPULATION)]
    share = rng.choice([0.01, 0.05, 0.2], (POPULATION, 1))
    moved = rng.random(parents.shape) < np.maximum(share, 1.0 / parents.shape[1])
    ends = np.where(rng.random(parents.shape) < 0.5, box.low, box.high)
    inner = rng.integers(box.low, box.high + 1, parents.shape)
    drawn = np.where(rng.random(parents.shape) < 0.7, ends, inner)
    return np.where(moved, drawn, parents)
