"""SVDF, one frame after the other: int8 with a state of 16 or 8 bits, and float32.

``EvalIntegerSVDF`` of LiteRT's ``reference_ops/svdf.h`` under ``tflite_ref``,
``EvalIntegerSvdfReference`` of TFLite Micro's ``svdf_common.cc`` under the other profiles. With
int8 weights under a float32 input ``EvalHybridSVDF``, which LiteRT alone has: each frame is
quantized at run time.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from mendlite.checker.graph import Graph, Op
from mendlite.checker.rounding import wrapped
from mendlite.checker.run_time import asymmetric, symmetric
from mendlite.checker.step import Array, RunningOperator

FEATURES, TIME, BIAS, STATE = 1, 2, 3, 4
"""Inputs: weights of a frame's values, weights of the last features, bias, and these features."""

RANK, ACTIVATION, ASYMMETRIC = 0, 1, 2
"""Options."""


def factors(step: RunningOperator) -> tuple[float, float]:
    """Real multipliers of a feature to the state and of a unit to the output, in float32."""
    one, features, state, time, output = (
        np.float32(tensor.scale)
        for tensor in (*(step.tensor(slot) for slot in (0, FEATURES, STATE, TIME)), step.output)
    )
    with np.errstate(over="ignore"):
        return float(one * features / state), float(state * time / output)


def run_svdf(step: RunningOperator) -> Array:
    """The output of a frame, its products summed in int64 or float64; the state moves on."""
    return _frame(step, np.dtype(np.int64))


def run_fast_svdf(step: RunningOperator) -> Array:
    """The same, features by BLAS: their sums are below 2**31, where float64 is exact."""
    return _frame(step, np.dtype(np.float64))


def run_single_svdf(step: RunningOperator) -> Array:
    """A float SVDF summed in float32, as a float interpreter does."""
    return _frame(step, np.dtype(np.float32 if step.kind(0) == "float32" else np.float64))


def _frame(step: RunningOperator, kind: np.dtype[Any]) -> Array:
    if step.kind(0) == "float32":
        return _float(step, np.dtype(np.float64) if kind == np.int64 else kind)
    return _whole(step, kind)


def _moved(step: RunningOperator, newest: Array) -> Array:
    """The state [n, filters, memory] with a feature [n, filters] behind the older ones."""
    place, memory = step.op.inputs[STATE], step.values[TIME].shape[1]
    before = step.state.get(place)
    if before is None:
        zero = 0 if newest.dtype.kind == "f" else step.tensor(STATE).zero
        before = np.full((*newest.shape, memory), zero, newest.dtype)
    step.state[place] = np.concatenate([before[:, :, 1:], newest[:, :, None]], axis=2)
    return step.state[place]


def _whole(step: RunningOperator, kind: np.dtype[Any]) -> Array:
    """int8; features are summed in type ``kind``, which holds them exactly."""
    held, first = step.tensor(STATE), factors(step)
    x = step.values[0].astype(kind) - kind.type(step.tensor(0).zero)
    sums = (x @ step.values[FEATURES].T.astype(kind)).astype(np.int64)
    ends = np.iinfo(str(held.dtype))
    newest = np.clip(step.scaled(sums, first[0]), ends.min, ends.max) + held.zero
    # What leaves the type wraps.
    state = _moved(step, newest.astype(str(held.dtype))).astype(np.int64) - held.zero
    units = _units(step, (state * step.values[TIME].astype(np.int64)).sum(axis=2))
    if step.values[BIAS].size:
        units += step.values[BIAS].astype(np.int64)
    stored = wrapped(step.scaled(wrapped(units), first[1]) + step.output.zero)
    return np.clip(stored, -128, 127).astype(np.int8)


def _float(step: RunningOperator, kind: np.dtype[Any]) -> Array:
    """float32, summed in type ``kind``."""
    time = step.values[TIME].astype(kind)
    if step.kind(FEATURES) == "int8":
        newest = _quantized_features(step).astype(kind)
        # The kernel makes float32 of the weights, which it then sums with.
        time = time * kind.type(np.float32(step.tensor(TIME).scale))
        time = time.astype(np.float32).astype(kind)
    else:
        newest = step.values[0].astype(kind) @ step.values[FEATURES].T.astype(kind)
    state = _moved(step, newest)
    units = _units(step, (state * time).sum(axis=2))
    if step.values[BIAS].size:
        units = units + step.values[BIAS].astype(kind)
    return np.clip(units, *step.activation(ACTIVATION)).astype(np.float32)


def _quantized_features(step: RunningOperator) -> Array:
    """Features f32[n, filters] of frames that are quantized one by one; their sums are exact."""
    rows = step.values[0].astype(np.float32)
    uneven = bool(step.op.option(ASYMMETRIC, "?"))
    stored, scale, zero = asymmetric(rows, litert=True) if uneven else symmetric(rows)
    centred = (stored - zero).astype(np.float64)
    sums = (centred @ step.values[FEATURES].T.astype(np.float64)).astype(np.float32)
    features: Array = sums * (scale * np.float32(step.tensor(FEATURES).scale))
    return features


def _units(step: RunningOperator, filters: Array) -> Array:
    """Sums [n, units] of neighbouring filters [n, filters]."""
    rank = int(step.op.option(RANK, "i"))
    return np.asarray(filters.reshape(len(filters), -1, rank).sum(axis=2))


def work(graph: Graph, op: Op) -> tuple[int, int]:
    """(values of 64 bits that an SVDF holds, its products) for one frame."""
    if len(op.inputs) <= STATE or min(op.inputs[:2]) < 0 or op.inputs[STATE] < 0:
        return 0, 0  # Preparation refuses it.
    kept = prod(graph.tensors[op.inputs[STATE]].shape)
    products = prod(graph.tensors[op.inputs[FEATURES]].shape)
    return 4 * kept, kept + products * prod(graph.tensors[op.inputs[0]].shape[:1])
