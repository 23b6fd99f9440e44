"""Copies of images, shifted, flipped and mixed: samples for which the float model is the teacher.

Pixels are moved and averaged as they are stored, so a copy is a sample like any other. A
spectrogram has the shape of an image, too: only three channels are taken to be a photograph, which
may be flipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.preprocess import reordered
from mendlite.case.recipe import Preprocessing
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.model.tensor import Tensor

SHIFT = 16
"""An image is shifted by at most its height and width over this."""

EIGHTHS = 8
"""A mixture holds one to four eighths of another image."""

Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChanges:
    """What is done to each of n images, the same for all inputs of a sample.

    ``down`` and ``right`` f64[n] are shifts as shares of the largest; ``flip`` bool[n]; ``other``
    i64[n] is the image that is mixed in and ``part`` i64[n] how many eighths of it.
    """

    down: NDArray[np.float64]
    right: NDArray[np.float64]
    flip: NDArray[np.bool_]
    other: NDArray[np.int64]
    part: NDArray[np.int64]

    @staticmethod
    def of(count: int, rng: Rng) -> ImageChanges:
        """Half of the images are flipped, and a third is mixed."""
        return ImageChanges(
            down=rng.uniform(-1, 1, count),
            right=rng.uniform(-1, 1, count),
            flip=rng.random(count) < 1 / 2,
            other=rng.permutation(count),
            part=np.where(rng.random(count) < 1 / 3, rng.integers(1, 5, count), 0),
        )


def are_images(model: Model) -> bool:
    """Whether a sample of every input of ``model`` has height, width and channels."""
    shapes = [model.tensors[t].shape for t in model.inputs]
    return all(len(x) == 4 and x[0] == 1 and x[1] > 1 and x[2] > 1 for x in shapes)


def copied(samples: Samples, rules: Sequence[Preprocessing], model: Model, rng: Rng) -> Samples:
    """The samples, each moved and mixed; ``model`` has the inputs that they are for."""
    changes = ImageChanges.of(samples.count, rng)
    raw = tuple(
        _moved(rule, values, model.tensors[tensor], changes)
        for rule, values, tensor in zip(rules, samples.raw, model.inputs, strict=True)
    )
    return replace(samples, name=f"{samples.name}, augmented", raw=raw, labels=None, outputs=())


def _moved(
    rule: Preprocessing, raw: NDArray[Any], tensor: Tensor, changes: ImageChanges
) -> NDArray[Any]:
    """One input's stored values, in the layout in which they came."""
    ordered = reordered(rule, raw, tensor)
    images = _mixed(_shifted(ordered.reshape(len(raw), *tensor.shape[1:]), changes), changes)
    if not rule.transpose:
        return images.reshape(raw.shape)
    back = np.argsort(rule.transpose)
    return images.transpose(0, *(axis + 1 for axis in back)).reshape(raw.shape)


def _shifted(images: NDArray[Any], changes: ImageChanges) -> NDArray[Any]:
    """Images (n, h, w, c) moved by whole pixels, the edge repeated, and flipped left to right."""
    count, height, width, channels = images.shape
    rows = _places(height, changes.down)
    columns = _places(width, changes.right)
    if channels == 3:
        columns = np.where(changes.flip[:, None], width - 1 - columns, columns)
    moved: NDArray[Any] = images[
        np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]
    ]
    return moved


def _places(extent: int, share: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where each of ``extent`` pixels comes from, i64[n, extent]."""
    by = np.rint(share * (extent // SHIFT)).astype(np.int64)
    places: NDArray[np.int64] = np.clip(np.arange(extent) + by[:, None], 0, extent - 1)
    return places


def _mixed(images: NDArray[Any], changes: ImageChanges) -> NDArray[Any]:
    """Images with some eighths of another one, rounded where they are stored as integers."""
    part = changes.part.reshape(-1, 1, 1, 1)
    if images.dtype.kind in "iu":
        whole = (
            images.astype(np.int64) * (EIGHTHS - part)
            + images[changes.other].astype(np.int64) * part
        )
        return ((whole + EIGHTHS // 2) // EIGHTHS).astype(images.dtype)
    if images.dtype.kind != "f":
        return images
    share = (part / EIGHTHS).astype(images.dtype)
    mixture: NDArray[Any] = images * (1 - share) + images[changes.other] * share
    return mixture
