"""Image files as samples: one shape, one number of channels, and what was done to get there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.packages import load
from mendlite.reading.limited import Kind, read_limited, shown
from mendlite.sources.bounds import form, require_loadable
from mendlite.sources.folder import FileSet
from mendlite.sources.picture import PURPOSE, UPRIGHT, decoded, open_picture, orientation
from mendlite.sources.source import Arrays, Rows
from mendlite.sources.spec import DataSpec

IMAGE = Kind(what="image", largest=2**28)

GREY = ("1", "L", "LA", "La")
"""Pillow's modes without colour."""

DEEP = ("I;16", "I;16B", "I;16L", "I")
"""Grey of 16 bits."""

ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")
"""Modes with transparency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFiles:
    """Image files, one sample each, as (n, height, width, 1 or 3)."""

    file_set: FileSet
    size: tuple[int, int] | None
    channels: int | None

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.file_set.files)

    @property
    def names(self) -> tuple[str, ...]:
        """One input without a name."""
        return ("",)

    @property
    def files(self) -> tuple[Path, ...]:
        """The images."""
        return self.file_set.files

    def read(self, rows: Rows) -> tuple[Arrays, str]:
        """The pixels of the images at ``rows``."""
        paths = [self.files[int(row)] for row in rows]
        raw = ((shown(path), read_limited(path, IMAGE)) for path in paths)
        where = shown(self.file_set.folder)
        pixels, phrase = read_pictures(where, len(paths), raw, self.size, self.channels)
        return (pixels,), phrase


def open_images(file_set: FileSet, spec: DataSpec) -> ImageFiles:
    """The image files of a folder or of a command line."""
    return ImageFiles(file_set=file_set, size=spec.image_size, channels=spec.channels)


def read_pictures(
    where: str,
    count: int,
    files: Iterable[tuple[str, bytes]],
    size: tuple[int, int] | None,
    channels: int | None,
) -> tuple[NDArray[Any], str]:
    """(pixels [n, height, width, channels], phrase) of encoded images with their names.

    Without ``channels`` all are grey where all are stored so, else RGB. Raises BadInputError for an
    image that cannot be decoded, and for sizes that differ where ``size`` is None.
    """
    gathered: list[NDArray[Any]] = []
    seen: list[Seen] = []
    turned = 0
    for name, raw in files:
        image = open_picture(name, raw)
        seen.append(Seen(name=name, form=image.format, size=(image.height, image.width),
                         mode=image.mode))  # fmt: skip
        _require_alike(seen[0], seen[-1], size)
        whole = decoded(name, image)
        turned += orientation(whole) != UPRIGHT
        pixels = _pixels(whole, size)
        if not gathered:
            require_loadable(where, count, (*pixels.shape[:2], channels or 3), pixels.itemsize)
        gathered.append(pixels)
    channels_needed = channels or (1 if all(one.mode in (*GREY, *DEEP) for one in seen) else 3)
    stacked = np.stack([_channels(where, one, channels_needed) for one in gathered])
    phrase = _phrase(seen, stacked.shape[1:], size)
    if turned:
        phrase += f", {turned} of them not turned by their EXIF orientation: fed as stored"
    return stacked, phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the header of an image holds; ``size`` is [height, width]."""

    name: str
    form: str
    size: tuple[int, int]
    mode: str


def _require_alike(first: Seen, other: Seen, size: tuple[int, int] | None) -> None:
    """Raise BadInputError for images of different sizes that are not resized, or depths."""
    if size is None and other.size != first.size:
        raise BadInputError(
            f"the images differ in size: {first.name} has {first.size[1]} x {first.size[0]} "
            f"pixels, {other.name} {other.size[1]} x {other.size[0]}: `image_size` (height, width) "
            "resizes all of them"
        )
    if (first.mode in DEEP) != (other.mode in DEEP):
        raise BadInputError(
            f"{first.name} and {other.name} differ in depth: one has pixels of 16 bits, the other "
            "of 8: save them alike"
        )


def _phrase(seen: Sequence[Seen], shape: tuple[int, ...], size: tuple[int, int] | None) -> str:
    """``450 PNG images of 32 x 32 x 3``, and what is worth a remark."""
    formats = " and ".join(sorted({one.form for one in seen}))
    grey = sum(one.mode in (*GREY, *DEEP) for one in seen)
    sizes = {one.size for one in seen}
    parts = [f"{len(seen)} {formats} images of {form(shape)}"]
    if seen[0].mode in DEEP:
        parts.append("pixels of 16 bits")
    if size is not None and sizes != {size}:
        between = form(min(sizes)) + ("" if len(sizes) == 1 else f" to {form(max(sizes))}")
        parts.append(f"resized from {between} (bilinear)")
    if shape[-1] == 1 and grey < len(seen):
        parts.append(f"{len(seen) - grey} of them turned from colour to grey")
    if shape[-1] == 3 and grey:
        parts.append(f"{grey} of them grey, given three equal channels")
    if transparent := sum(one.mode in ALPHA for one in seen):
        parts.append(f"transparency of {transparent} left out")
    return ", ".join(parts)


def _pixels(image: Any, size: tuple[int, int] | None) -> NDArray[Any]:
    """[height, width] of a grey image, [height, width, 3] of another."""
    if image.mode in DEEP:
        plain = image.convert("I")
    else:
        plain = image.convert("L" if image.mode in GREY else "RGB")
    if size is not None and (plain.height, plain.width) != size:
        pillow = load("PIL.Image", PURPOSE)
        plain = plain.resize((size[1], size[0]), pillow.Resampling.BILINEAR)
    values: NDArray[Any] = np.asarray(plain)
    return np.clip(values, 0, 2**16 - 1).astype(np.uint16) if image.mode in DEEP else values


def _channels(where: str, pixels: NDArray[Any], channels_needed: int) -> NDArray[Any]:
    """[height, width, channels]."""
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], channels_needed, axis=2)
    if channels_needed == 3:
        return pixels
    if channels_needed != 1:
        raise BadInputError(f"{where}: `channels` is 1 (grey) or 3 (RGB), not {channels_needed}")
    pillow = load("PIL.Image", PURPOSE)
    grey: NDArray[Any] = np.asarray(pillow.fromarray(pixels).convert("L"))
    return grey[:, :, None]
