"""Properties of two networks over a box, as queries and as checks of single inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.query import Form, Query
from mendlite.errors import BadInputError, UnsupportedModelError

MOST_CLASSES = 64
"""Outputs of which all pairs are compared: the 4,032 questions of so many share 8,064 forms."""

SHOWN = 12
"""Outputs that a property's text names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBound:
    """``|second - first| < epsilon`` for every output in ``outputs``."""

    epsilon: float
    outputs: tuple[int, ...]

    @property
    def sign(self) -> float:
        """Of the outputs that decide a class: the largest."""
        return 1.0

    @property
    def text(self) -> str:
        """The property in words."""
        which = ", ".join(map(str, self.outputs[:SHOWN]))
        more = len(self.outputs) - SHOWN
        rest = f" and {more} more" if more > 0 else ""
        return f"|second - first| < {self.epsilon:g} on outputs {which}{rest}"

    def queries(self, size: int, _step: float | None) -> tuple[Query, ...]:
        """One for each output and each direction."""
        queries = []
        for output in self.outputs:
            for sign in (1.0, -1.0):
                row = sign * np.eye(size)[output]
                goal = Form(on_first=-row, on_second=row, least=self.epsilon)
                side = "above" if sign > 0 else "below"
                name = f"output {output} is {self.epsilon:g} or more {side} the first network's"
                queries.append(Query(name=name, goal=goal))
        return tuple(queries)

    def violated(self, first: Floats, error: Floats, second: Floats) -> NDArray[np.bool_]:
        """Inputs where it fails for sure; ``error`` bounds that of ``first``, all [n, N]."""
        apart = np.abs(second - first) - error
        chosen: NDArray[np.bool_] = (apart[:, list(self.outputs)] >= self.epsilon).any(axis=1)
        return chosen

    def kept(self, first: Floats, error: Floats, second: Floats) -> NDArray[np.bool_]:
        """Inputs where it holds for sure, as ``violated``."""
        apart = np.abs(second - first) + error
        chosen: NDArray[np.bool_] = (apart[:, list(self.outputs)] < self.epsilon).all(axis=1)
        return chosen

    def distance(self, first: Floats, second: Floats) -> Floats:
        """How close inputs come to violating it, f64[n]: larger is closer."""
        apart: Floats = np.abs(second - first)[:, list(self.outputs)].max(axis=1)
        return apart


