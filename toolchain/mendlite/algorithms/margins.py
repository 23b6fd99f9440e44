"""Logit margins on a last dense layer: few bytes that put outputs on the right side.

The greedy counterpart of a joint MILP over the classes: each turn takes the change of one weight or
bias that lowers the sum of violations most per new byte, then changes that turned out needless
are reverted. Outputs are compared in steps of the output's scale, where a difference of one step
before rounding is a difference of at least one byte behind it: rounding is monotone and
round(x + 1) = round(x) + 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.exact_products import whole_product
from mendlite.arith.ordered_sums import ordered_sum, total_of
from mendlite.model.tensor import WEIGHT_LIMIT

Floats = NDArray[np.float64]

WEIGHT_STEPS = (1, -1, 2, -2, 4, -4)
CANDIDATES = 48
"""Weights of one output that are tried in a turn: those with the steepest gradient."""

COLUMNS = 16
"""Outputs that are worked on in a turn: those with the most to lose."""

BIAS_BYTES = 4

REACH = 6.0
"""Steps by which a failing test may miss and still be worth fixing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLayer:
    """A dense layer and n rows of its input.

    ``rows`` i64[n, K] are x_q - z_x; ``weights`` i64[C, K]; ``bias`` i64[C] or None; ``unit``
    f64[C] is one accumulator unit in steps of the output. ``weight_range`` are the smallest and
    the largest weight.
    """

    rows: NDArray[np.int64]
    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None
    unit: Floats
    weight_range: tuple[int, int] = (-WEIGHT_LIMIT, WEIGHT_LIMIT)

    def outputs(self) -> Floats:
        """Outputs before rounding in steps of the output's scale, f64[n, C]."""
        acc = self.rows.astype(np.float64) @ self.weights.T.astype(np.float64)
        if self.bias is not None:
            acc += self.bias
        return acc * self.unit


