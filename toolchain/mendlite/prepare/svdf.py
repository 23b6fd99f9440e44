"""SVDF (``svdf.cc`` of TFLite, ``svdf_common.cc`` of TFLite Micro).

Forms that no rule here names are no error of the file: an interpreter runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import quantize_multiplier
from mendlite.arith.reach import accumulator_reach, farthest_from
from mendlite.arith.requantize import may_leave_int32
from mendlite.model.operator_view import OperatorView
from mendlite.model.rounding import Profile
from mendlite.model.svdf import BIAS, FEATURE_WEIGHTS, INPUTS, STATE, TIME_WEIGHTS
from mendlite.model.tensor import DType, Tensor
from mendlite.prepare.view import Inferred, Preparation, described

MOST = 2.0**30
"""Multipliers from here on are shifted beyond an int32."""

BIAS_STEP = 1e-5
"""How far a bias' scale may be from that of the sums (``PrepareSvdf`` of TFLite Micro)."""


@dataclass(frozen=True, slots=True)
class SvdfView:
    """An SVDF operator, and what its kernels and its repair need of it."""

    view: OperatorView

    @property
    def rank(self) -> int:
        """Filters of a unit."""
        return self.view.option("rank")

    @property
    def units(self) -> int:
        """Values of an output."""
        return self.view.input(FEATURE_WEIGHTS).shape[0] // self.rank

    def bias(self) -> NDArray[Any]:
        """The bias [units]; zeros where there is none."""
        return self.view.constant(BIAS) if self.view.given(BIAS) else np.zeros(self.units, np.int32)

    @property
    def feature_multiplier(self) -> float:
        """From the products of a frame to the state's steps; the scales' quotient is float32."""
        return self._quotient(self.view.input(0), FEATURE_WEIGHTS, self.view.input(STATE))

    @property
    def output_multiplier(self) -> float:
        """From a unit's sum to the output's steps."""
        return self._quotient(self.view.input(STATE), TIME_WEIGHTS, self.view.output)

    def _quotient(self, source: Tensor, slot: int, result: Tensor) -> float:
        scales = source.scale, self.view.input(slot).scale, result.scale
        one, two, three = map(np.float32, scales)
        with np.errstate(over="ignore"):
            return float(one * two / three)


def svdf(view: Preparation) -> Inferred:
    """SVDF of int8 with a state of int16 (or int8, TFLite Micro's), or of float32.

    Of float32 its weights may be int8, as LiteRT alone runs it.
    """
    _require_slots(view)
    kind = view.input(0).dtype
    view.require_type(view.input(0), DType.INT8, DType.FLOAT32)
    _require_types(view)
    source = view.input(0).shape
    if len(source) != 2:
        raise view.unsupported(f"its input has shape {list(source)}, not [samples, values]")
    _require_shapes(view)
    if kind is DType.INT8:
        _require_runtime(view)
        _require_scales(view)
    else:
        _require_weight_scales(view)
        view.fused_range()
    return Inferred(shape=(source[0], SvdfView(view).units), dtype=kind)


def _require_slots(view: Preparation) -> None:
    count = len(view.operator.inputs)
    if count != INPUTS:
        raise view.unsupported(f"it has {count} inputs, not {INPUTS}")
    for slot in (FEATURE_WEIGHTS, TIME_WEIGHTS):
        view.constant(slot)
    if view.given(BIAS):
        view.constant(BIAS)
    elif view.profile is not Profile.TFLITE_REF:
        raise view.undefined("it has no bias, which TFLite Micro reads")
    state = view.input(STATE)
    if len(view.model.consumers(state.index)) > 1:
        raise view.wrong(f"its state, {described(state)}, is read by another operator, too")
    if not state.is_variable:
        raise view.unsupported(f"its state, {described(state)}, is no variable")


