"""Operators of one input, of stored values: a table of what each value of the type becomes.

LOGISTIC and TANH as TFLite Micro computes them (``integer_ops/logistic.h`` and ``tanh.h`` on
gemmlowp's ``fixedpoint.h``; of int16 with the table of ``integer_ops``), and as LiteRT does, whose
8-bit ones are float32 curves (``LUTPopulate``); the RELUs (``activations.cc``). The others are in
``more_curves.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, floor, tanh

import numpy as np
from numpy.typing import NDArray

from mendlite.checker import float_curves, more_curves
from mendlite.checker.fixed_curves import logistic_31, tanh_31, wide_logistic, wide_tanh
from mendlite.checker.rounding import (
    Integers,
    divide_by_power,
    half_away,
    quantize_multiplier,
    scale_by,
    wrapped,
)
from mendlite.checker.step import Array, RunningOperator

Curve = Callable[[RunningOperator, Integers], Integers]

RELUS = {"RELU": 1, "RELU6": 3, "RELU_N1_TO_1": 2}
"""Each as the fused activation that it is."""


def run_curve(step: RunningOperator) -> Array:
    """The output of any of them."""
    kind, output = step.kind(0), str(step.output.dtype)
    if kind == output == "float32":
        return float_curves.run(step)
    if kind != output or kind not in {"int8", "uint8", "int16"}:
        raise step.unsupported(f"{kind} to {output}")
    limits = np.iinfo(step.values[0].dtype)
    below = more_curves.least_input(step)
    if below is not None and step.values[0].size and step.values[0].min() < below:
        raise step.unsupported("its input has values below 0")
    table = table_of(step)
    return np.asarray(table[step.values[0].astype(np.int64) - limits.min])


def table_of(step: RunningOperator) -> NDArray[np.generic]:
    """The stored output of every stored input, from the type's smallest on."""
    limits = np.iinfo(np.dtype(step.kind(0)))
    values = np.arange(limits.min, limits.max + 1, dtype=np.int64)
    with np.errstate(all="ignore"):
        outputs = CURVES[step.op.name](step, values)
    return np.clip(outputs, limits.min, limits.max).astype(limits.dtype)


def _logistic(step: RunningOperator, values: Integers) -> Integers:
    if step.kind(0) == "int16":
        return wide_logistic(values, step.tensor(0).scale)
    if step.profile == "tflite_ref":
        return _by_float(step, values, _float_logistic)
    steps = divide_by_power(logistic_31(*_q4(step, values)), 31 - 8) + step.output.zero
    return _at_the_ends(step, values, steps)


def _tanh(step: RunningOperator, values: Integers) -> Integers:
    if step.kind(0) == "int16":
        return wide_tanh(values, step.tensor(0).scale)
    if step.profile == "tflite_ref":
        return _by_float(step, values, lambda x: np.float32(tanh(float(x))))
    steps = divide_by_power(tanh_31(*_q4(step, values)), 31 - 7) + step.output.zero
    return _at_the_ends(step, values, steps)


def _float_logistic(x: np.float32) -> np.float32:
    one = np.float32(1)
    # Beyond 88 e**-x is infinite in float32 and the quotient 0, which 88 gives as well.
    return one / (one + np.float32(exp(min(-float(x), 88.0))))


def _by_float(
    step: RunningOperator, values: Integers, curve: Callable[[np.float32], np.float32]
) -> Integers:
    """``LUTPopulate``: every step in float32."""
    centred = (values - step.tensor(0).zero).astype(np.float32) * np.float32(step.tensor(0).scale)
    inverse = np.float32(1) / np.float32(step.output.scale)
    outputs = np.array([curve(x) for x in centred], np.float32) * inverse
    result: Integers = half_away(outputs).astype(np.int64) + step.output.zero
    return result


def _radius(shift: int) -> int:
    """``CalculateInputRadius`` for four integer bits."""
    return floor(15 * 2.0**27 / 2.0**shift)


def _q4(step: RunningOperator, values: Integers) -> tuple[Integers]:
    """The inputs as Q4.27; those beyond it as 0."""
    factor, shift = quantize_multiplier(step.tensor(0).scale * 2.0**27, single=step.single)
    centred = values - step.tensor(0).zero
    inside = np.where(np.abs(centred) < _radius(shift), centred, 0)
    return (scale_by(inside, factor, shift, single=step.single),)


def _at_the_ends(step: RunningOperator, values: Integers, inside: Integers) -> Integers:
    """Inputs that leave Q4.27 have the type's ends for outputs."""
    _, shift = quantize_multiplier(step.tensor(0).scale * 2.0**27, single=step.single)
    centred, radius = values - step.tensor(0).zero, _radius(shift)
    limits = np.iinfo(np.dtype(step.kind(0)))
    ended = np.where(centred >= radius, limits.max, inside)
    return np.where(centred <= -radius, limits.min, ended)


def _relu(step: RunningOperator, values: Integers) -> Integers:
    fused = RELUS[step.op.name]
    if step.op.name == "RELU6" and step.profile != "tflite_ref":
        # TFLite Micro takes the output's steps to be the input's.
        return np.clip(values, *step.range_of(step.tensor(0), fused))
    kind = np.float32 if step.profile == "tflite_ref" else np.float64
    real = float(kind(step.tensor(0).scale) / kind(step.output.scale))
    steps = step.scaled(values - step.tensor(0).zero, real)
    return np.clip(wrapped(steps + step.output.zero), *step.range_of(step.output, fused))


CURVES: Mapping[str, Curve] = {
    "LOGISTIC": _logistic,
    "TANH": _tanh,
    **dict.fromkeys(RELUS, _relu),
    **more_curves.CURVES,
}
"""Stored outputs, before the clamp to the type, of stored inputs."""
