"""Compiled tables, pools, sums, softmax, resizing and conversions as functions of arrays."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.bilinear import Between
from mendlite.arith.geometry import Window
from mendlite.arith.softmax import Softmax
from mendlite.compiled.calls import at, function, passed_window, require

AXES = 4
"""Axes of a broadcast that values.c takes, once those that lie together are one."""

SOFTMAX_DEPTH = 4096
"""Below so many values the sum of a softmax stays within int32."""

MOST_SUMMED = 2**24 - 1
"""So many values of int8 have a sum within int32."""

ENDS: dict[np.dtype[Any], tuple[str, Any]] = {
    np.dtype(np.int8): ("int8", ctypes.c_int8),
    np.dtype(np.uint8): ("uint8", ctypes.c_uint8),
    np.dtype(np.int16): ("int16", ctypes.c_int16),
    np.dtype(np.float32): ("float", ctypes.c_float),
}
"""Types of a maximum pool: the ending of its function's name, and of its bounds."""

TABLES = {
    (1, np.dtype(np.int8)): "look_up_bytes",
    (1, np.dtype(np.uint8)): "look_up_bytes",
    (1, np.dtype(np.float32)): "look_up_floats",
    (2, np.dtype(np.int16)): "look_up_words",
}
"""The function by the inputs' bytes and the outputs' type."""


class _Pairs(ctypes.Structure):
    """As in values.c."""

    _fields_ = [(name, ctypes.c_int64 * AXES) for name in ("extent", "first", "second")]


class _Between(ctypes.Structure):
    """As in values.c."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("low", "high", "part")),
        *((name, ctypes.c_int64) for name in ("extent", "wanted")),
    ]


def look_up(table: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """``table`` at the bits of ``x``: 256 values for bytes, 65536 for 16 bits."""
    values = np.ascontiguousarray(x)
    size, kind = values.itemsize, table.dtype
    if table.shape != (1 << 8 * size,) or not table.flags.c_contiguous:
        raise ValueError(f"a table of {table.shape} for values of {size} bytes")
    out = np.empty(values.shape, kind)
    function(TABLES[size, kind])(at(table), at(values), ctypes.c_int64(values.size), at(out))
    return out


def look_up_pairs(
    table: NDArray[np.int8], first: NDArray[Any], second: NDArray[Any]
) -> NDArray[np.int8] | None:
    """``table`` int8[65536] at 256 * first + second, as bytes; None where they broadcast too much.

    That is along more than four axes, of those that neither begins to repeat or ends to.
    """
    if table.shape != (2**16,) or first.itemsize != 1 or second.itemsize != 1:
        raise ValueError(f"a table of {table.shape} for {first.dtype} and {second.dtype}")
    x, y = np.ascontiguousarray(first), np.ascontiguousarray(second)
    shape = np.broadcast_shapes(first.shape, second.shape)
    axes = _joined(shape, x.shape, y.shape)
    if len(axes) > AXES:
        return None
    lines = [(1, 0, 0)] * (AXES - len(axes)) + axes
    passed = _Pairs(*((ctypes.c_int64 * AXES)(*numbers) for numbers in zip(*lines, strict=True)))
    out = np.empty(shape, np.int8)
    function("look_up_pairs")(at(table), at(x), at(y), ctypes.byref(passed), at(out))
    return out


def _joined(
    shape: Sequence[int], first: Sequence[int], second: Sequence[int]
) -> list[tuple[int, int, int]]:
    """(extent, strides of both) of the axes; neighbours along which both go on are one."""
    rank, axes = len(shape), list[tuple[int, int, int]]()
    held = [(1,) * (rank - len(own)) + tuple(own) for own in (first, second)]
    strides = [1, 1]
    for axis in reversed(range(rank)):
        if shape[axis] == 1:
            continue
        steps = [s if own[axis] > 1 else 0 for s, own in zip(strides, held, strict=True)]
        strides = [s * own[axis] for s, own in zip(strides, held, strict=True)]
        if axes and all(s == e * axes[0][0] for s, e in zip(steps, axes[0][1:], strict=True)):
            axes[0] = (axes[0][0] * shape[axis], *axes[0][1:])
        else:
            axes.insert(0, (shape[axis], steps[0], steps[1]))
    return axes or [(1, 1, 1)]


def max_pool(x: NDArray[Any], window: Window, low: float, high: float) -> NDArray[Any]:
    """As ``arith.pooling.max_pool``, of float32, too."""
    name, bound = ENDS[x.dtype]
    values, out = _pooled(x, window)
    passed = passed_window(values, window, x.shape[3])
    require(function(f"max_pool_{name}")(
        at(values), ctypes.byref(passed), bound(low), bound(high), at(out)
    ))  # fmt: skip
    return out


def average_pool(x: NDArray[Any], window: Window, low: int, high: int) -> NDArray[Any]:
    """As ``arith.pooling.average_pool``."""
    name, _ = ENDS[x.dtype]
    values, out = _pooled(x, window)
    passed = passed_window(values, window, x.shape[3])
    require(function(f"average_pool_{name}")(
        at(values), ctypes.byref(passed), ctypes.c_int32(low), ctypes.c_int32(high), at(out)
    ))  # fmt: skip
    return out


def _pooled(x: NDArray[Any], window: Window) -> tuple[NDArray[Any], NDArray[Any]]:
    """A pool's input as it lies in memory, and its output."""
    out = np.empty((len(x), *window.output, x.shape[3]), x.dtype)
    return np.ascontiguousarray(x), out


