"""Saved deltas: read with the file's name in each error, and applied to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mendlite.errors import BadInputError, MendliteError
from mendlite.model.delta import Delta
from mendlite.reading.limited import DELTA, read_limited, shown
from mendlite.tflite.delta_file import loads
from mendlite.tflite.reader import read


def read_delta(path: Path) -> Delta:
    """The delta saved at ``path``, JSON or NPZ; raises BadInputError that begins with the path."""
    try:
        return loads(read_limited(path, DELTA))
    except BadInputError as error:
        text = str(error).removeprefix(f"{shown(path)}: ")
        raise BadInputError(f"{shown(path)}: {text}") from error


def changed(data: bytes, delta: Delta, change: Callable[[bytes, Delta], bytes]) -> bytes:
    """The bytes that ``change`` (``apply`` or ``revert``) makes of ``data``.

    Raises BadInputError where the delta does not fit ``data``, or the reader refuses the result.
    """
    result = change(data, delta)
    try:
        read(result, delta.signature)
    except MendliteError as error:
        raise BadInputError(f"the file that it makes is refused ({error})") from error
    return result
