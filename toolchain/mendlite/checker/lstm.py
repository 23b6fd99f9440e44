"""UNIDIRECTIONAL_SEQUENCE_LSTM, step by step: int8 or int16 with an int16 cell state, and float32.

``LstmStepInteger8x8_16`` of LiteRT's ``lstm_eval.cc`` under ``tflite_ref``, ``LstmStep`` of TFLite
Micro's ``lstm_eval.cc``, which alone has int16, under the other profiles. Gates: input, forget,
cell, output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from mendlite.checker.fixed_curves import tanh_of_24ths, wide_logistic
from mendlite.checker.rounding import Integers, divide_by_power, scale_each
from mendlite.checker.short_curves import LEAST, MOST, short_logistic, short_tanh
from mendlite.checker.step import Array, RunningOperator
from mendlite.checker.wide import scale_wide

WEIGHTS, RECURRENT, BIASES = range(1, 5), range(5, 9), range(12, 16)
"""Inputs by gate."""

HIDDEN, CELL = 18, 19
"""Inputs that are the states."""

CELL_CLIP = 1
"""The option that limits the cell state; 0: it does not."""

SUM, SHARE = 2.0**-12, 2.0**-15
"""Steps of the gates' sums and of their outputs."""


def gate_factors(step: RunningOperator, slot: int, slots: range) -> list[float]:
    """Real multipliers, one a gate, from products with the input of ``slot`` to gate sums."""
    kind = np.float32 if step.profile == "tflite_ref" else np.float64
    source = kind(step.tensor(slot).scale)
    with np.errstate(over="ignore"):
        return [float(source * kind(step.tensor(s).scale)) / SUM for s in slots]


def cell_power(step: RunningOperator) -> int:
    """The exponent of the cell state's scale, which is a power of two."""
    return int(np.log2(step.tensor(CELL).scale))


def run_lstm(step: RunningOperator) -> Array:
    """The outputs of all steps, each product summed in int64 or float64."""
    if step.kind(0) == "float32":
        return _float(step, np.dtype(np.float64))
    return _whole(step, np.dtype(np.int64))


def run_fast_lstm(step: RunningOperator) -> Array:
    """The same by BLAS: the sums are below 2**31, where float64 is exact."""
    return _float(step, np.dtype(np.float64)) if _is_float(step) else _whole(step, np.dtype("f8"))


def run_single_lstm(step: RunningOperator) -> Array:
    """A float LSTM summed in float32, as a float interpreter does."""
    return _float(step, np.dtype(np.float32)) if _is_float(step) else run_fast_lstm(step)


def _is_float(step: RunningOperator) -> bool:
    return step.kind(0) == "float32"


def _stacked(step: RunningOperator, slots: range) -> Array:
    """The constants of all gates, one below the other."""
    return np.concatenate([step.values[slot] for slot in slots])


@cache
def _curves(power: int, *, desktop: bool) -> tuple[Array, Array, Array]:
    """Logistic and tanh of gate sums, and tanh of the cell state, of every int16."""
    x = np.arange(LEAST, MOST + 1, dtype=np.int64)
    if desktop:
        return short_logistic(x), short_tanh(x, 3), short_tanh(x, 15 + power)
    right = -12 - power
    half = 1 << (right - 1) if right > 0 else 0
    in_24ths = (3 * x + half) >> right if right > 0 else 3 * x << -right
    return wide_logistic(x, SUM), tanh_of_24ths(3 * x), tanh_of_24ths(in_24ths)


