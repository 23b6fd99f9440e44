"""The steps of an LSTM over a sequence, in exact integers and in float32.

Source of the integer steps: ``LstmStepInteger8x8_16`` of TFLite's ``lstm_eval.cc``, and
``EvalLstm`` of TFLite Micro's ``lstm_eval.h``. Gates are in the order of the operator's inputs:
input, forget, cell, output. Their sums are int16 in steps of 2**-12, their outputs int16 in steps
of 2**-15.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith import elementary
from mendlite.arith.scaled_products import FloatProducts, Integers, Scaled, WideScaled

Words = NDArray[np.int16]
Elementwise = Callable[[Integers], Integers]

GATES = 4
CELL = 2
"""The gate whose curve is tanh; the others' is the logistic function."""

LEAST, MOST = -(2**15), 2**15 - 1


def _short(x: Integers) -> Integers:
    return np.clip(x, LEAST, MOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerLstm:
    """A prepared LSTM of int8 or int16 inputs and outputs with an int16 cell state.

    ``dtype`` is the type of inputs and outputs, ``cells`` the number of values of a state.
    ``curves`` i16[2 * 65536] are the logistic and the tanh table one behind the other,
    ``cell_tanh`` i16[65536] that of the cell state. ``kept`` and ``added`` scale products of a
    forget gate with the cell state, of an input gate with a cell gate; ``shown`` that of an output
    gate with the cell state's tanh, the zero-point included. ``cuts_both``: the recurrent sums are
    cut to int16 before they are added. ``clip``: largest |cell state|, None without a limit.
    """

    dtype: np.dtype[Any]
    cells: int
    inputs: Scaled | WideScaled
    recurrent: Scaled | WideScaled
    curves: Words
    cell_tanh: Words
    kept: Elementwise
    added: Elementwise
    shown: Elementwise
    zero_point: int
    cuts_both: bool
    clip: int | None

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        """Outputs [n, T, cells] of sequences [n, T, K], each from the first state on."""
        count, steps, width = x.shape
        sums = _short(self.inputs(x.reshape(-1, width))).reshape(count, steps, -1)
        hidden = np.full((count, self.cells), self.zero_point, self.dtype)
        cell = np.zeros((count, self.cells), np.int64)
        result = np.empty((count, steps, self.cells), self.dtype)
        which = np.repeat(np.arange(GATES) == CELL, self.cells) * len(self.cell_tanh) - LEAST
        for step in range(steps):
            recurrent = self.recurrent(hidden)
            recurrent = _short(recurrent) if self.cuts_both else recurrent
            gates = self.curves[_short(sums[:, step] + recurrent) + which].astype(np.int64)
            cell, hidden = self._step(np.split(gates, GATES, axis=1), cell)
            result[:, step] = hidden
        return result

    def _step(self, gates: list[Integers], cell: Integers) -> tuple[Integers, NDArray[Any]]:
        """The states after one step."""
        into, forget, new, out = gates
        cell = _short(self.kept(forget * cell) + self.added(into * new))
        if self.clip is not None:
            cell = np.clip(cell, -self.clip, self.clip)
        shown = self.shown(out * self.cell_tanh[cell - LEAST].astype(np.int64))
        ends = np.iinfo(self.dtype)
        return cell, np.clip(shown, ends.min, ends.max).astype(self.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatLstm:
    """A prepared LSTM of float32; ``bias`` f64[4 * cells], ``clip`` as ``IntegerLstm``."""

    inputs: FloatProducts
    recurrent: FloatProducts
    bias: NDArray[np.float64]
    clip: float | None

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs f32[n, T, cells] of sequences f32[n, T, K]."""
        count, steps, width = x.shape
        sums = (self.inputs(x.reshape(-1, width)) + self.bias).reshape(count, steps, -1)
        cells = self.bias.size // GATES
        hidden, cell = np.zeros((2, count, cells))
        result = np.empty((count, steps, cells), np.float32)
        for step in range(steps):
            gates = np.split(sums[:, step] + self.recurrent(hidden), GATES, axis=1)
            into, forget, out = (elementary.logistic(gates[i]) for i in (0, 1, 3))
            cell = forget * cell + into * elementary.tanh(gates[CELL])
            if self.clip is not None:
                cell = np.clip(cell, -self.clip, self.clip)
            result[:, step] = out * elementary.tanh(cell)
            hidden = result[:, step].astype(np.float64)
        return result

    def sums(self, x: NDArray[Any], outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Gate sums f64[n, T, 4 * cells] of sequences [n, T, K] with these outputs."""
        count, steps, width = x.shape
        before = previous(outputs, 0.0)
        of_inputs = self.inputs(x.reshape(-1, width))
        of_states = self.recurrent(before.reshape(count * steps, -1))
        result: NDArray[np.float64] = (of_inputs + of_states + self.bias).reshape(count, steps, -1)
        return result


def previous(outputs: NDArray[Any], first: float) -> NDArray[Any]:
    """The recurrent inputs [n, T, cells] of the steps: the outputs one step before."""
    before = np.empty_like(outputs)
    before[:, 0], before[:, 1:] = first, outputs[:, :-1]
    return before
