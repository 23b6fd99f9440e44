"""Operators that copy values to other places, for many samples at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.tensor import Tensor
from mendlite.prepare.copies import COPIES
from mendlite.replay.reference.context import Arrays, Context, Whole


def prepare_copy(context: Context) -> Whole:
    """The kernel of an operator of ``prepare.copies``."""
    copying = COPIES[context.operator.op](context.preparation)
    tensors = [context.input(slot) for slot in copying.slots]
    apart = [t.index in context.batched for t in tensors]
    many = any(apart)

    def run(x: Arrays) -> tuple[NDArray[Any], ...]:
        held = [
            with_samples(x[slot], tensor, batched=batched)
            for slot, tensor, batched in zip(copying.slots, tensors, apart, strict=True)
        ]
        outputs = copying.move(held)
        return tuple(
            np.ascontiguousarray(y).reshape(_rows(len(y), shape) if many else shape)
            for y, shape in zip(outputs, copying.shapes, strict=True)
        )

    return run


def with_samples(values: NDArray[Any], tensor: Tensor, *, batched: bool) -> NDArray[Any]:
    """A tensor's values with an axis of samples before its own; of extent 1 where it has none."""
    return values.reshape(-1 if batched else 1, *tensor.shape)


def _rows(samples: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The samples' values one behind the other along the first axis."""
    return (samples * shape[0], *shape[1:]) if shape else (samples,)