class Violation(Protocol):
    """Sum of violations of all tests as a function of the outputs."""

    def total(self, outputs: Floats, column: int, values: Floats) -> Floats:
        """Sums f64[m] with ``outputs`` [n, C], whose ``column`` is each of ``values`` [n, m]."""

    def gradient(self, outputs: Floats) -> Floats:
        """Derivative of the sum by every output, f64[n, C]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMargins:
    """The required class must lead by a step. ``required`` i64[n]; ``weight`` f64[n] per test."""

    required: NDArray[np.int64]
    weight: Floats

    def total(self, outputs: Floats, column: int, values: Floats) -> Floats:
        """Weighted hinges, capped at REACH + 1: a hopeless test pulls at nothing."""
        index = np.arange(len(outputs))
        own = outputs[index, self.required]
        rest = outputs.copy()
        rest[index, self.required] = -np.inf
        rest[:, column] = -np.inf
        here = (self.required == column)[:, None]
        rival = rest.max(axis=1)[:, None]
        lead = np.where(here, values - rival, own[:, None] - np.maximum(rival, values))
        # The weights are whole numbers: 1 and the price.
        return whole_product(self.weight, np.clip(1 - lead, 0, REACH + 1))

    def gradient(self, outputs: Floats) -> Floats:
        """Minus one at the required class of a violated test, plus one at its rival."""
        index = np.arange(len(outputs))
        rest = outputs.copy()
        rest[index, self.required] = -np.inf
        rival = rest.argmax(axis=1)
        lead = outputs[index, self.required] - outputs[index, rival]
        pull = np.where((lead < 1) & (lead > -REACH), self.weight, 0.0)
        slope = np.zeros_like(outputs)
        slope[index, self.required] -= pull
        slope[index, rival] += pull
        return slope


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBounds:
    """Each output must be within ``tolerance`` of its ``target`` f64[n, C], all in steps."""

    target: Floats
    tolerance: float

    def total(self, outputs: Floats, column: int, values: Floats) -> Floats:
        """Sum of what exceeds the tolerance."""
        others = np.abs(outputs - self.target) - self.tolerance
        others[:, column] = 0.0
        own = np.abs(values - self.target[:, column, None]) - self.tolerance
        return ordered_sum(np.maximum(own, 0)) + total_of(np.maximum(others, 0))

    def gradient(self, outputs: Floats) -> Floats:
        """The sign of each error beyond the tolerance."""
        error = outputs - self.target
        return np.where(np.abs(error) > self.tolerance, np.sign(error), 0.0)


@dataclass(slots=True, kw_only=True)
class MarginSearch:
    """The layer as changed so far."""

    layer: LastLayer
    violation: Violation
    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None
    outputs: Floats
    best: float
    changed: set[tuple[int, int]] = field(default_factory=set)

    def columns(self) -> list[tuple[float, int, int, int]]:
        """Every promising change as (gain per new byte, output, weight or -1, step)."""
        gradient, (least, most) = self.violation.gradient(self.outputs), self.layer.weight_range
        changes: list[tuple[float, int, int, int]] = []
        mass = np.abs(gradient).sum(axis=0)
        for column in np.argsort(-mass, kind="stable")[:COLUMNS]:
            if mass[column] == 0:
                break
            pull = (gradient[:, column] @ self.layer.rows) * self.layer.unit[column]
            order = np.argsort(-np.abs(pull), kind="stable")[:CANDIDATES]
            moves = [(int(k), s) for k in order for s in WEIGHT_STEPS if s * pull[k] < 0]
            moves = [m for m in moves if least <= self.weights[column, m[0]] + m[1] <= most]
            if self.bias is not None:
                step = max(1, round(0.25 / float(self.layer.unit[column])))
                sign = -1 if gradient[:, column].sum() > 0 else 1
                moves += [(-1, sign * step), (-1, sign * 4 * step)]
            if moves:
                changes += self._tried(int(column), moves)
        return changes

    def _tried(
        self, column: int, moves: list[tuple[int, int]]
    ) -> list[tuple[float, int, int, int]]:
        rows, unit = self.layer.rows, self.layer.unit[column]
        moved = np.stack(
            [rows[:, k] * s if k >= 0 else np.full(len(rows), s) for k, s in moves], axis=1
        )
        values = self.outputs[:, column, None] + moved * unit
        gains = self.best - self.violation.total(self.outputs, column, values)
        costs = [self._cost(column, k) for k, _ in moves]
        return [
            (float(g) / c, column, k, s) for g, c, (k, s) in zip(gains, costs, moves, strict=True)
        ]

    def _cost(self, column: int, k: int) -> float:
        """New bytes of a change; one that is there already costs a tenth."""
        if (column, k) in self.changed:
            return 0.1
        return 1.0 if k >= 0 else 2.0

    def fits(self, column: int, k: int, bytes_allowed: int | None) -> bool:
        """Whether the change leaves the patch within ``bytes_allowed``."""
        if bytes_allowed is None or (column, k) in self.changed:
            return True
        used = sum(1 if key[1] >= 0 else BIAS_BYTES for key in self.changed)
        return used + (1 if k >= 0 else BIAS_BYTES) <= bytes_allowed

    def apply(self, column: int, k: int, step: int) -> None:
        """Make one change."""
        if k >= 0:
            self.weights[column, k] += step
            moved = self.layer.rows[:, k] * step
        elif self.bias is not None:
            self.bias[column] += step
            moved = np.full(len(self.layer.rows), step)
        self.outputs[:, column] += moved * self.layer.unit[column]
        own = self.outputs[:, column, None]
        self.best = float(self.violation.total(self.outputs, column, own)[0])
        self.changed.add((column, k))

    def prune(self) -> None:
        """Revert changes without which the violations are no larger."""
        for column, k in sorted(self.changed):
            if k >= 0:
                step = int(self.layer.weights[column, k] - self.weights[column, k])
            else:
                step = _back(self.layer.bias, self.bias, column)
            before = self.best
            self.apply(column, k, step)
            if self.best > before + 1e-9:
                self.apply(column, k, -step)


def _back(was: NDArray[np.int64] | None, now: NDArray[np.int64] | None, column: int) -> int:
    return 0 if was is None or now is None else int(was[column] - now[column])


def repair_margins(
    layer: LastLayer, violation: Violation, changes: int, bytes_allowed: int | None = None
) -> LastLayer:
    """The layer with at most ``changes``, in ``bytes_allowed``, that lower the violations."""
    outputs = layer.outputs()
    search = MarginSearch(
        layer=layer,
        violation=violation,
        weights=layer.weights.copy(),
        bias=None if layer.bias is None else layer.bias.copy(),
        outputs=outputs,
        best=float(violation.total(outputs, 0, outputs[:, :1])[0]),
    )
    for _ in range(changes):
        fitting = [m for m in search.columns() if search.fits(m[1], m[2], bytes_allowed)]
        best = max(fitting, key=lambda m: (m[0], -abs(m[3])), default=None)
        if best is None or best[0] <= 1e-9:
            break
        search.apply(*best[1:])
    search.prune()
    return replace(layer, weights=search.weights, bias=search.bias)