@dataclass(frozen=True)
class _Cell:
    """What one step of the integer LSTM computes besides its products."""

    step: RunningOperator

    @cached_property
    def desktop(self) -> bool:
        """Whether LiteRT's step is followed."""
        return self.step.profile == "tflite_ref"

    @cached_property
    def power(self) -> int:
        """The exponent of the cell state's scale."""
        return cell_power(self.step)

    def curve(self, which: int, x: Integers) -> Integers:
        """One of ``_curves`` at ``x``."""
        return np.asarray(_curves(self.power, desktop=self.desktop)[which][x - LEAST])

    def gates(self, sums: Integers) -> list[Integers]:
        """The gates' outputs of their sums [n, 4 * cells]."""
        parts = np.split(np.clip(sums, LEAST, MOST), 4, axis=1)
        return [self.curve(int(gate == 2), part) for gate, part in enumerate(parts)]

    def cell(self, old: Integers, gates: list[Integers]) -> Integers:
        """The next cell state."""
        kept, added = gates[1] * old, gates[0] * gates[2]
        if self.desktop:
            state = divide_by_power(kept, 15) + divide_by_power(added, 30 + self.power)
        else:
            scaled = self.step.scaled
            state = np.clip(scaled(kept, SHARE), LEAST, MOST)
            state += np.clip(scaled(added, SHARE * SHARE / 2.0**self.power), LEAST, MOST)
        limit = self.limit
        return np.clip(np.clip(state, LEAST, MOST), -limit, limit)

    @cached_property
    def limit(self) -> int:
        """The largest cell state that the option allows; 2**15 allows all."""
        real = float(self.step.op.option(CELL_CLIP, "f"))
        return min(int(real / 2.0**self.power), MOST) if real > 0 else 2**15

    def output(self, cell: Integers, gate: Integers) -> Integers:
        """The output, stored."""
        out, product = self.step.output, gate * self.curve(2, cell)
        if self.desktop:
            real = float(np.float32(SHARE) / np.float32(out.scale) * np.float32(SHARE))
        else:
            real = SHARE * SHARE / out.scale
        ends = np.iinfo(np.dtype(str(out.dtype)))
        return np.clip(self.step.scaled(product, real) + out.zero, ends.min, ends.max)


def _whole(step: RunningOperator, kind: np.dtype[Any]) -> Array:
    """int8 or int16; products are summed in type ``kind``, which holds them exactly."""
    x = step.values[0].astype(kind)
    count, steps, width = x.shape
    products = _products(step, 0, WEIGHTS, kind)
    recurrent = _products(step, HIDDEN, RECURRENT, kind)
    bias = _stacked(step, BIASES).astype(np.int64)
    of_inputs = products(x.reshape(-1, width), bias).reshape(count, steps, -1)
    inner, cells = _Cell(step), len(bias) // 4
    hidden = np.full((count, cells), step.output.zero, np.int64)
    cell = np.zeros((count, cells), np.int64)
    outputs = np.empty((count, steps, cells), str(step.output.dtype))
    for at in range(steps):
        of_state = recurrent(hidden.astype(kind), np.zeros_like(bias))
        if not inner.desktop:
            of_state = np.clip(of_state, LEAST, MOST)
        gates = inner.gates(np.clip(of_inputs[:, at], LEAST, MOST) + of_state)
        cell = inner.cell(cell, gates)
        hidden = inner.output(cell, gates[3])
        outputs[:, at] = hidden
    return outputs


def _products(
    step: RunningOperator, slot: int, slots: range, kind: np.dtype[Any]
) -> Callable[[Array, Array], Integers]:
    """(rows [n, K], bias [4 * cells]) -> gate sums of the rows, in steps of 2**-12."""
    weights, zero = _stacked(step, slots).T.astype(kind), step.tensor(slot).zero
    each = np.repeat(gate_factors(step, slot, slots), weights.shape[1] // 4)

    def sums(rows: Array, bias: Array) -> Integers:
        acc = ((rows - kind.type(zero)) @ weights).astype(np.int64) + bias
        if step.kind(0) == "int16":
            return scale_wide(acc, each)
        return scale_each(acc, each, single=step.single)

    return sums


def _float(step: RunningOperator, kind: np.dtype[Any]) -> Array:
    """float32; products are summed in type ``kind``."""
    x = step.values[0].astype(kind)
    count, steps, width = x.shape
    weights, recurrent = (_stacked(step, slots).T.astype(kind) for slots in (WEIGHTS, RECURRENT))
    of_inputs = (x.reshape(-1, width) @ weights).reshape(count, steps, -1)
    of_inputs = of_inputs + _stacked(step, BIASES).astype(kind)
    limit = float(step.op.option(CELL_CLIP, "f")) or np.inf
    hidden = cell = np.zeros((count, recurrent.shape[0]), kind)
    outputs = np.empty((count, steps, recurrent.shape[0]), np.float32)
    for at in range(steps):
        into, forget, new, out = np.split(of_inputs[:, at] + hidden @ recurrent, 4, axis=1)
        cell = np.clip(_logistic(forget) * cell + _logistic(into) * np.tanh(new), -limit, limit)
        outputs[:, at] = _logistic(out) * np.tanh(cell)
        hidden = outputs[:, at].astype(kind)
    return outputs


def _logistic(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))
