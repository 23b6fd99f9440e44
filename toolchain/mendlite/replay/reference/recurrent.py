"""The kernel of UNIDIRECTIONAL_SEQUENCE_LSTM, of int8, of int16 and of float32."""

from __future__ import annotations

import numpy as np

from mendlite.arith.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
)
from mendlite.arith.lstm import (
    LEAST,
    MOST,
    Elementwise,
    FloatLstm,
    IntegerLstm,
    Words,
)
from mendlite.arith.products import make_products
from mendlite.arith.scaled_products import FloatProducts, Scaled, WideScaled
from mendlite.arith.short_curves import short_logistic, short_tanh
from mendlite.arith.wide_curves import logistic_of, tanh_of
from mendlite.model.operator_view import OperatorView
from mendlite.model.recurrent import (
    BIASES,
    CELL_STATE,
    GATE_WEIGHTS,
    HIDDEN,
    RECURRENT_WEIGHTS,
)
from mendlite.model.tensor import DType
from mendlite.prepare.recurrent import LstmView
from mendlite.replay.reference.context import Context, Kernel

CURVE = 2.0**-15
"""Steps of the gates' outputs."""


def prepare_lstm(context: Context) -> Kernel:
    """The kernel: (..., its input first) → its output for all steps."""
    if context.input(0).dtype is DType.FLOAT32:
        real = float_lstm(context)
        return lambda x: real(x[0])
    whole = _integer_lstm(context)
    return lambda x: whole(x[0])


def float_lstm(view: OperatorView) -> FloatLstm:
    """An LSTM of float32."""
    lstm = LstmView(view)
    return FloatLstm(
        inputs=FloatProducts.of(lstm.stacked(GATE_WEIGHTS).T),
        recurrent=FloatProducts.of(lstm.stacked(RECURRENT_WEIGHTS).T),
        bias=lstm.stacked(BIASES).astype(np.float64),
        clip=lstm.option("cell_clip") or None,
    )


def _integer_lstm(context: Context) -> IntegerLstm:
    lstm, state = LstmView(context), context.input(HIDDEN)
    power = lstm.cell_power or 0
    logistic, tanh, cell_tanh = _tables(context, power)
    kept, added, shown = _products(context, power)
    limit = lstm.option("cell_clip")
    return IntegerLstm(
        dtype=np.dtype(state.dtype.numpy),
        cells=lstm.cells,
        inputs=_scaled(context, 0, GATE_WEIGHTS),
        recurrent=_scaled(context, HIDDEN, RECURRENT_WEIGHTS),
        curves=np.concatenate([logistic, tanh]),
        cell_tanh=cell_tanh,
        kept=kept,
        added=added,
        shown=shown,
        zero_point=state.zero_point,
        cuts_both=not context.desktop,
        clip=int(min(limit / context.input(CELL_STATE).scale, MOST)) if limit > 0 else None,
    )


def _scaled(context: Context, slot: int, slots: range) -> Scaled | WideScaled:
    lstm, source = LstmView(context), context.input(slot)
    bias = lstm.stacked(BIASES).astype(np.int64) if slot == 0 else None
    weights = lstm.stacked(slots).T.astype(np.int64)
    products = make_products(weights, bias, source.zero_point, -source.dtype.ends[0])
    real = lstm.gate_multipliers(slot, slots)
    if source.dtype is DType.INT16:
        multiplier, shift = quantize_multiplier(real)
        return WideScaled(products=products, multiplier=multiplier, shift=shift)
    multiplier, shift = quantize_multiplier(real, context.rounding)
    return Scaled(products=products, multiplier=multiplier, shift=shift, rounding=context.rounding)


def _tables(context: Context, power: int) -> tuple[Words, Words, Words]:
    """Logistic and tanh of the gates' sums, and tanh of the cell state: gemmlowp's in LiteRT."""
    if context.desktop:
        return short_logistic(), short_tanh(3), short_tanh(15 + power)
    shift = 12 + power
    by = (3 << shift, 0) if shift >= 0 else (3, -shift)
    return logistic_of(3, 0), tanh_of(3, 0), tanh_of(*by)


def _products(context: Context, power: int) -> tuple[Elementwise, Elementwise, Elementwise]:
    """How products of a gate with the cell state, of two gates, and the outputs are scaled."""
    state = context.input(HIDDEN)
    if context.desktop:
        quotient = np.float32(CURVE) / np.float32(state.scale) * np.float32(CURVE)
        out = _times(context, float(quotient))
        return (
            lambda x: rounding_divide_by_pot(x, 15),
            lambda x: rounding_divide_by_pot(x, 30 + power),
            lambda x: out(x) + state.zero_point,
        )
    scale = 2.0**power
    shown = _times(context, CURVE * CURVE / state.scale)
    return (
        _short_times(context, CURVE),
        _short_times(context, CURVE * CURVE / scale),
        lambda x: shown(x) + state.zero_point,
    )


def _times(context: Context, real: float) -> Elementwise:
    by = quantize_multiplier(real, context.rounding)
    return lambda x: multiply_by_quantized_multiplier(x, *by, context.rounding)


def _short_times(context: Context, real: float) -> Elementwise:
    times = _times(context, real)
    return lambda x: np.clip(times(x), LEAST, MOST)
