"""RESIZE_BILINEAR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from mendlite.arith.bilinear import make_float_resize, make_integer_resize
from mendlite.model.tensor import DType
from mendlite.prepare.copying import Arrays
from mendlite.prepare.resizing import grids
from mendlite.replay.reference.context import Context


def prepare_bilinear(context: Context) -> Callable[[Arrays], NDArray[Any]]:
    """RESIZE_BILINEAR."""
    make = make_float_resize if context.input(0).dtype is DType.FLOAT32 else make_integer_resize
    resize = make(*grids(context.preparation))
    return lambda x: resize(x[0])
