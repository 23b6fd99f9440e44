"""Decode samples that are stored as JPEG files: JPEG and nothing else.

Without a format, Pillow tries every format it has, and runs Ghostscript on some.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.packages import load
from mendlite.sources.bounds import LOADED
from mendlite.sources.picture import BROKEN, PIXELS, SCAN, SCANS, require_plausible
from mendlite.targets.schema import Jpeg

BEGIN = b"\xff\xd8\xff"

PIXELS_A_BYTE = 2**10
"""Most pixels that a byte of a file makes. A block of 8 x 8 takes one bit at the least (ITU T.81,
F.1.2): 512 pixels a byte. Whoever claims more has written a small file that takes long."""


def decode_jpegs(
    data: NDArray[np.uint8],
    offsets: NDArray[np.generic],
    rows: NDArray[np.int64],
    jpeg: Jpeg,
) -> NDArray[np.uint8]:
    """Images (n, height, width, 3) of the given rows, RGB.

    ``data`` and ``offsets`` fit each other (``values.require_rows``). Raises MissingPackageError
    without Pillow, BadInputError for an image that is broken, no JPEG or too large, and for images
    of different sizes where none is named.
    """
    pillow = load("PIL.Image", "decoding JPEG samples")
    if jpeg.size is not None:
        _require_size(jpeg.size, len(rows))
    images: list[NDArray[np.uint8]] = []
    for row in rows:
        raw = data[int(offsets[row]) : int(offsets[row + 1])].tobytes()
        image = _decode(pillow, raw, int(row))
        if jpeg.size is not None:
            height, width = jpeg.size
            image = image.resize((width, height), pillow.Resampling[jpeg.filter.upper()])
        images.append(np.asarray(image, np.uint8))
        if images[0].size * len(rows) > LOADED:
            raise BadInputError(f"{len(rows)} images of {list(images[0].shape)} are too many")
        if images[-1].shape != images[0].shape:
            raise BadInputError("the JPEG samples differ in size: name a size to resize them to")
    return np.stack(images) if images else np.zeros((0, 1, 1, 3), np.uint8)


def _require_size(size: tuple[int, int], count: int) -> None:
    """Raise BadInputError for a size to resize to that takes more memory than samples may."""
    pixels = size[0] * size[1]
    if pixels > PIXELS or 3 * pixels * count > LOADED:
        raise BadInputError(f"{count} images of {size[0]} x {size[1]} pixels are too many")


def _decode(pillow: Any, raw: bytes, row: int) -> Any:
    """One RGB image; raises BadInputError, without the file's bytes."""
    if not raw.startswith(BEGIN):
        raise BadInputError(f"JPEG sample {row} cannot be decoded: it is no JPEG file")
    if raw.count(SCAN) > SCANS:
        raise BadInputError(f"JPEG sample {row} has more than {SCANS} scans")
    try:
        with warnings.catch_warnings():
            # Pillow's own size limit warns; ours below is the one that counts.
            warnings.simplefilter("ignore")
            image = pillow.open(io.BytesIO(raw), formats=["JPEG"])
            most = PIXELS_A_BYTE * len(raw)
            require_plausible(f"JPEG sample {row}", image.width, image.height, len(raw), most)
            return image.convert("RGB")
    except (*BROKEN, pillow.DecompressionBombError) as error:
        raise BadInputError(
            f"JPEG sample {row} cannot be decoded: it is broken, cut off or too large"
        ) from error
