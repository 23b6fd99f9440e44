"""Samples for a model that may be anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.rows import sample_shape
from mendlite.model.tensor import Tensor
from model_fuzz.dice import Dice

SAMPLES = 2
FRAMES = 2
"""Frames of a recording, where a model keeps values from one to the next."""

MOST_ELEMENTS = 2**22
"""Elements of an input beyond which no sample of it is drawn."""


def draw(model: Model, dice: Dice) -> list[NDArray[Any]] | None:
    """Random, extreme or zero samples, one array an input; None where they would be too large.

    Of a model that keeps state the frames of ``SAMPLES`` recordings, as many rows.
    """
    tensors = [model.tensors[t] for t in model.inputs]
    if any(_elements(t) > MOST_ELEMENTS for t in tensors):
        return None
    count = SAMPLES * (FRAMES if model.keeps_frames else 1)
    return [_values(t, dice, count) for t in tensors]


def _elements(tensor: Tensor) -> int:
    total = SAMPLES
    for extent in sample_shape(tensor):
        total *= max(extent, 1)  # numpy bounds the other extents of an empty array, too
    return total


def _values(tensor: Tensor, dice: Dice, rows: int) -> NDArray[Any]:
    shape, dtype = (rows, *sample_shape(tensor)), tensor.dtype.numpy or np.dtype(np.uint8)
    roll = dice.below(10)
    if roll == 0:
        return np.zeros(shape, dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if roll < 4:
            return dice.rng.choice(np.array([limits.min, limits.max], dtype), shape)
        return dice.rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    if dtype.kind == "f":
        spread = dice.pick((1e-3, 1.0, 1.0, 1.0, 100.0, 1e30))
        with np.errstate(over="ignore"):  # 1e30 is infinite in float16
            return dice.rng.normal(0, spread, shape).astype(dtype)
    return dice.rng.integers(0, 2, shape).astype(dtype)
