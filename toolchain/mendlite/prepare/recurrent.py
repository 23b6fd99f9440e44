"""UNIDIRECTIONAL_SEQUENCE_LSTM (``unidirectional_sequence_lstm.cc``).

Forms that no rule here names are no error of the file: an interpreter runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import frexp, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import quantize_multiplier
from mendlite.arith.reach import accumulator_reach, farthest_from
from mendlite.arith.requantize import may_leave_int32
from mendlite.arith.short_curves import MOST_INTEGER_BITS
from mendlite.arith.wide_requantize import may_leave_int64
from mendlite.model.operator_view import OperatorView
from mendlite.model.recurrent import (
    BESIDE,
    BIASES,
    CELL_STATE,
    GATE_WEIGHTS,
    HIDDEN,
    HIDDEN_INTERMEDIATE,
    RECURRENT_WEIGHTS,
)
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.prepare.view import Inferred, Preparation, described

INPUTS = 24
GATE_SCALE = 2.0**-12
"""Steps of the gates' sums."""


@dataclass(frozen=True, slots=True)
class LstmView:
    """An LSTM operator, and what its kernels and its repair need of it."""

    view: OperatorView

    @property
    def cells(self) -> int:
        """Values of the state."""
        return self.view.input(BIASES[0]).elements

    def stacked(self, slots: range) -> NDArray[Any]:
        """Constants of all gates, one behind the other along the first axis."""
        return np.concatenate([self.view.constant(slot) for slot in slots])

    def gate_multipliers(self, slot: int, slots: range) -> NDArray[np.float64]:
        """Real multipliers f64[4 * cells] of products with the input of ``slot``.

        The product of the scales is float32 on the desktop, double in TFLite Micro.
        """
        kind = np.float32 if self.view.profile is Profile.TFLITE_REF else np.float64
        source, each = kind(self.view.input(slot).scale), (self.view.input(s).scale for s in slots)
        return np.repeat([float(source * kind(own)) / GATE_SCALE for own in each], self.cells)

    @property
    def cell_power(self) -> int | None:
        """The exponent of the cell state's scale; None where that is no power of two."""
        mantissa, exponent = frexp(self.view.input(CELL_STATE).scale)
        return exponent - 1 if mantissa == 0.5 else None

    def option(self, name: str) -> float:
        """A limit; 0 where there is none."""
        return float(self.view.operator.options.get(name, 0.0))  # type: ignore[arg-type]


def sequence_lstm(view: Preparation) -> Inferred:
    """UNIDIRECTIONAL_SEQUENCE_LSTM of int8 or int16 with an int16 cell state, or of float32."""
    lstm = LstmView(view)
    _require_slots(view)
    _require_options(view)
    dtype = view.input(0).dtype
    view.require_type(view.input(0), DType.INT8, DType.INT16, DType.FLOAT32)
    if dtype is DType.INT16 and view.profile is Profile.TFLITE_REF:
        raise view.unsupported("LiteRT has no LSTM of int16 inputs, TFLite Micro has one")
    _require_types(view, dtype)
    shape = view.input(0).shape
    if len(shape) != 3:
        raise view.unsupported(f"its input has shape {list(shape)}, not [samples, steps, values]")
    _require_shapes(view, lstm.cells)
    if dtype is not DType.FLOAT32:
        _require_scales(view, lstm)
        _require_sums(view, lstm)
    return Inferred(shape=(*shape[:2], lstm.cells), dtype=dtype)


def _require_slots(view: Preparation) -> None:
    count = len(view.operator.inputs)
    if count not in (INPUTS - 4, INPUTS):
        raise view.unsupported(f"it has {count} inputs, not {INPUTS}")
    for what, slots in BESIDE.items():
        if any(view.given(slot) for slot in slots):
            raise view.unsupported(f"it has {what}")
    for slot in (*GATE_WEIGHTS, *RECURRENT_WEIGHTS, *BIASES, HIDDEN, CELL_STATE):
        if not view.given(slot):
            raise view.unsupported(f"its input {slot} is left out")
    for slot in (*GATE_WEIGHTS, *RECURRENT_WEIGHTS, *BIASES):
        view.constant(slot)
    for slot in (HIDDEN, CELL_STATE):
        if not view.input(slot).is_variable:
            raise view.unsupported(f"its state, {described(view.input(slot))}, is no variable")


