"""RESIZE_BILINEAR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from mendlite.arith.bilinear import make_float_resize, make_integer_resize
from mendlite.compiled.trial import usable
from mendlite.compiled.values import make_resize
from mendlite.model.tensor import DType
from mendlite.prepare.copying import Arrays
from mendlite.prepare.resizing import grids
from mendlite.replay.reference.context import Context


def prepare_bilinear(context: Context) -> Callable[[Arrays], NDArray[Any]]:
    """RESIZE_BILINEAR."""
    dtype, (_, height, width, _) = context.input(0).dtype, context.input(0).shape
    down, across = grids(context.preparation)
    if dtype is DType.INT8 and usable():
        resize = make_resize(down, across, (height, width))
    else:
        make = make_float_resize if dtype is DType.FLOAT32 else make_integer_resize
        resize = make(down, across)
    return lambda x: resize(x[0])
