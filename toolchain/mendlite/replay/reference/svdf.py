"""The kernel of SVDF, of int8, of float32 and of both: the frames of many recordings at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import quantize_multiplier
from mendlite.arith.hybrid import CENTRED_REACH, asymmetric, symmetric
from mendlite.arith.products import make_products
from mendlite.arith.scaled_products import FloatProducts, HybridProducts, Scaled
from mendlite.arith.svdf import FloatSvdf, IntegerSvdf, State
from mendlite.model.graph import Model
from mendlite.model.operator_view import OperatorView
from mendlite.model.rows import rows_of
from mendlite.model.svdf import FEATURE_WEIGHTS, STATE, TIME_WEIGHTS
from mendlite.model.tensor import DType
from mendlite.prepare.svdf import SvdfView
from mendlite.replay.reference.context import Context, Kernel


def prepare_svdf(context: Context) -> Kernel:
    """The kernel: (its input first, ...) → its output of all frames."""
    if not context.in_batch:
        raise context.unsupported("its input does not depend on the samples")
    whole = context.input(0).dtype is DType.INT8
    run = integer_svdf(context) if whole else float_svdf(context)
    rows = rows_of(context.input(0))
    return lambda x: _of_recordings(run, x[0], context.model, rows)


def _of_recordings(
    run: Callable[[NDArray[Any]], NDArray[Any]], x: NDArray[Any], model: Model, rows: int
) -> NDArray[Any]:
    by_row = recordings(x, model, rows)
    return flat(run(by_row), rows)


def recordings(x: NDArray[Any], model: Model, rows: int) -> NDArray[Any]:
    """Frames [n * T * rows, K] of recordings as [n * rows, T, K]; each row has its own state."""
    frames = max(1, model.frames)
    split = x.reshape(-1, frames, rows, x.shape[-1])
    return np.ascontiguousarray(split.transpose(0, 2, 1, 3)).reshape(-1, frames, x.shape[-1])


def flat(values: NDArray[Any], rows: int) -> NDArray[Any]:
    """The inverse of ``recordings``."""
    split = values.reshape(-1, rows, *values.shape[1:]).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(split).reshape(-1, values.shape[-1])


def float_svdf(view: OperatorView) -> FloatSvdf:
    """An SVDF of float32, with weights of float32 or int8."""
    svdf, features = SvdfView(view), view.constant(FEATURE_WEIGHTS).T
    hybrid = view.input(FEATURE_WEIGHTS).dtype is DType.INT8
    time = view.constant(TIME_WEIGHTS).astype(np.float32)
    if hybrid:
        time *= np.float32(view.input(TIME_WEIGHTS).scale)
    return FloatSvdf(
        features=_hybrid(view, features) if hybrid else FloatProducts.of(features),
        time=time.astype(np.float64),
        bias=svdf.bias().astype(np.float64),
        rank=svdf.rank,
        bounds=view.fused_range(),
    )


def _hybrid(view: OperatorView, features: NDArray[Any]) -> HybridProducts:
    """Products with int8 feature weights [K, filters]: each frame is quantized on its own."""
    uneven = bool(view.operator.options.get("asymmetric_quantize_inputs", 0))
    return HybridProducts(
        products=make_products(features.astype(np.int64), None, 0, CENTRED_REACH),
        scale=np.float32(view.input(FEATURE_WEIGHTS).scale),
        quantize=partial(asymmetric, litert=True) if uneven else symmetric,
    )


def integer_svdf(view: OperatorView) -> IntegerSvdf:
    """An SVDF of int8."""
    svdf, state = SvdfView(view), view.input(STATE)
    weights = view.constant(FEATURE_WEIGHTS).T.astype(np.int64)
    multiplier, shift = quantize_multiplier(svdf.feature_multiplier, view.rounding)
    return IntegerSvdf(
        features=Scaled(
            products=make_products(weights, None, view.input(0).zero_point, -DType.INT8.ends[0]),
            multiplier=multiplier,
            shift=shift,
            rounding=view.rounding,
        ),
        state=State(ends=state.dtype.ends, zero_point=state.zero_point),
        time=view.constant(TIME_WEIGHTS).astype(np.int64),
        bias=svdf.bias().astype(np.int64),
        rank=svdf.rank,
        by=quantize_multiplier(svdf.output_multiplier, view.rounding),
        zero_point=view.output.zero_point,
        rounding=view.rounding,
    )
