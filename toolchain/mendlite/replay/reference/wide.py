"""Kernels of int16 activations without weights: ADD, SUB, MUL, MEAN, SOFTMAX, curves, QUANTIZE."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import quantize_multiplier, requantized
from mendlite.arith.wide_curves import logistic_table, tanh_table
from mendlite.arith.wide_pairwise import Pairwise, make_product, make_sum
from mendlite.arith.wide_softmax import make_wide_softmax
from mendlite.replay.reference.context import Context, Kernel


def prepare_pairwise(context: Context) -> Kernel:
    """ADD, SUB and MUL with broadcasting."""
    pairwise = _pairwise(context)
    return lambda x: pairwise(x[0].astype(np.int16), x[1].astype(np.int16))


def _pairwise(context: Context) -> Pairwise:
    scales = context.input(0).scale, context.input(1).scale, context.output.scale
    bounds, rounding = context.output_range(), context.rounding
    if context.operator.op == "MUL":
        return make_product(scales, bounds, rounding, context.ratio_type)
    return make_sum(scales, bounds, rounding, 1 if context.operator.op == "ADD" else -1)


def prepare_softmax(context: Context) -> Kernel:
    """SOFTMAX over the last axis; LiteRT multiplies scale and beta in float32."""
    scale, beta = context.input(0).scale, float(context.operator.options.get("beta", 1.0))  # type: ignore[arg-type]
    if context.desktop:
        scale, beta = float(np.float32(scale) * np.float32(beta)), 1.0
    softmax = make_wide_softmax(scale, beta, context.rounding, narrow=not context.desktop)
    return lambda x: softmax(x[0].astype(np.int16))


def prepare_curve(context: Context) -> Kernel:
    """LOGISTIC and TANH, by a table of all inputs."""
    make = logistic_table if context.operator.op == "LOGISTIC" else tanh_table
    table = make(context.input(0).scale)
    return lambda x: table[x[0].astype(np.int32) + 2**15]


def prepare_requantize(context: Context) -> Kernel:
    """QUANTIZE between integer types of which one is int16."""
    source, output = context.input(0), context.output
    by = quantize_multiplier(source.scale / output.scale, context.rounding)
    rounding, storage = context.rounding, output.dtype.numpy

    def run(x: Any) -> NDArray[Any]:
        values = x[0].astype(np.int64) - source.zero_point
        steps = requantized(values, by, rounding, output.zero_point)
        return np.clip(steps, *output.dtype.ends).astype(storage)

    return run