def _require_options(view: Preparation) -> None:
    activation = view.text_option("activation", "NONE")
    if activation != "TANH":
        raise view.unsupported(f"its activation is {activation}, not TANH")
    if view.operator.options.get("time_major", 0):
        raise view.unsupported("its first axis are the steps")
    if LstmView(view).option("cell_clip") < 0:
        raise view.unsupported("its cell state is limited to less than 0")


def _require_types(view: Preparation, dtype: DType) -> None:
    weights, bias, cell = {
        DType.INT8: (DType.INT8, DType.INT32, DType.INT16),
        DType.INT16: (DType.INT8, DType.INT64, DType.INT16),
        DType.FLOAT32: (DType.FLOAT32,) * 3,
    }[dtype]
    for slot in (*GATE_WEIGHTS, *RECURRENT_WEIGHTS):
        view.require_type(view.input(slot), weights)
    view.require_type(view.input(HIDDEN), dtype)
    for slot in BIASES:
        view.require_type(view.input(slot), bias)
    view.require_type(view.input(CELL_STATE), cell)
    view.require_type(view.output, dtype)


def _require_shapes(view: Preparation, cells: int) -> None:
    samples, _, width = view.input(0).shape
    wanted = {
        **dict.fromkeys(GATE_WEIGHTS, (cells, width)),
        **dict.fromkeys(RECURRENT_WEIGHTS, (cells, cells)),
        **dict.fromkeys(BIASES, (cells,)),
    }
    for slot, shape in wanted.items():
        if view.input(slot).shape != shape:
            raise view.unsupported(
                f"{described(view.input(slot))} has shape {list(view.input(slot).shape)}, "
                f"not {list(shape)}"
            )
    for slot in (HIDDEN, CELL_STATE):
        if prod(view.input(slot).shape) != samples * cells:
            raise view.unsupported(f"{described(view.input(slot))} does not hold its states")


def _require_scales(view: Preparation, lstm: LstmView) -> None:
    """Raise where a scale is not one for all, or the states' quantization is of another form."""
    weights = (*GATE_WEIGHTS, *RECURRENT_WEIGHTS)
    for slot in (0, *weights, HIDDEN, CELL_STATE):
        _, zero = view.quantized(view.input(slot))
        if zero and (slot in {*weights, CELL_STATE} or view.input(slot).dtype is DType.INT16):
            raise view.unsupported(f"{described(view.input(slot))} has a zero-point")
    if view.quantized(view.input(HIDDEN)) != view.quantized(view.output):
        raise view.unsupported("its output is quantized otherwise than its state")
    own = view.operator.intermediates
    if len(own) <= HIDDEN_INTERMEDIATE or own[HIDDEN_INTERMEDIATE] < 0:
        raise view.unsupported("its intermediate tensors are missing")
    hidden = view.model.tensors[own[HIDDEN_INTERMEDIATE]]
    if view.quantized(hidden) != view.quantized(view.output):
        raise view.unsupported("its output is quantized otherwise than its intermediate tensor")
    power = lstm.cell_power
    if power is None or not 0 <= 15 + power <= MOST_INTEGER_BITS:
        raise view.unsupported(
            f"the scale {view.input(CELL_STATE).scale:g} of its cell state is none of 2^-15 to "
            f"2^{MOST_INTEGER_BITS - 15}"
        )


def _require_sums(view: Preparation, lstm: LstmView) -> None:
    """Raise where a gate's sum may leave int32, or of int16 inputs what int64 sums are bounded by.

    See ``may_leave_int32`` and ``may_leave_int64``.
    """
    dtype = view.input(0).dtype
    leaves = may_leave_int32 if dtype is DType.INT8 else may_leave_int64
    biases = lstm.stacked(BIASES)
    for slot, slots, bias in ((0, GATE_WEIGHTS, biases), (HIDDEN, RECURRENT_WEIGHTS, None)):
        farthest = farthest_from(view.input(slot).zero_point, dtype.ends)
        reach = accumulator_reach(lstm.stacked(slots).T, bias, farthest)
        real = quantize_multiplier(lstm.gate_multipliers(slot, slots))
        if leaves(reach, *real).any():
            raise view.unsupported("a gate's sum may leave int32")
