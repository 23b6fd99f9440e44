"""Kernels that take the samples along an axis of their own, before the file's axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.tensor import Tensor
from mendlite.prepare.copies import COPIES
from mendlite.prepare.copying import Arrays, Move
from mendlite.replay.reference import broadcasting, comparing, matrices, reductions, resizing
from mendlite.replay.reference.context import Context, Whole

Shapes = Sequence[tuple[int, ...]]
Prepared = Callable[[Context], Callable[[Arrays], NDArray[Any]]]
"""The kernel of an operator with one output, over arrays with an axis of samples in front."""

COMPUTE: Mapping[str, tuple[int, Prepared]] = {
    "MINIMUM": (2, broadcasting.prepare_extreme),
    "MAXIMUM": (2, broadcasting.prepare_extreme),
    "SQUARED_DIFFERENCE": (2, broadcasting.prepare_squared_difference),
    "PRELU": (2, broadcasting.prepare_prelu),
    "DIV": (2, broadcasting.prepare_divide),
    "CAST": (1, broadcasting.prepare_cast),
    **dict.fromkeys(comparing.COMPARISONS, (2, comparing.prepare_comparison)),
    "LOGICAL_AND": (2, comparing.prepare_plain),
    "LOGICAL_OR": (2, comparing.prepare_plain),
    "LOGICAL_NOT": (1, comparing.prepare_plain),
    "SELECT": (3, comparing.prepare_select),
    "SELECT_V2": (3, comparing.prepare_select),
    "NEG": (1, comparing.prepare_plain),
    "REDUCE_MAX": (1, reductions.prepare_extreme),
    "REDUCE_MIN": (1, reductions.prepare_extreme),
    "SUM": (1, reductions.prepare_sum),
    "ARG_MAX": (1, reductions.prepare_arg_max),
    "CUMSUM": (1, reductions.prepare_cumulative),
    "L2_NORMALIZATION": (1, reductions.prepare_normalized),
    "RESIZE_BILINEAR": (1, resizing.prepare_bilinear),
    "BATCH_MATMUL": (2, matrices.prepare_batch_matmul),
}
"""How many of the first inputs hold values, and the kernel."""


def prepare_copy(context: Context) -> Whole:
    """The kernel of an operator of ``prepare.copies``."""
    copying = COPIES[context.operator.op](context.preparation)
    return _whole(context, copying.slots, copying.shapes, copying.move)


def prepare_compute(context: Context) -> Whole:
    """The kernel of an operator of COMPUTE."""
    count, prepare = COMPUTE[context.operator.op]
    kernel = prepare(context)
    return _whole(context, range(count), [context.output.shape], lambda x: [kernel(x)])


def _whole(context: Context, slots: Sequence[int], shapes: Shapes, move: Move) -> Whole:
    tensors = [context.input(slot) for slot in slots]
    apart = [t.index in context.batched for t in tensors]

    def run(x: Arrays) -> tuple[NDArray[Any], ...]:
        held = [
            with_samples(x[slot], tensor, batched=batched)
            for slot, tensor, batched in zip(slots, tensors, apart, strict=True)
        ]
        return tuple(
            np.ascontiguousarray(y).reshape(_rows(len(y), shape) if any(apart) else shape)
            for y, shape in zip(move(held), shapes, strict=True)
        )

    return run


def with_samples(values: NDArray[Any], tensor: Tensor, *, batched: bool) -> NDArray[Any]:
    """A tensor's values with an axis of samples before its own; of extent 1 where it has none."""
    return values.reshape(-1 if batched else 1, *tensor.shape)


def _rows(samples: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The samples' values one behind the other along the first axis."""
    return (samples * shape[0], *shape[1:]) if shape else (samples,)


WHOLE: Mapping[str, Callable[[Context], Whole]] = {
    **dict.fromkeys(COPIES, prepare_copy),
    **dict.fromkeys(COMPUTE, prepare_compute),
}
"""Every operator whose kernel is one of these."""
