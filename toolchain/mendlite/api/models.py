"""Model files as callers hand them in: a path or the bytes."""

from __future__ import annotations

import os
from pathlib import Path

from mendlite.errors import BadInputError, MendliteError
from mendlite.model.graph import Model
from mendlite.tflite.reader import read, read_file

ModelFile = str | os.PathLike[str] | bytes
"""A ``.tflite``: where it lies, or its bytes."""


def read_model(
    given: ModelFile,
    parameter: str,
    signature: str | None = None,
    *,
    only_of_several: bool = False,
) -> Model:
    """The model, that of ``signature`` as ``tflite.reader.read`` takes it.

    Raises BadInputError, which names the path or the parameter, where it is none.
    """
    if isinstance(given, bytes):
        try:
            return read(given, signature, only_of_several=only_of_several)
        except MendliteError as error:
            raise type(error)(f"`{parameter}`: {error}") from error
    if not isinstance(given, str | os.PathLike):
        raise BadInputError(f"`{parameter}` is a path or bytes, not {type(given).__name__}")
    return read_file(Path(given), signature, only_of_several=only_of_several)


def name_of(given: ModelFile | None, default: str) -> str:
    """The path as it was given; ``default`` for bytes."""
    return default if given is None or isinstance(given, bytes) else os.fspath(given)
