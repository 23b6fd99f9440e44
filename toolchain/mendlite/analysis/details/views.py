"""How a stored sample is shown: a picture, waves or a row of values, by its shape."""

from __future__ import annotations

from base64 import b64encode
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.details.numbers import shorts
from mendlite.analysis.details.png import png
from mendlite.model.report_details import SampleView

SIDE = 64
"""Most pixels of a picture's side, and fewest values of a wave."""

POINTS = 256
"""Most values of a wave."""

CHANNELS = 8
"""Most channels of a wave that are shown."""

VALUES = 24
"""Most values of a row."""

Limits = tuple[float, float]

WHOLE: list[Limits] = [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]
"""Usual ranges of pixels that are no bytes."""


def limits_of(raw: NDArray[Any]) -> Limits:
    """The values that are black and white, for all samples [n, ...] of an input.

    The whole range of a byte, of shares from 0 to 1 or from -1 to 1, where the values use at
    least half of it.
    """
    low, high = float(np.min(raw, initial=0)), float(np.max(raw, initial=0))
    bytes_ = raw.dtype.kind in "iu" and raw.dtype.itemsize == 1
    whole = [(float(np.iinfo(raw.dtype).min), float(np.iinfo(raw.dtype).max))] if bytes_ else WHOLE
    for begin, end in whole:
        if begin <= low and high <= end and high - low > (end - begin) / 2:
            return begin, end
    return low, high if high > low else low + 1


def view_of(sample: NDArray[Any], limits: Limits) -> SampleView:
    """One stored sample [...] of one input."""
    values = _squeezed(np.nan_to_num(sample.astype(np.float64)))
    if values.ndim == 3:
        return _picture(sample.shape, values, limits)
    if values.ndim == 2:
        length, channels = values.shape
        if channels <= CHANNELS and length >= 2 * channels:
            return _wave(sample.shape, values.T)
        return _picture(sample.shape, values, limits)
    if values.size >= SIDE:
        return _wave(sample.shape, values.reshape(1, -1))
    return _view("row", sample.shape, waves=(shorts(values.reshape(-1)[:VALUES]),))


def _squeezed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without axes of length 1; at most three, a picture's channels last."""
    values = values.squeeze()
    if values.ndim > 3:
        values = values.reshape(-1)
    if values.ndim == 3:
        channels_first = values.shape[0] in (3, 4) and values.shape[2] not in (3, 4)
        values = np.moveaxis(values, 0, 2) if channels_first else values
        colour = values.shape[2] in (3, 4) and min(values.shape[:2]) >= 4
        # Features of more channels: the mean over them is a picture of where they are large.
        values = values[:, :, :3] if colour else values.mean(axis=2)
    return values


def _picture(shape: tuple[int, ...], values: NDArray[np.float64], limits: Limits) -> SampleView:
    height, width = values.shape[:2]
    step = max(1, ceil(max(height, width) / SIDE))
    rows, columns = (np.arange(0, end, step) for end in (height, width))
    small = np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)
    ones = np.ones((height, width))
    sizes = np.add.reduceat(np.add.reduceat(ones, rows, axis=0), columns, axis=1)
    small = small / (sizes[:, :, None] if small.ndim == 3 else sizes)
    low, high = limits
    pixels = np.clip(np.rint((small - low) * (255 / (high - low))), 0, 255).astype(np.uint8)
    coded = b64encode(png(pixels)).decode()
    return _view("picture", shape, png_text=coded, size=(pixels.shape[1], pixels.shape[0]))


def _wave(shape: tuple[int, ...], channels: NDArray[np.float64]) -> SampleView:
    """Each channel's values, thinned so that the largest excursions stay."""
    return _view("wave", shape, waves=tuple(shorts(_thin(c)) for c in channels[:CHANNELS]))


def _thin(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most POINTS values: of each stretch the smallest and the largest."""
    if values.size <= POINTS:
        return values
    parts = np.array_split(values, POINTS // 2)
    return np.array([end for part in parts for end in (part.min(), part.max())])


def _view(
    form: str,
    shape: tuple[int, ...],
    *,
    png_text: str = "",
    size: tuple[int, int] = (0, 0),
    waves: tuple[tuple[float, ...], ...] = (),
) -> SampleView:
    return SampleView(
        form=form, shape=tuple(shape), png=png_text, width=size[0], height=size[1], waves=waves
    )
