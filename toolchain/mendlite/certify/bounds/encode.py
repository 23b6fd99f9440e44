"""A query as a mixed-integer linear program.

Variables: the integer inputs; of each network and node the sums and the outputs. A stable clamp
needs no sum of its own, an unstable one has a binary for each bound it may cross (QEBVerif,
section 4.3). A quantized output is an integer y with ``y = clip(W x + b + e)`` and e within the
noise that the exact accumulator thresholds allow: this holds for every input and, up to
accumulators next to a threshold, for nothing else. Values are in output steps, so that all are of
a few hundred. The bounds of reachability enter as variable bounds, and those of the differences as
cuts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.bounds import Bounds, Triple
from mendlite.certify.bounds.float_error import Floats
from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.network import Affine, InputBox, MaximumNode
from mendlite.certify.bounds.program_rows import SLACK, Ints, ProgramRows
from mendlite.certify.bounds.query import Form, Query
from mendlite.model.clock import TimeLimit
from mendlite.model.integer_program import IntegerProgram, Sense
from mendlite.model.interruption import TimeIsUpError


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """The rows of a pair over a box; ``inputs`` and both ``outputs`` are columns.

    A real output is its variable times ``units[network]``.
    """

    rows: ProgramRows
    inputs: Ints
    outputs: tuple[Ints, Ints]
    units: tuple[float, float]
    box: InputBox
    binaries: NDArray[np.bool_]

    def program(
        self, query: Query, floor: float | None = None, *, rounded: bool = True
    ) -> IntegerProgram:
        """Maximise the query's goal under its conditions; the goal itself at least ``floor``.

        Where not ``rounded``, only the clamps' binaries are integers: a relaxation that a solver
        searches much faster, and that proves as well.
        """
        rows = self.rows
        extra = ProgramRows()
        extra.count = rows.count
        for form in query.also:
            self._form(extra, form, form.least)
        if floor is not None:
            self._form(extra, query.goal, floor)
        columns, values = self._terms(query.goal)
        cost = np.zeros(rows.count)
        cost[columns] = values
        start = np.concatenate([rows.start, rows.start[-1] + np.array(extra.start[1:], np.int64)])
        return IntegerProgram(
            start=start.astype(np.int32),
            column=np.concatenate([*rows.column, *extra.column]).astype(np.int32),
            value=np.concatenate([*rows.value, *extra.value]),
            row_lower=np.array(rows.row_lower + extra.row_lower),
            row_upper=np.array(rows.row_upper + extra.row_upper),
            lower=np.concatenate(rows.lower),
            upper=np.concatenate(rows.upper),
            integer=np.concatenate(rows.integer) & (rounded | self.binaries),
            cost=cost,
            sense=Sense.MAXIMISE,
        )

    def _terms(self, form: Form) -> tuple[Ints, Floats]:
        values = np.concatenate([form.on_first * self.units[0], form.on_second * self.units[1]])
        columns = np.concatenate(self.outputs)
        kept = values != 0
        return columns[kept], values[kept]

    def _form(self, extra: ProgramRows, form: Form, least: float) -> None:
        columns, values = self._terms(form)
        unit = max(self.units)
        extra.row(columns, values / unit, least / unit, np.inf)

    def input_of(self, point: Floats) -> Ints:
        """The integer input of a solver's point, i64[K], within the box."""
        rounded = np.rint(point[self.inputs]).astype(np.int64) + self.box.zero_point
        clipped: Ints = np.clip(rounded, self.box.low, self.box.high)
        return clipped


def encode(bounds: Bounds, box: InputBox, limit: TimeLimit) -> Encoding | None:
    """The rows of both networks and of the bounds; None where the time did not suffice."""
    try:
        return _Encoder(bounds, box, limit).encoding()
    except TimeIsUpError:
        return None


