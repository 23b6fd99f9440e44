"""Which form a file has: by its first bytes, and only where a form has none, by its name."""

from __future__ import annotations

import re
from pathlib import Path

from mendlite.reading.limited import LONG_DATA, opened

PICTURE = "picture"
RECORDING = "recording"

HEAD = 32
"""Bytes of a file that are looked at."""

BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
"""Sizes of a BMP's second header (BITMAPCOREHEADER to BITMAPV5HEADER)."""

NAMED = {
    ".csv": "table", ".tsv": "table", ".tfrecord": "records", ".tfrecords": "records",
}  # fmt: skip
"""Forms without a mark of their own, by the end of a file's name."""

PICTURE_NAMES = (
    ".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".gif", ".webp", ".tif", ".tiff", ".heic",
    ".avif",
)  # fmt: skip
RECORDING_NAMES = (".wav", ".wave", ".mp3", ".flac", ".ogg", ".m4a", ".aif", ".aiff")


def picture_format(head: bytes) -> str:
    """Pillow's name of the picture format that begins so, "" for none that is read."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BITMAP_HEADERS:
        return "BMP"
    return "PPM" if re.match(rb"P[1-6][\s#]", head) else ""


def is_wave(head: bytes) -> bool:
    """Whether a file that begins so is a WAV file."""
    return head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"


def form_of(path: Path) -> str:
    """The form of the file at ``path``, "" for none; raises BadInputError as ``opened`` does."""
    with opened(path, LONG_DATA) as file:
        head = file.read(HEAD)
    if picture_format(head):
        return PICTURE
    if is_wave(head):
        return RECORDING
    for mark, name in ((b"\x93NUMPY", "array"), (b"PK", "archive"), (b"\x89HDF\r\n\x1a\n", "hdf5")):
        if head.startswith(mark):
            return name
    return NAMED.get(path.suffix.lower(), "records" if "tfrecord" in path.name else "")


def form_by_name(path: Path) -> str:
    """PICTURE or RECORDING for a file that is named like one, else ""."""
    if path.suffix.lower() in PICTURE_NAMES:
        return PICTURE
    return RECORDING if path.suffix.lower() in RECORDING_NAMES else ""
