"""RESIZE_BILINEAR (``resize_bilinear.cc``)."""

from __future__ import annotations

from mendlite.arith.bilinear import Between, float_grid, integer_grid, leaves_image
from mendlite.model.tensor import DType
from mendlite.prepare.blocks import alignment, resized
from mendlite.prepare.view import Inferred, Preparation


def bilinear(view: Preparation) -> Inferred:
    """RESIZE_BILINEAR: stored values are weighted, whatever the output's scale."""
    dtype = view.input(0).dtype
    view.require_type(view.input(0), DType.INT8, DType.INT16, DType.FLOAT32)
    wanted, (batch, *extents, channels) = resized(view), view.input(0).shape
    aligned, centred = alignment(view)
    for extent, size in zip(extents, wanted, strict=True):
        out = leaves_image(extent, size, aligned=aligned, centred=centred)
        if out and dtype is not DType.FLOAT32:
            raise view.undefined(f"its rounded step from {extent} to {size} leaves the image")
    return Inferred(shape=(batch, *wanted, channels), dtype=dtype)


def grids(view: Preparation) -> tuple[Between, Between]:
    """Those of the rows and of the columns."""
    wanted, (_, rows, columns, _) = resized(view), view.input(0).shape
    aligned, centred = alignment(view)
    make = float_grid if view.input(0).dtype is DType.FLOAT32 else integer_grid
    down, across = (
        make(n, m, aligned=aligned, centred=centred)
        for n, m in zip((rows, columns), wanted, strict=True)
    )
    return down, across
