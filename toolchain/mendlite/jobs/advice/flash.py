"""Sizes of flash as people write them."""

from __future__ import annotations

import re

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown

UNITS = {"": 1, "b": 1, "k": 1024, "kb": 1000, "kib": 1024, "m": 2**20, "mb": 10**6, "mib": 2**20}
"""Bytes of a unit. Flash is sold in steps of 1024: k alone means that."""

SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)")


def flash_bytes(given: int | str) -> int:
    """Whole bytes of ``60k`` (61,440), ``60kB`` (60,000), ``0.5M`` or a number of bytes.

    Raises BadInputError for another text and below one byte.
    """
    parts = SIZE.fullmatch(str(given).strip().lower())
    if parts is None or parts[2] not in UNITS:
        raise BadInputError(
            f"`flash` is a size such as 60k (61,440 bytes), 60kB (60,000) or 61440, not "
            f"{shown(str(given))}"
        )
    size = int(float(parts[1]) * UNITS[parts[2]])
    if size < 1:
        raise BadInputError(f"`flash` is at least one byte, not {shown(str(given))}")
    return size