@dataclass(frozen=True, slots=True, kw_only=True)
class SameClass:
    """Both networks choose the same class: the largest output, the lowest index where two tie.

    ``sign`` -1 makes it the smallest output.
    """

    sign: float = 1.0

    @property
    def text(self) -> str:
        """The property in words."""
        return "the class is the same"

    def queries(self, size: int, step: float | None) -> tuple[Query, ...]:
        """One for each pair of classes (first's, second's); they share their forms.

        Raises UnsupportedModelError for more than MOST_CLASSES.
        """
        if size > MOST_CLASSES:
            raise UnsupportedModelError(
                f"the model has {size} outputs, {size * (size - 1):,} pairs of classes to rule "
                f"out: at most {MOST_CLASSES} outputs are compared; use `property` error or "
                "class-is"
            )
        pairs = [(a, b) for a in range(size) for b in range(size) if a != b]
        first = {p: _ahead(size, *p, self.sign, None, second=False) for p in pairs}
        second = {p: _ahead(size, *p, self.sign, step, second=True) for p in pairs}
        return tuple(
            Query(
                name=f"first chooses class {a}, second class {b}",
                goal=second[b, a],
                also=(
                    *(first[a, j] for j in range(size) if j != a),
                    *(second[b, j] for j in range(size) if j not in (a, b)),
                ),
            )
            for a, b in pairs
        )

    def violated(self, first: Floats, error: Floats, second: Floats) -> NDArray[np.bool_]:
        """Inputs where it fails for sure: some class is surely above the second's choice."""
        chosen = (self.sign * second).argmax(axis=1)[:, None]
        if not error.any():  # bytes on both sides: the rule for ties decides
            apart: NDArray[np.bool_] = (self.sign * first).argmax(axis=1) != chosen[:, 0]
            return apart
        here = np.take_along_axis(self.sign * first + error, chosen, axis=1)
        others = self.sign * first - error
        np.put_along_axis(others, chosen, -np.inf, axis=1)
        surely: NDArray[np.bool_] = others.max(axis=1) > here[:, 0]
        return surely

    def kept(self, first: Floats, error: Floats, second: Floats) -> NDArray[np.bool_]:
        """Inputs where it holds for sure: the second's choice is surely above all others."""
        if not error.any():
            return ~self.violated(first, error, second)
        chosen = (self.sign * second).argmax(axis=1)[:, None]
        here = np.take_along_axis(self.sign * first - error, chosen, axis=1)
        others = self.sign * first + error
        np.put_along_axis(others, chosen, -np.inf, axis=1)
        surely: NDArray[np.bool_] = others.max(axis=1) < here[:, 0]
        return surely

    def distance(self, first: Floats, second: Floats) -> Floats:
        """How close inputs come to violating it: the smaller of both margins, less is closer."""
        chosen = (self.sign * first).argmax(axis=1)[:, None]
        own = np.take_along_axis(self.sign * second, chosen, axis=1)[:, 0]
        others = self.sign * second.copy()
        np.put_along_axis(others, chosen, -np.inf, axis=1)
        distance: Floats = others.max(axis=1) - own
        return distance


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassIs:
    """The second network chooses class ``wanted``."""

    wanted: int
    sign: float = 1.0

    @property
    def text(self) -> str:
        """The property in words."""
        return f"the second network's class is {self.wanted}"

    def queries(self, size: int, step: float | None) -> tuple[Query, ...]:
        """One for each other class: some output being ahead is enough to lose."""
        return tuple(
            Query(
                name=f"second prefers class {other}",
                goal=_ahead(size, other, self.wanted, self.sign, step, second=True),
            )
            for other in range(size)
            if other != self.wanted
        )

    def violated(self, _first: Floats, _error: Floats, second: Floats) -> NDArray[np.bool_]:
        """Inputs where it fails."""
        violated: NDArray[np.bool_] = (self.sign * second).argmax(axis=1) != self.wanted
        return violated

    def kept(self, first: Floats, error: Floats, second: Floats) -> NDArray[np.bool_]:
        """Inputs where it holds."""
        return ~self.violated(first, error, second)

    def distance(self, _first: Floats, second: Floats) -> Floats:
        """How close inputs come to violating it, f64[n]."""
        others = self.sign * second.copy()
        own = others[:, self.wanted].copy()
        others[:, self.wanted] = -np.inf
        distance: Floats = others.max(axis=1) - own
        return distance


Property = ErrorBound | SameClass | ClassIs


def questions(wanted: Property, size: int, step: float | None) -> tuple[Query, ...]:
    """The property's queries for networks of ``size`` outputs.

    Raises BadInputError where there is none: over one output every statement about classes holds,
    and a proof of it means nothing.
    """
    queries = wanted.queries(size, step)
    if not queries:
        raise BadInputError(
            f"the model has {size} output: there are no classes to tell apart; use `property` error"
        )
    return queries


def _ahead(
    size: int, winner: int, loser: int, sign: float, step: float | None, *, second: bool
) -> Form:
    """``winner`` is not below ``loser``, and above it where it has the higher index."""
    row = sign * (np.eye(size)[winner] - np.eye(size)[loser])
    # Half a step less than the whole one that integers ask for: rounding must not decide.
    least = 0.75 * step if step is not None and winner > loser else -1e-9 * (step or 0.0)
    none = np.zeros(size)
    if second:
        return Form(on_first=none, on_second=row, least=least)
    return Form(on_first=row, on_second=none, least=least)
