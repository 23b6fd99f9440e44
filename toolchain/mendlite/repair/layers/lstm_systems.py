"""The gates of an LSTM as two systems of rows: its inputs, and its outputs one step before.

Each step of each sample is a row. The gates' weights of one operand are solved while those of the
other, whose products count in other units, stay: their share of a row is taken off its target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.system import targets
from mendlite.claims.squares import FileLayer
from mendlite.model.delta import TensorEdit
from mendlite.model.graph import Model
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.model.recurrent import Lstm
from mendlite.repair.layers.system_builder import coarse_rows, fraction_bits
from mendlite.tflite.edits import data_edit

SATURATED = 8.0
"""Gate sums end at plus or minus this: beyond it any is as good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRows:
    """Drawn steps, less zero-points: inputs i16[S, K], and outputs one step before i16[S, cells].

    Both count in ``units`` of their tensors' steps: 1 of int8, of int16 a power of two, with which
    the squared distances of the sums stay within int64. ``sums`` f64[S, 4 * cells] are the float
    model's gate sums there.
    """

    rows: tuple[NDArray[np.int16], NDArray[np.int16]]
    units: tuple[int, int]
    sums: NDArray[np.float64]

    @staticmethod
    def of(
        inputs: NDArray[np.int16], before: NDArray[np.int16], sums: NDArray[np.float64]
    ) -> GateRows:
        """Of stored values less their zero-points."""
        (inputs, one), (before, other) = coarse_rows(inputs), coarse_rows(before)
        return GateRows(rows=(inputs, before), units=(one, other), sums=sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """The weights of all gates for one operand.

    ``tensors`` are theirs, ``biases`` those of the biases that count in the same units (none for
    the outputs before), ``source`` the operand's tensor, in so many of whose steps the rows count
    (``steps``).
    """

    tensors: Sequence[int]
    biases: Sequence[int]
    source: int
    steps: int

    def stored(self, model: Model) -> FileLayer:
        """The integers in the file, all gates one behind the other.

        Biases count in ``steps``; what is left of one is its fixed bias.
        """
        weights = np.concatenate([model.tensors[t].constant() for t in self.tensors])
        if not self.biases:
            return FileLayer(
                weights=weights.astype(np.int64), bias=None, fixed_bias=np.zeros(len(weights))
            )
        bias = np.concatenate([model.tensors[t].constant() for t in self.biases]).astype(np.int64)
        whole = bias // self.steps
        return FileLayer(
            weights=weights.astype(np.int64),
            bias=whole,
            fixed_bias=(bias - whole * self.steps) / self.steps,
        )

    def scale(self, model: Model) -> NDArray[np.float64]:
        """The weights' scales f64[4 * cells]."""
        each = [model.tensors[t] for t in self.tensors]
        return np.concatenate([np.full(t.shape[0], t.scale) for t in each])

    def unit(self, model: Model) -> NDArray[np.float64]:
        """The real value f64[4 * cells] of one step of a product of rows and weights."""
        return self.scale(model) * (model.tensors[self.source].scale * self.steps)

    def share(self, model: Model, rows: NDArray[np.int16]) -> NDArray[np.float64]:
        """What the operand adds to the gates' sums, f64[S, 4 * cells]."""
        stored = self.stored(model)
        products = rows.astype(np.float64) @ stored.weights.T.astype(np.float64)
        if stored.bias is not None:
            products += stored.bias + stored.fixed_bias
        shares: NDArray[np.float64] = products * self.unit(model)
        return shares

    def editable(self, model: Model) -> NDArray[np.bool_]:
        """bool[4 * cells]: gates whose bytes no other tensor shares."""
        biases = self.biases or self.tensors
        free = [
            not any(buffer is None or buffer.shared for buffer in (w.buffer, b.buffer))
            for w, b in zip(
                (model.tensors[t] for t in self.tensors),
                (model.tensors[t] for t in biases),
                strict=True,
            )
        ]
        return np.repeat(free, [model.tensors[t].shape[0] for t in self.tensors])


def operands(lstm: Lstm, units: tuple[int, int]) -> tuple[Operand, Operand]:
    """The inputs, with the biases, and the outputs one step before; ``units`` of ``GateRows``."""
    return (
        Operand(tensors=lstm.weights, biases=lstm.biases, source=lstm.input, steps=units[0]),
        Operand(tensors=lstm.recurrent, biases=(), source=lstm.output, steps=units[1]),
    )


def gate_system(
    model: Model,
    operand: Operand,
    rows: NDArray[np.int16],
    *,
    wanted: NDArray[np.float64],
    rest: NDArray[np.float64],
    real: NDArray[np.float64],
) -> LayerSystem:
    """The system of one operand's weights.

    ``wanted`` f64[S, C] are the gates' float sums, ``rest`` what the other operand adds to them,
    ``real`` f64[C, K] the float model's weights.
    """
    stored, unit = operand.stored(model), operand.unit(model)
    values = np.clip(wanted, -SATURATED, SATURATED) - rest
    bits = fraction_bits(values, unit)
    low, high = targets(
        float_targets=values,
        open_low=wanted <= -SATURATED,
        open_high=wanted >= SATURATED,
        unit=unit,
        fraction_bits=bits,
    )
    return LayerSystem(
        rows=rows,
        weights=stored.weights,
        bias=stored.bias,
        fixed_bias=stored.fixed_bias,
        low=low,
        high=high,
        fraction_bits=bits,
        weights_float=real / operand.scale(model)[:, None],
        editable=operand.editable(model),
    )


def gate_edits(model: Model, operand: Operand, repair: LayerRepair) -> list[TensorEdit]:
    """The edits that write a repair, gate by gate."""
    ends = np.cumsum([model.tensors[t].shape[0] for t in operand.tensors])[:-1]
    edits = [
        data_edit(model, t, part.astype(np.int8))
        for t, part in zip(operand.tensors, np.split(repair.weights, ends), strict=True)
    ]
    before = operand.stored(model).bias
    if repair.bias is not None and before is not None:
        moves = np.split((repair.bias - before) * operand.steps, ends)
        edits += [_moved(model, t, part) for t, part in zip(operand.biases, moves, strict=True)]
    return [edit for edit in edits if edit is not None]


def _moved(model: Model, bias: int, steps: NDArray[np.int64]) -> TensorEdit | None:
    """The edit that adds steps to a bias."""
    stored = model.tensors[bias].constant()
    return data_edit(model, bias, (stored.astype(np.int64) + steps).astype(stored.dtype))