def _require_types(view: Preparation) -> None:
    """Raise where the types are not those of one kernel."""
    kind = view.input(0).dtype
    view.require_type(view.output, kind)
    if kind is DType.FLOAT32:
        _require_float(view)
        return
    view.require_type(view.input(FEATURE_WEIGHTS), kind)
    view.require_type(view.input(TIME_WEIGHTS), DType.INT16, DType.INT8)
    if view.input(STATE).dtype is not view.input(TIME_WEIGHTS).dtype:
        raise view.wrong(
            f"its state, {described(view.input(STATE))}, is {view.input(STATE).dtype.value}, its "
            f"time weights are {view.input(TIME_WEIGHTS).dtype.value}: they must be of one type"
        )
    if view.given(BIAS):
        view.require_type(view.input(BIAS), DType.INT32)


def _require_float(view: Preparation) -> None:
    """State and bias are float32; the weights, too, or both int8."""
    features = view.input(FEATURE_WEIGHTS)
    view.require_type(features, DType.FLOAT32, DType.INT8)
    view.require_type(view.input(TIME_WEIGHTS), features.dtype)
    view.require_type(view.input(STATE), DType.FLOAT32)
    if view.given(BIAS):
        view.require_type(view.input(BIAS), DType.FLOAT32)


def _require_weight_scales(view: Preparation) -> None:
    """int8 weights under a float32 input have one scale and no zero-point."""
    for slot in (FEATURE_WEIGHTS, TIME_WEIGHTS):
        weights = view.input(slot)
        if weights.dtype is DType.INT8 and view.quantized(weights)[1]:
            raise view.unsupported(f"{described(weights)} has a zero-point")


def _require_shapes(view: Preparation) -> None:
    rank, (samples, width) = SvdfView(view).rank, view.input(0).shape
    features, time = (view.input(slot).shape for slot in (FEATURE_WEIGHTS, TIME_WEIGHTS))
    if len(features) != 2 or features[1] != width:
        raise view.wrong(
            f"its feature weights have shape {list(features)}, its input {width} values"
        )
    if rank < 1 or features[0] % rank:
        raise view.wrong(f"its {features[0]} filters are no units of rank {rank}")
    if len(time) != 2 or time[0] != features[0]:
        raise view.wrong(f"its time weights have shape {list(time)}, for {features[0]} filters")
    wanted = {STATE: (samples, time[1] * time[0]), BIAS: (SvdfView(view).units,)}
    for slot, shape in wanted.items():
        if view.given(slot) and view.input(slot).shape != shape:
            raise view.wrong(
                f"{described(view.input(slot))} has shape {list(view.input(slot).shape)}, "
                f"not {list(shape)}"
            )


def _require_runtime(view: Preparation) -> None:
    """Raise for what the profile's runtime does not run, or runs wrongly."""
    if view.profile is not Profile.TFLITE_REF:
        return
    if view.input(STATE).dtype is DType.INT8:
        raise view.undefined(
            "its state is int8: LiteRT reads it as int16, behind its end (TFLite Micro runs it: "
            "profile tflm)"
        )
    if view.text_option("activation", "NONE") != "RELU":
        raise view.unsupported("LiteRT runs it with the activation RELU alone")


def _require_scales(view: Preparation) -> None:
    svdf, state = SvdfView(view), view.input(STATE)
    for slot in (0, FEATURE_WEIGHTS, TIME_WEIGHTS, STATE):
        _, zero = view.quantized(view.input(slot))
        ignored = slot in (FEATURE_WEIGHTS, TIME_WEIGHTS) or view.input(slot).dtype is DType.INT16
        if zero and ignored:
            raise view.unsupported(f"{described(view.input(slot))} has a zero-point")
    view.quantized(view.output)
    if view.given(BIAS) and view.input(BIAS).quant is not None:
        step = float(np.float32(state.scale) * np.float32(view.input(TIME_WEIGHTS).scale))
        if abs(view.quantized(view.input(BIAS))[0] - step) >= BIAS_STEP:
            raise view.unsupported(f"its bias counts in other steps than {step:g}")
    for real in (svdf.feature_multiplier, svdf.output_multiplier):
        if not 0 < real < MOST:
            raise view.unsupported(f"its scales give the multiplier {real:g}")
    farthest = farthest_from(view.input(0).zero_point, DType.INT8.ends)
    reach = accumulator_reach(view.constant(FEATURE_WEIGHTS).T, None, farthest)
    if may_leave_int32(reach, *quantize_multiplier(svdf.feature_multiplier)).any():
        raise view.unsupported("a feature's sum may leave int32")
