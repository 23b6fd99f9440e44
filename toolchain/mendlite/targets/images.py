"""Decode samples that are stored as JPEG files."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError, MissingPackageError
from mendlite.targets.schema import Jpeg


def decode_jpegs(
    data: NDArray[np.uint8],
    offsets: NDArray[np.generic],
    rows: NDArray[np.int64],
    jpeg: Jpeg,
) -> NDArray[np.uint8]:
    """Images (n, height, width, 3) of the given rows, RGB.

    Raises MissingPackageError without Pillow, BadInputError for a broken image or images of
    different sizes where none is named.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise MissingPackageError(
            "JPEG samples need Pillow: pip install 'mendlite[images]'"
        ) from error
    filters = Image.Resampling
    images: list[NDArray[np.uint8]] = []
    for row in rows:
        raw = data[int(offsets[row]) : int(offsets[row + 1])].tobytes()
        try:
            image = Image.open(io.BytesIO(raw)).convert("RGB")
        except (UnidentifiedImageError, OSError) as error:
            raise BadInputError(f"JPEG sample {int(row)} cannot be decoded: {error}") from error
        if jpeg.size is not None:
            height, width = jpeg.size
            image = image.resize((width, height), filters[jpeg.filter.upper()])
        images.append(np.asarray(image, np.uint8))
    if len({image.shape for image in images}) > 1:
        raise BadInputError("the JPEG samples differ in size: name a size to resize them to")
    return np.stack(images) if images else np.zeros((0, 1, 1, 3), np.uint8)
