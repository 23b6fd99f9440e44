"""The pictures of the detector, and the generator that its converter is calibrated with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SIDE = 16
CELLS = 4
"""A grid of 4 by 4 cells; each has one box and one score."""


def scene(
    generator: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """A picture (16, 16, 1) of 0 to 1 with up to two boxes; boxes (16, 4), scores (16, 1)."""
    picture = generator.normal(0.25, 0.06, (SIDE, SIDE))
    boxes, scores = np.zeros((CELLS * CELLS, 4)), np.zeros((CELLS * CELLS, 1))
    for _ in range(generator.integers(0, 3)):
        (row, column), (height, width) = generator.uniform(3, 13, 2), generator.uniform(3, 6, 2)
        top, left = max(0, round(row - height / 2)), max(0, round(column - width / 2))
        picture[top : round(row + height / 2), left : round(column + width / 2)] += 0.85
        cell = int(row * CELLS / SIDE) * CELLS + int(column * CELLS / SIDE)
        boxes[cell], scores[cell] = (row / SIDE, column / SIDE, height / SIDE, width / SIDE), 1
    return tuple(a.astype(np.float32) for a in (np.clip(picture, 0, 1)[..., None], boxes, scores))


def scenes(count: int, seed: int) -> list[NDArray[np.float32]]:
    """Pictures (count, 16, 16, 1), boxes (count, 16, 4) and scores (count, 16, 1)."""
    generator = np.random.default_rng(seed)
    return [np.stack(part) for part in zip(*(scene(generator) for _ in range(count)), strict=True)]


def representative_dataset() -> Iterator[list[NDArray[np.float32]]]:
    """What a converter takes: a list with one array for each input, one sample at a time."""
    for picture in scenes(300, seed=7)[0]:
        yield [picture[None]]
