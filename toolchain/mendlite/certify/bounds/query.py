"""What must not hold for any input: the query that bounds and solvers decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mendlite.certify.bounds.backsubstitution import System, upper_of_outputs
from mendlite.certify.bounds.bounds import Bounds
from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.network import products
from mendlite.model.clock import Over, never

SMALL = 3_000_000
"""Products of one network up to which nothing is spared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """``on_first @ f + on_second @ q >= least`` over the outputs of both networks, f64[N] each."""

    on_first: Floats
    on_second: Floats
    least: float

    def plain(self, bounds: Bounds) -> float:
        """What the outputs' intervals say."""
        triple = bounds.output
        plain = [
            float(_box(self.on_first, triple.first) + _box(self.on_second, triple.second)),
            float(
                _box(self.on_first + self.on_second, triple.first)
                + _box(self.on_second, triple.difference)
            ),
            float(
                _box(self.on_first + self.on_second, triple.second)
                + _box(-self.on_first, triple.difference)
            ),
        ]
        return min(plain)

    def value(self, first: Floats, second: Floats) -> Floats:
        """Its left side at outputs [n, N]."""
        value: Floats = first @ self.on_first + second @ self.on_second
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Can ``goal`` hold together with all of ``also``? Where it cannot, the property holds.

    ``name`` describes what would be wrong.
    """

    name: str
    goal: Form
    also: tuple[Form, ...] = ()


def _box(row: Floats, box: Interval) -> Floats:
    """Largest value of a form over a box, rounded up."""
    size = np.abs(row) @ box.size
    top: Floats = np.maximum(row, 0) @ box.upper + np.minimum(row, 0) @ box.lower + 1e-13 * size
    return top


def uppers(forms: Sequence[Form], bounds: Bounds, over: Over = never) -> Floats:
    """No input exceeds these, f64[n]: one backsubstitution for all, while there is time."""
    first = np.stack([form.on_first for form in forms])
    second = np.stack([form.on_second for form in forms])
    tops = np.array([form.plain(bounds) for form in forms])
    mixed = first.any(axis=1) & second.any(axis=1)
    if products(bounds.pair.first) <= SMALL:
        mixed |= second.any(
            axis=1
        )  # the difference may say more of the second network than it does
    if mixed.any():
        both = (first + second)[mixed], second[mixed]
        tops[mixed] = np.minimum(tops[mixed], upper_of_outputs(bounds, System.JOINT, both, over))
    for system, rows, others in ((System.FIRST, first, second), (System.SECOND, second, first)):
        alone = ~others.any(axis=1)
        if alone.any():
            top = upper_of_outputs(bounds, system, (rows[alone], None), over)
            tops[alone] = np.minimum(tops[alone], top)
    return tops


def gaps(queries: Sequence[Query], bounds: Bounds, over: Over = never) -> list[tuple[bool, float]]:
    """For each query, whether the bounds alone rule it out, and the upper bound of its goal.

    Once the time is ``over``, the outputs' intervals alone count.
    """
    forms: list[Form] = []
    places: list[list[int]] = []
    known: dict[int, int] = {}
    for query in queries:
        place = []
        for form in (query.goal, *query.also):
            if id(form) not in known:
                known[id(form)] = len(forms)
                forms.append(form)
            place.append(known[id(form)])
        places.append(place)
    tops = uppers(forms, bounds, over)
    ruled_out_and_top = []
    for query, place in zip(queries, places, strict=True):
        pairs = zip((query.goal, *query.also), place, strict=True)
        out = any(tops[at] < form.least for form, at in pairs)
        ruled_out_and_top.append((out, float(tops[place[0]])))
    return ruled_out_and_top


def gap(query: Query, bounds: Bounds, over: Over = never) -> tuple[bool, float]:
    """As ``gaps``, of one query."""
    return gaps((query,), bounds, over)[0]
