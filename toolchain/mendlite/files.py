"""Write files so that a killed run leaves no half file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from mendlite.errors import MendliteError


def _describe(error: OSError) -> str:
    return error.strerror or type(error).__name__


def require_writable(path: Path) -> None:
    """Raise MendliteError now where a folder could not be made or written later."""
    nearest = path.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise MendliteError(f"{path}: cannot make the folder: {nearest} is a file")
    if not os.access(nearest, os.W_OK):
        raise MendliteError(f"{path}: cannot make the folder: {nearest} is not writable")


def make_folder(path: Path) -> None:
    """Make a folder and its parents; raises MendliteError where that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MendliteError(f"{path}: cannot make the folder: {_describe(error)}") from error


def write_together(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write several files of one folder: all beside their places first, then renamed.

    Raises MendliteError (a full disk, no permission) and then leaves what was there before.
    """
    make_folder(folder)
    beside: dict[str, str] = {}
    try:
        for name, data in contents.items():
            beside[name] = _write_beside(folder / name, data)
        for name, temporary in beside.items():
            os.replace(temporary, folder / name)  # noqa: PTH105 - atomic, as documented
    except OSError as error:
        raise MendliteError(f"{folder}: cannot write: {_describe(error)}") from error
    finally:
        for temporary in beside.values():
            with suppress(OSError):
                Path(temporary).unlink(missing_ok=True)


def remove_files(folder: Path, names: Iterable[str]) -> None:
    """Remove the files of these names from a folder, those that are there.

    Raises MendliteError where one stays.
    """
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise MendliteError(f"{folder}: cannot remove: {_describe(error)}") from error


def write_file(path: Path, data: bytes) -> None:
    """Write one file, as ``write_together``."""
    write_together(path.parent, {path.name: data})


def _write_beside(path: Path, data: bytes) -> str:
    """Write ``data`` to a new file in the same folder and return its name."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return name
