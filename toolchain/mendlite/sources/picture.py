"""One encoded image to pixels: only of named formats, never more pixels than its bytes can hold.

Without a format, Pillow tries every format it has, and runs Ghostscript on some.
"""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any

from mendlite.errors import BadInputError
from mendlite.packages import load
from mendlite.sources.forms import picture_format

SCAN = b"\xff\xda"
SCANS = 100
"""Most scans of one JPEG file: each goes over all of its pixels."""

PIXELS = 2**26
"""Most pixels of one image, before it is resized."""

PIXELS_A_BYTE = 2**13
"""Most pixels that a byte of a file makes. In JPEG a block of 8 x 8 takes one bit at the least
(ITU T.81, F.1.2): 512 pixels a byte. Deflate, in PNG, shortens to 1/1032 at most, and a byte holds
8 pixels of one bit."""

FREE = 2**20
"""An image may always have this many pixels."""

BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error,
          OverflowError, MemoryError)  # fmt: skip
"""What Pillow raises on broken files."""

PURPOSE = "decoding images"

ORIENTATION = 0x0112
"""The EXIF tag (Exif 2.32, 4.6.4)."""

UPRIGHT, TURNED = 1, range(2, 9)


def require_plausible(where: str, width: int, height: int, size: int, most: int) -> None:
    """Raise BadInputError for more pixels than are decoded, or than ``size`` bytes can hold."""
    for limit, why in ((PIXELS, f"{PIXELS}"), (most, f"its {size} bytes can hold")):
        if width * height > limit:
            raise BadInputError(f"{where} has {width} x {height} pixels: more than {why}")


def open_picture(where: str, raw: bytes) -> Any:
    """A Pillow image whose pixels are not decoded yet.

    Raises MissingPackageError without Pillow, BadInputError for what is no PNG, JPEG, BMP or PPM,
    and for a header that claims too much.
    """
    pillow = load("PIL.Image", PURPOSE)
    known = picture_format(raw[:32])
    if not known:
        raise BadInputError(f"{where} is no PNG, JPEG, BMP or PPM image")
    if known == "JPEG" and raw.count(SCAN) > SCANS:
        raise BadInputError(f"{where} has more than {SCANS} scans")
    try:
        with warnings.catch_warnings():
            # Pillow's own size limit warns; ours below is the one that counts.
            warnings.simplefilter("ignore")
            image = pillow.open(io.BytesIO(raw), formats=[known])
    except (*BROKEN, pillow.DecompressionBombError) as error:
        raise BadInputError(f"{where} cannot be decoded: it is broken or cut off") from error
    most = max(FREE, PIXELS_A_BYTE * len(raw))
    require_plausible(where, image.width, image.height, len(raw), most)
    return image


def orientation(image: Any) -> int:
    """The EXIF orientation of a decoded image, 2 to 8; 1 where it is upright or has none.

    Nothing turns the pixels by it: TensorFlow's, Keras' and Pillow's decoders do not either, so a
    model was trained on the pixels as they are stored.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = image.getexif().get(ORIENTATION, UPRIGHT)
    except BROKEN:
        return UPRIGHT
    return value if value in TURNED else UPRIGHT


def decoded(where: str, image: Any) -> Any:
    """The image with its pixels; raises BadInputError where it is broken or cut off."""
    pillow = load("PIL.Image", PURPOSE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            return image
    except (*BROKEN, pillow.DecompressionBombError) as error:
        raise BadInputError(f"{where} cannot be decoded: it is broken or cut off") from error
