"""Operators that copy values to other places: shapes of the outputs, and which value goes where.

One description serves the comparison with the file, values known at preparation, the kernels and
their slopes. Scales do not matter: TFLite's kernels copy the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mendlite.model.tensor import DType
from mendlite.prepare.view import Shape

Arrays = Sequence[NDArray[Any]]
Move = Callable[[Arrays], list[NDArray[Any]]]
"""Arrays with an axis of samples before the file's own (of extent 1 where a tensor does not depend
on the samples) → the outputs, as well."""

INDEX = (DType.INT32, DType.INT64)
"""Types of positions and extents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """What an operator copies: values of the inputs ``slots``, into outputs of these ``shapes``.

    The outputs have the type of the first of the slots; the others hold positions.
    """

    slots: tuple[int, ...]
    shapes: tuple[Shape, ...]
    move: Move


def one(slot: int, shape: Shape, move: Callable[[NDArray[Any]], NDArray[Any]]) -> Copying:
    """From the input of ``slot`` to one output of ``shape``."""
    return Copying(slots=(slot,), shapes=(shape,), move=lambda x: [move(x[0])])
