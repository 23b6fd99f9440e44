"""The compiled roundings of integer quadratics as functions of arrays."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.compiled.calls import at, function

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Bounds i64[C, K] of whole numbers, and the unit f64[C, K] of each; None: 1."""

    lower: Wholes
    upper: Wholes
    steps: Floats | None

    def __post_init__(self) -> None:
        """Raise ValueError where the three do not lie alike in memory."""
        held = (self.lower, self.upper, *([] if self.steps is None else [self.steps]))
        if any(not each.flags.c_contiguous or each.shape != self.lower.shape for each in held):
            raise ValueError("bounds and steps must be contiguous and of one shape")

    @staticmethod
    def of(lower: Wholes, upper: Wholes, steps: Floats | None) -> Box:
        """The box, copied where the bounds lie otherwise in memory."""
        return Box(
            lower=np.ascontiguousarray(lower, np.int64),
            upper=np.ascontiguousarray(upper, np.int64),
            steps=None if steps is None else np.ascontiguousarray(steps, np.float64),
        )

    @property
    def passed(self) -> tuple[ctypes.c_void_p | None, ...]:
        """The arguments of a C function."""
        return at(self.lower), at(self.upper), None if self.steps is None else at(self.steps)


def round_block(triangle: Floats, left: Floats, box: Box, block: slice, result: Floats) -> None:
    """Babai's nearest plane of the values ``block`` of ``left`` [C, K], the last first.

    ``result`` [C, K] is set there, and in ``left`` what they take from the block's values before
    them. ``triangle`` [K, K], or [C, K, K], is contiguous, as the others.
    """
    size = left.shape[1]
    function("round_block")(
        *_counts(len(left), size, block.start, block.stop),
        at(triangle), _apart(triangle), *box.passed, at(left), at(result),
    )  # fmt: skip


def descend(matrix: Floats, box: Box, sweeps: int, result: Floats, gradient: Floats) -> None:
    """Coordinate descent of ``result`` [C, K], whose gradient is ``gradient`` [C, K], in place."""
    function("descend")(
        *_counts(*result.shape, sweeps), at(matrix), _apart(matrix), *box.passed, at(result),
        at(gradient),
    )  # fmt: skip


def _counts(*values: int) -> list[ctypes.c_int64]:
    return [ctypes.c_int64(value) for value in values]


def _apart(matrix: Floats) -> ctypes.c_int64:
    """Values from one problem's matrix to the next; 0 where all have one."""
    return ctypes.c_int64(matrix.shape[-1] ** 2 if matrix.ndim == 3 else 0)
