"""Windows of convolutions and pools: output size and padding as in TFLite's ``padding.h``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window over the two spatial axes; every pair is (height, width).

    ``before`` and ``after`` count the padded rows and columns; ``output`` is the output's
    spatial size.
    """

    size: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]
    after: tuple[int, int]
    output: tuple[int, int]

    @property
    def padded(self) -> bool:
        """Whether anything is padded."""
        return any(self.before) or any(self.after)

    @property
    def pointwise(self) -> bool:
        """Whether the window is one position and the output every position."""
        return self.size == (1, 1) and self.stride == (1, 1) and not self.padded


DENSE = Window(
    size=(1, 1), stride=(1, 1), dilation=(1, 1), before=(0, 0), after=(0, 0), output=(1, 1)
)
"""The window of a dense layer over inputs (n, 1, 1, K)."""


def make_window(
    spatial: tuple[int, int],
    size: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: str,
) -> Window:
    """The window over an input of ``spatial`` size with "SAME" or "VALID" padding.

    Raises ValueError for a stride or a window that does not fit.
    """
    ends = [
        _axis(n, k, s, d, padding)
        for n, k, s, d in zip(spatial, size, stride, dilation, strict=True)
    ]
    return Window(
        size=size,
        stride=stride,
        dilation=dilation,
        before=(ends[0][0], ends[1][0]),
        after=(ends[0][1], ends[1][1]),
        output=(ends[0][2], ends[1][2]),
    )


def _axis(extent: int, size: int, stride: int, dilation: int, padding: str) -> tuple[int, int, int]:
    """Padding before and after, and output extent, along one axis."""
    if min(size, stride, dilation) < 1:
        raise ValueError("size, stride and dilation must be positive")
    effective = (size - 1) * dilation + 1
    if padding == "SAME":
        output = -(-extent // stride)
        total = max((output - 1) * stride + effective - extent, 0)
        return total // 2, total - total // 2, output
    if padding != "VALID" or effective > extent:
        raise ValueError(f"padding {padding} of a window of {effective} over {extent} positions")
    return 0, 0, -(-(extent - effective + 1) // stride)


def make_transposed_window(
    spatial: tuple[int, int],
    size: tuple[int, int],
    stride: tuple[int, int],
    output: tuple[int, int],
    padding: str,
) -> Window:
    """The window that makes a transposed convolution a plain one.

    It slides by single steps over the input spread out by ``spread`` (``stride`` - 1 zeros between
    its values) and meets the kernel turned round. Padding as in TFLite's
    ``ComputePaddingHeightWidth`` of the convolution that goes the other way; ``after`` is
    negative where the last values reach nothing. Raises ValueError for another padding.
    """
    if padding not in {"SAME", "VALID"} or min(*size, *stride) < 1:
        raise ValueError(f"padding {padding}, size {size}, stride {stride}")
    before, after = [], []
    for n, k, s, m in zip(spatial, size, stride, output, strict=True):
        cut = max((n - 1) * s + k - m, 0) // 2
        before.append(k - 1 - cut)
        after.append(m + cut - (n - 1) * s - 1)
    return Window(
        size=size,
        stride=(1, 1),
        dilation=(1, 1),
        before=(before[0], before[1]),
        after=(after[0], after[1]),
        output=output,
    )


def spread(
    x: NDArray[Any], stride: tuple[int, int], value: float, dtype: np.dtype[Any] | None = None
) -> NDArray[Any]:
    """``x`` (n, h, w, c) with ``stride`` - 1 rows and columns of ``value`` between."""
    n, h, w, c = x.shape
    kind = x.dtype if dtype is None else dtype
    result = np.full((n, (h - 1) * stride[0] + 1, (w - 1) * stride[1] + 1, c), value, kind)
    result[:, :: stride[0], :: stride[1]] = x
    return result


def window_spans(window: Window) -> list[tuple[slice, slice]]:
    """Rows and columns of the padded input that each tap meets, in the taps' order."""
    (height, width), (sh, sw), (dh, dw) = window.output, window.stride, window.dilation
    return [
        (
            slice(i * dh, i * dh + (height - 1) * sh + 1, sh),
            slice(j * dw, j * dw + (width - 1) * sw + 1, sw),
        )
        for i in range(window.size[0])
        for j in range(window.size[1])
    ]


def pad(
    x: NDArray[Any], window: Window, value: float = 0, dtype: np.dtype[Any] | None = None
) -> NDArray[Any]:
    """``x`` (n, h, w, c) in ``dtype``, with the window's padding of ``value`` around it."""
    kind = x.dtype if dtype is None else dtype
    if not window.padded:
        return x.astype(kind, copy=False)
    # A transposed convolution may leave out what lies beyond an edge.
    x = _cropped(x, window)
    n, h, w, c = x.shape
    top, left = (max(extent, 0) for extent in window.before)
    shape = (n, h + top + max(window.after[0], 0), w + left + max(window.after[1], 0), c)
    result = np.full(shape, value, kind) if value else np.zeros(shape, kind)
    result[:, top : top + h, left : left + w] = x
    return result


def _cropped(x: NDArray[Any], window: Window) -> NDArray[Any]:
    """``x`` without the rows and columns that a negative padding leaves out."""
    top, left = (max(-extent, 0) for extent in window.before)
    bottom, right = (max(-extent, 0) for extent in window.after)
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right]


def windows(padded: NDArray[Any], window: Window) -> NDArray[Any]:
    """View (n, out_h, out_w, kh, kw, c) of a padded input; nothing is copied."""
    n, _, _, c = padded.shape
    s_n, s_h, s_w, s_c = padded.strides
    (sh, sw), (dh, dw) = window.stride, window.dilation
    return as_strided(
        padded,
        (n, *window.output, *window.size, c),
        (s_n, s_h * sh, s_w * sw, s_h * dh, s_w * dw, s_c),
        writeable=False,
    )


def im2col(padded: NDArray[Any], window: Window) -> NDArray[Any]:
    """Rows (n * out_h * out_w, kh * kw * c) of a padded input, in OHWI weight order."""
    n, _, _, c = padded.shape
    if window.pointwise:
        return padded.reshape(-1, c)
    kh, kw = window.size
    if window.dilation[1] == 1:
        # A run of kw * c values lies together: copy whole runs.
        s_n, s_h, s_w, s_c = padded.strides
        view = as_strided(
            padded,
            (n, *window.output, kh, kw * c),
            (s_n, s_h * window.stride[0], s_w * window.stride[1], s_h * window.dilation[0], s_c),
            writeable=False,
        )
    else:
        view = windows(padded, window)
    return np.ascontiguousarray(view).reshape(-1, kh * kw * c)
