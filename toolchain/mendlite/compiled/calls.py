"""How Python calls the compiled kernels: addresses, windows, and what they return."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from mendlite.arith.geometry import Window
from mendlite.compiled.library import library


class PassedWindow(ctypes.Structure):
    """As in window.h."""

    _fields_ = [
        (name, ctypes.c_int64)
        for name in (
            "samples", "height", "width", "depth", "out_height", "out_width", "channels",
            "kernel_height", "kernel_width", "stride_height", "stride_width",
            "dilation_height", "dilation_width", "top", "left",
        )
    ]  # fmt: skip


def function(name: str) -> Callable[..., int]:
    """A function of the library; raises AttributeError where there is none."""
    found: Callable[..., int] = getattr(library().loaded, name)
    return found


def passed_window(x: NDArray[Any], window: Window, channels: int) -> PassedWindow:
    """The window over ``x`` (n, h, w, c) as C reads it."""
    return PassedWindow(
        *x.shape, *window.output, channels, *window.size, *window.stride,
        *window.dilation, *window.before,
    )  # fmt: skip


def at(array: NDArray[Any]) -> ctypes.c_void_p:
    """Where the array's values lie; it must be contiguous and live as long as the call."""
    # Half the time of ``array.ctypes.data``, which makes an object of its own first.
    return ctypes.c_void_p(array.__array_interface__["data"][0])


def require(result: int) -> None:
    """Raise MemoryError where the kernel got no memory."""
    if result != 0:
        raise MemoryError("no memory for the rows of a kernel")