class _Encoder:
    """Walks the nodes once; tensors are (columns, unit) for each network."""

    def __init__(self, bounds: Bounds, box: InputBox, limit: TimeLimit) -> None:
        self.bounds, self.box, self.rows, self.limit = bounds, box, ProgramRows(), limit
        zero = box.zero_point
        inputs = self.rows.variables(
            (box.low - zero).astype(float), (box.high - zero).astype(float), integer=True
        )
        self.inputs = inputs
        self.sums: list[Ints] = []  # of the node at work: a column for each sum, -1 for none
        self.tensors: list[list[tuple[Ints, float]]] = [
            [(inputs, box.scale)], [(inputs, box.scale)]
        ]  # fmt: skip
        pair = bounds.pair
        for node, step in enumerate(pair.steps):
            if isinstance(step, MaximumNode):
                self._maximum(step, node)
                continue
            sums = bounds.sums[node]
            assert sums is not None  # noqa: S101 - an affine node has sums
            unit = step.second.step or step.first.step or 1.0
            self.sums = []
            for which, affine in enumerate((step.first, step.second)):
                self._node(which, affine, node, sums, affine.step or unit)
            self._cuts(node)
            self._planes(node)

    def encoding(self) -> Encoding:
        """What was built."""
        ends = self.tensors[0][-1], self.tensors[1][-1]
        binaries = np.zeros(self.rows.count, bool)
        binaries[self.rows.binaries] = True
        return Encoding(
            rows=self.rows, inputs=self.inputs, outputs=(ends[0][0], ends[1][0]),
            units=(ends[0][1], ends[1][1]), box=self.box, binaries=binaries,
        )  # fmt: skip

    def _node(self, which: int, affine: Affine, node: int, sums: Triple, unit: float) -> None:
        """Outputs, sums and clamps of one node of one network."""
        x = sums.first if which == 0 else sums.second
        triple = self.bounds.tensors[node + 1]
        out = triple.first if which == 0 else triple.second
        columns = self.rows.variables(
            out.lower / unit - 1e-9, out.upper / unit + 1e-9, integer=affine.step is not None
        )
        if affine.step is not None:  # integers: the bounds, too
            self.rows.lower[-1] = np.ceil(out.lower / unit - SLACK)
            self.rows.upper[-1] = np.floor(out.upper / unit + SLACK)
        moving = np.flatnonzero(self.rows.upper[-1] > self.rows.lower[-1])
        terms = self._terms(which, affine, moving, unit)
        self.sums.append(np.full(affine.size, -1, np.int64))
        for n, (read, values) in zip(moving, terms, strict=True):
            self.limit.require()
            bias = affine.bias[n] / unit
            noise = affine.noise.lower[n] / unit, affine.noise.upper[n] / unit
            stable = x.lower[n] >= affine.low[n] and x.upper[n] <= affine.high[n]
            target = int(columns[n])
            if not stable:
                low, high = x.lower[n] / unit, x.upper[n] / unit
                target = int(
                    self.rows.variables(np.array([low]), np.array([high]), integer=False)[0]
                )
                clamp = affine.low[n] / unit, affine.high[n] / unit
                self._clamp(int(columns[n]), target, (low, high), clamp)
            self.sums[-1][n] = target
            self.rows.row(
                np.concatenate([[target], read]), np.concatenate([[1.0], -values]),
                bias + noise[0], bias + noise[1],
            )  # fmt: skip
        self.tensors[which].append((columns, unit))

    def _terms(
        self, which: int, affine: Affine, chosen: Ints, unit: float
    ) -> list[tuple[Ints, Floats]]:
        """(columns, values) of the sums ``chosen``."""
        terms: list[list[tuple[Ints, Floats]]] = [[] for _ in chosen]
        for mapped, source in zip(affine.maps, affine.sources, strict=True):
            columns, scale = self.tensors[which][source]
            for parts, (index, values) in zip(terms, mapped.matrix_rows(chosen), strict=True):
                parts.append((columns[index], values * (scale / unit)))
        return [
            (np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]))
            for parts in terms
        ]

    def _clamp(self, y: int, x: int, span: tuple[float, float], clamp: tuple[float, float]) -> None:
        """``y = clip(x, *clamp)`` for x in ``span`` that crosses one bound or both."""
        (low, high), (least, most) = span, clamp
        rows = self.rows
        above: list[tuple[int, float]] = []  # what y may exceed x by
        below: list[tuple[int, float]] = []
        room = fall = 0.0
        if low < least:
            active = rows.binary()
            # active = 0: y is at its least; 1: y is not above x.
            above, room = [(active, least - low)], least - low
            top = min(high, most)
            rows.few([(y, 1.0), (active, -(top - least))], -np.inf, least)
            rows.few([(x, 1.0), (active, -(high - least))], -np.inf, least)
        if high > most:
            free = rows.binary()
            # free = 0: y is at its most; 1: y is not below x.
            below, fall = [(free, -(high - most))], high - most
            bottom = max(low, least)
            rows.few([(y, 1.0), (free, most - bottom)], most, np.inf)
            rows.few([(x, 1.0), (free, most - low)], most, np.inf)
        rows.few([(y, 1.0), (x, -1.0), *above], -np.inf, room)
        rows.few([(y, 1.0), (x, -1.0), *below], -fall, np.inf)

    def _cuts(self, node: int) -> None:
        """Bounds of the difference of each output that moves in either network."""
        apart: Interval = self.bounds.tensors[node + 1].difference
        (first, one), (second, two) = self.tensors[0][-1], self.tensors[1][-1]
        unit = max(one, two)
        for n in range(apart.lower.size):
            self.limit.require()
            self.rows.few(
                [(int(second[n]), two / unit), (int(first[n]), -one / unit)],
                float(apart.lower[n] / unit), float(apart.upper[n] / unit),
            )  # fmt: skip

    def _planes(self, node: int) -> None:
        """The difference's relaxations where a clamp is unstable, and the sums' difference."""
        sums, sides = self.bounds.sums[node], self.bounds.sides[node]
        assert sums is not None and sides is not None  # noqa: S101, PT018 - an affine node
        (first, one), (second, two) = self.tensors[0][-1], self.tensors[1][-1]
        unit = max(one, two)
        f, q = self.sums
        for n in np.flatnonzero((f >= 0) & (q >= 0)):
            if f[n] == first[n] and q[n] == second[n]:
                continue
            x, y = (int(f[n]), one / unit), (int(q[n]), two / unit)
            apart = sums.difference
            self.rows.few(
                [y, (x[0], -x[1])], float(apart.lower[n] / unit), float(apart.upper[n] / unit)
            )
            for plane, above in zip(sides.difference, (True, False), strict=True):
                slope, cross = float(plane.on_difference[n]), float(plane.on_value[n])
                terms = [(int(second[n]), two / unit), (int(first[n]), -one / unit)]
                terms += [(y[0], -slope * y[1]), (x[0], (slope - cross) * x[1])]
                offset = float(plane.offset[n] / unit)
                self.rows.few(terms, -np.inf if above else offset, offset if above else np.inf)

    def _maximum(self, step: MaximumNode, node: int) -> None:
        """Each maximum is one of its taps, by a binary each, unless one is always the largest."""
        chosen = self.bounds.chosen[node]
        assert chosen is not None  # noqa: S101 - a MaximumNode has them
        triple = self.bounds.tensors[node + 1]
        for which, out in enumerate((triple.first, triple.second)):
            columns, unit = self.tensors[which][step.source]
            y = self.rows.variables(
                out.lower / unit - SLACK, out.upper / unit + SLACK, integer=False
            )
            for n, winner in enumerate(chosen):
                self.limit.require()
                taps = np.unique(step.index[n]) if winner < 0 else np.array([winner])
                if taps.size == 1:
                    self.rows.few([(int(y[n]), 1.0), (int(columns[taps[0]]), -1.0)], 0.0, 0.0)
                    continue
                self._one_of(int(y[n]), columns[taps])
            self.tensors[which].append((y, unit))
        self._cuts(node)

    def _one_of(self, y: int, taps: Ints) -> None:
        lower = np.concatenate(self.rows.lower)[taps]
        top = float(np.concatenate(self.rows.upper)[y])
        picks = []
        for tap, least in zip(taps, lower, strict=True):
            pick = self.rows.binary()
            picks.append((pick, 1.0))
            slack = max(top - float(least), 0.0)
            self.rows.few([(y, 1.0), (int(tap), -1.0)], 0.0, np.inf)
            self.rows.few([(y, 1.0), (int(tap), -1.0), (pick, slack)], -np.inf, slack)
        self.rows.few(picks, 1.0, 1.0)
