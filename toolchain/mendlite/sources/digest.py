"""The digest of data in many files: it changes where a file, a name or the number of them does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from mendlite.reading.limited import LONG_DATA, digest_of


def digest_of_files(files: Sequence[Path]) -> str:
    """The sha256 in hex of one file, or over (relative path, sha256) of several, sorted by path.

    Paths are relative to the folder above all files, so that they may move together. Raises
    BadInputError for a file that cannot be read.
    """
    if len(files) == 1:
        return digest_of(files[0], LONG_DATA)
    above = os.path.commonpath([path.resolve().parent for path in files])
    named = sorted((os.path.relpath(path.resolve(), above), path) for path in set(files))
    digest = sha256()
    for name, path in named:
        line = f"{name}\0{digest_of(path, LONG_DATA)}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
