"""``mendlite.diff``, ``apply`` and ``revert``: edits between files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from mendlite.api.models import ModelFile, read_model
from mendlite.errors import BadInputError
from mendlite.model.delta import Delta
from mendlite.tflite.delta_file import loads
from mendlite.tflite.diff import diff as find_edits
from mendlite.tflite.patch import apply as apply_edits
from mendlite.tflite.patch import revert as revert_edits
from mendlite.tflite.patch import seal
from mendlite.tflite.saved_delta import changed, read_delta

DeltaLike = Delta | str | os.PathLike[str] | bytes
"""A delta, the path of a saved one, or the bytes of one (JSON or NPZ)."""


def diff(base: ModelFile, other: ModelFile, *, signature: str | None = None) -> Delta:
    """The edits that turn ``base`` into ``other``, those of ``signature`` where there are several.

    Raises MendliteError where they differ in more than values of constants, scales and
    zero-points.

    >>> import mendlite
    >>> int8 = mendlite.load_target("digits").int8
    >>> mendlite.diff(int8, int8).size
    0
    """
    first = read_model(base, "base", signature)
    return seal(first.data, find_edits(first, read_model(other, "other", signature)))


def apply(base: ModelFile, delta: DeltaLike) -> bytes:
    """The patched file; raises BadInputError where ``delta`` was made from another file.

    >>> import mendlite, pathlib
    >>> int8 = mendlite.load_target("digits").int8
    >>> mendlite.apply(int8, mendlite.diff(int8, int8)) == pathlib.Path(int8).read_bytes()
    True
    """
    return _changed(base, "base", _delta(delta), apply_edits)


def revert(patched: ModelFile, delta: DeltaLike) -> bytes:
    """The file as it was before ``delta``; raises BadInputError where it made another file.

    >>> import mendlite, pathlib
    >>> int8 = mendlite.load_target("digits").int8
    >>> mendlite.revert(int8, mendlite.diff(int8, int8)) == pathlib.Path(int8).read_bytes()
    True
    """
    return _changed(patched, "patched", _delta(delta), revert_edits)


def _delta(given: DeltaLike) -> Delta:
    if isinstance(given, Delta):
        return given
    if isinstance(given, bytes):
        return loads(given)
    if not isinstance(given, str | os.PathLike):
        raise BadInputError(f"`delta` is a Delta, a path or bytes, not {type(given).__name__}")
    return read_delta(Path(given))


def _changed(
    file: ModelFile, parameter: str, delta: Delta, change: Callable[[bytes, Delta], bytes]
) -> bytes:
    data = read_model(file, parameter, delta.signature).data
    try:
        return changed(data, delta, change)
    except BadInputError as error:
        raise BadInputError(f"`delta`: {error}") from error