def sums(x: NDArray[np.int8], axes: tuple[int, ...]) -> NDArray[np.int32] | None:
    """Sums i32 of int8 along neighbouring ``axes``, which stay with extent 1; None for others.

    None, too, for so many values that a sum may leave int32.
    """
    first, last = min(axes), max(axes) + 1
    values, shape = np.ascontiguousarray(x), x.shape
    if last - first != len(axes) or math.prod(shape[first:last]) > MOST_SUMMED:
        return None
    parts = (shape[:first], shape[first:last], shape[last:])
    out = np.empty((*parts[0], *(1,) * len(axes), *parts[2]), np.int32)
    sizes = (ctypes.c_int64(math.prod(part)) for part in parts)
    function("sum_int8")(at(values), *sizes, at(out))
    return out


def arg_max(x: NDArray[Any]) -> NDArray[np.int64]:
    """The first of the largest of int8 or uint8 along the last axis, i64."""
    values, depth = np.ascontiguousarray(x), x.shape[-1]
    out = np.empty(x.shape[:-1], np.int64)
    sizes = ctypes.c_int64(out.size), ctypes.c_int64(depth)
    function(f"arg_max_{ENDS[x.dtype][0]}")(at(values), *sizes, at(out))
    return out


def make_softmax(of: Softmax) -> Callable[[NDArray[np.int8]], NDArray[np.int8]]:
    """``of`` as a compiled kernel; it takes rows shorter than ``SOFTMAX_DEPTH``."""
    run, exps = function("softmax_int8"), of.exps.astype(np.int32)
    # Differences from here on are not counted.
    counted = ctypes.c_int32(min(1 - of.diff_min, 256))

    def kernel(x: NDArray[np.int8]) -> NDArray[np.int8]:
        values, depth = np.ascontiguousarray(x), x.shape[-1]
        if depth >= SOFTMAX_DEPTH:
            raise ValueError(f"rows of {depth} values")
        out = np.empty(values.shape, np.int8)
        sizes = ctypes.c_int64(values.size // max(depth, 1)), ctypes.c_int64(depth)
        run(at(values), *sizes, at(exps), counted, at(out))
        return out

    return kernel


def make_resize(
    rows: Between, columns: Between, spatial: tuple[int, int]
) -> Callable[[NDArray[np.int8]], NDArray[np.int8]]:
    """As ``arith.bilinear.make_integer_resize`` of int8, for inputs of ``spatial`` size."""
    held = [_HeldAxis(of, extent) for of, extent in zip((rows, columns), spatial, strict=True)]
    run = function("resize_int8")

    def kernel(x: NDArray[np.int8]) -> NDArray[np.int8]:
        values = np.ascontiguousarray(x)
        *images, height, width, depth = values.shape
        if (height, width) != spatial:
            raise ValueError(f"{height} x {width} pixels for {spatial}")
        out = np.empty((*images, len(rows.low), len(columns.low), depth), np.int8)
        sizes = ctypes.c_int64(math.prod(images)), ctypes.c_int64(depth)
        require(run(
            at(values), *sizes, *(ctypes.byref(one.passed) for one in held), at(out)
        ))  # fmt: skip
        return out

    return kernel


class _HeldAxis:
    """Positions along an axis as C reads them, with the arrays that it points to."""

    def __init__(self, of: Between, extent: int) -> None:
        self.arrays = of.low.astype(np.int64), of.high.astype(np.int64), of.part.astype(np.int32)
        self.passed = _Between(*(a.ctypes.data for a in self.arrays), extent, len(of.low))


def largest_magnitudes(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The largest magnitude f32[n] in each row of ``x`` (n, ...); NaN where a row holds one."""
    values = np.ascontiguousarray(x, np.float32)
    out = np.empty(len(values), np.float32)
    sizes = ctypes.c_int64(len(values)), ctypes.c_int64(math.prod(values.shape[1:]))
    function("largest_magnitudes")(at(values), *sizes, at(out))
    return out


def quantize(x: NDArray[Any], scale: float, zero_point: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """As ``arith.conversion.quantize``, to 8 or 16 bits."""
    values = np.ascontiguousarray(x, np.float32)
    kind = np.dtype(dtype)
    out = np.empty(values.shape, kind)
    function(f"quantize_{ENDS[kind][0]}")(
        at(values), ctypes.c_int64(values.size), ctypes.c_float(scale),
        ctypes.c_int32(zero_point), at(out),
    )  # fmt: skip
    return out
