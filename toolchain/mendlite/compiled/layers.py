"""Compiled layers as functions of arrays: convolutions, depthwise convolutions, dense layers."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.fixed_point import Rounding
from mendlite.arith.geometry import Window
from mendlite.arith.requantize import Requantizer
from mendlite.compiled.calls import at, function, passed_window, require

LANES, REAL_LANES = 16, 8
"""Channels that a tile computes together, as in layers.c."""

TYPES = {np.dtype(np.int8): 0, np.dtype(np.uint8): 1, np.dtype(np.int16): 2}
"""Integer inputs, as layers.c numbers their types."""

LayerKernel = Callable[[NDArray[Any]], NDArray[Any]]
GridKernel = Callable[[NDArray[Any], NDArray[np.float64]], NDArray[Any]]


class _Requantization(ctypes.Structure):
    """As in layers.c."""

    _fields_ = [
        ("multiplier", ctypes.c_void_p),
        ("shift", ctypes.c_void_p),
        *((name, ctypes.c_int32) for name in ("zero_point", "low", "high", "rounds_once")),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeLayer:
    """What a kernel of whole numbers takes besides weights and bias.

    The input's zero-point ``offset`` stands outside of the input. Without ``requantizer`` the
    outputs are int32 sums, wrapped.
    """

    window: Window
    offset: int
    requantizer: Requantizer | None

    @property
    def supported(self) -> bool:
        """Whether the shifts are such as C defines: -31 to 30, as TFLite's multipliers have."""
        shift = np.zeros(1) if self.requantizer is None else self.requantizer.shift
        return bool(np.all(shift >= -31) and np.all(shift <= 30))


def whole_layer(weights: NDArray[np.int64], bias: NDArray[np.int64], of: WholeLayer) -> LayerKernel:
    """X (n, h, w, c) of integers → outputs (n, oh, ow, C): ``weights`` [K, C], K in (kh, kw, c).

    ``bias`` i64[C] holds the share of the input's zero-point, too.
    """
    runs, channels = _runs(of.window), weights.shape[1]
    run, panels = len(weights) // runs, -(-channels // LANES)
    padded = np.zeros((runs, run + run % 2, panels * LANES), np.int16)
    padded[:, :run, :channels] = weights.reshape(runs, run, channels)
    packed = np.ascontiguousarray(
        padded.reshape(runs, -1, 2, panels, LANES).transpose(3, 0, 1, 4, 2)
    )  # [panels][runs][pairs][LANES][2]
    return _whole("convolve_whole", packed, bias, of)


def _runs(window: Window) -> int:
    """Runs of neighbouring inputs under a window: its lines, or its taps where they lie apart."""
    return window.size[0] * (window.size[1] if window.dilation[1] != 1 else 1)


def depthwise_layer(
    weights: NDArray[np.int64], bias: NDArray[np.int64], of: WholeLayer
) -> LayerKernel:
    """The same of a depthwise convolution: ``weights`` [kh * kw, C] over inputs of C channels."""
    taps, channels = weights.shape
    panels = -(-channels // LANES)
    padded = np.zeros((taps + taps % 2, panels * LANES), np.int16)
    padded[:taps, :channels] = weights
    packed = np.ascontiguousarray(padded.reshape(-1, panels, LANES).swapaxes(0, 1))
    return _whole("depthwise_whole", packed, bias, of)


def _whole(
    name: str, packed: NDArray[np.int16], bias: NDArray[np.int64], of: WholeLayer
) -> LayerKernel:
    """The call of a kernel of whole numbers; what it points to lives as long as it does."""
    channels, to = len(bias), of.requantizer
    room = -(-channels // LANES) * LANES
    held = np.zeros(room, np.int32)
    held[:channels] = bias.astype(np.int32)  # modulo 2**32, as sums on devices
    dtype = np.dtype(np.int32) if to is None else to.dtype
    by = None if to is None else _Held(to, channels, room)
    run = function(name)

    def kernel(x: NDArray[Any]) -> NDArray[Any]:
        values = np.ascontiguousarray(x)
        out = np.empty((len(values), *of.window.output, channels), dtype)
        passed = passed_window(values, of.window, channels)
        require(run(
            at(values), ctypes.c_int32(TYPES[values.dtype]), ctypes.byref(passed),
            ctypes.c_int16(of.offset), at(packed), at(held),
            None if by is None else ctypes.byref(by.passed), at(out),
        ))  # fmt: skip
        return out

    return kernel


class _Held:
    """A requantization as C reads it, with the arrays that it points to."""

    def __init__(self, of: Requantizer, channels: int, room: int) -> None:
        self.multiplier, self.shift = np.zeros(room, np.int32), np.zeros(room, np.int32)
        self.multiplier[:channels], self.shift[:channels] = of.multiplier, of.shift
        self.passed = _Requantization(
            self.multiplier.ctypes.data, self.shift.ctypes.data,
            of.zero_point, of.low, of.high, int(of.rounding is Rounding.SINGLE),
        )  # fmt: skip


def real_layer(
    weights: NDArray[np.float64],
    bias: NDArray[np.float64],
    window: Window,
    ends: tuple[float, float],
) -> GridKernel:
    """X (n, h, w, c) f32 → f32 (n, oh, ow, C) within ``ends``: sums that are exact in any order.

    The kernel's second argument f64[n] is what ``arith.exact_products.grid_shift`` gives for each
    sample: its values are rounded to that grid first.
    """
    channels, depth = weights.shape[1], len(weights)
    panels = -(-channels // REAL_LANES)
    padded = np.zeros((depth, panels * REAL_LANES))
    padded[:, :channels] = weights
    packed = np.ascontiguousarray(padded.reshape(depth, panels, REAL_LANES).transpose(1, 0, 2))
    held = np.zeros(panels * REAL_LANES)
    held[:channels] = bias
    run, (low, high) = function("convolve_real"), (ctypes.c_float(end) for end in ends)

    def kernel(x: NDArray[Any], shifts: NDArray[np.float64]) -> NDArray[Any]:
        values = np.ascontiguousarray(x, np.float32)
        grids = np.ascontiguousarray(shifts, np.float64)
        if grids.shape != values.shape[:1]:
            raise ValueError(f"{grids.shape} grids for {values.shape[0]} samples")
        out = np.empty((len(values), *window.output, channels), np.float32)
        passed = passed_window(values, window, channels)
        require(run(
            at(values), ctypes.byref(passed), at(grids), at(packed), at(held), low, high,
            at(out),
        ))  # fmt: skip
        return out

    return kernel


def real_depthwise_layer(
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    window: Window,
    ends: tuple[float, float],
) -> LayerKernel:
    """A float32 depthwise convolution, tap after tap, each product and each sum rounded."""
    packed, held = np.ascontiguousarray(weights, np.float32), np.ascontiguousarray(bias, np.float32)
    run, (low, high) = function("depthwise_real"), (ctypes.c_float(end) for end in ends)

    def kernel(x: NDArray[Any]) -> NDArray[Any]:
        values = np.ascontiguousarray(x, np.float32)
        out = np.empty((len(values), *window.output, len(held)), np.float32)
        passed = passed_window(values, window, len(held))
        require(run(
            at(values), ctypes.byref(passed), at(packed), at(held), low, high, at(out)
        ))  # fmt: skip
        return out

    return kernel
