"""Folders of results: made, tried, and held by one run at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mendlite.errors import MendliteError
from mendlite.files.parts import lock, remove_stale, sync_folder
from mendlite.reading.limited import is_there, shown, words


def require_writable(path: Path) -> None:
    """Raise MendliteError now where a folder could not be made or written later."""
    nearest = path.absolute()
    while not is_there(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise MendliteError(
            f"{shown(path)}: cannot make the folder: {shown(nearest)} is a file or a device"
        )
    if not os.access(nearest, os.W_OK):
        raise MendliteError(
            f"{shown(path)}: cannot make the folder: {shown(nearest)} is not writable"
        )


def make_folder(path: Path) -> list[Path]:
    """Make a folder and its parents, synced; returns those that are new, the deepest first.

    Raises MendliteError where that fails.
    """
    made: list[Path] = []
    try:
        missing = [path]
        while not missing[-1].exists():
            missing.append(missing[-1].parent)
        for folder in reversed(missing[:-1]):
            folder.mkdir(exist_ok=True)
            made.insert(0, folder)
            sync_folder(folder.parent)
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise MendliteError(f"{shown(path)}: cannot make the folder: {words(error)}") from error
    return made


@contextmanager
def hold_folder(path: Path) -> Iterator[None]:
    """Keep other runs out of a folder of results, which is made, and tidy it.

    The lock is the folder's own (flock): it ends with the process, killed or not. Raises
    MendliteError where another run holds it. A folder that was made and stayed empty goes again.
    """
    require_writable(path)
    made = make_folder(path)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise MendliteError(f"{shown(path)}: {words(error)}") from error
    try:
        if not lock(handle):
            raise MendliteError(
                f"{shown(path)}: another run writes into this folder: wait for it, or name another "
                "by `folder`"
            )
        remove_stale(path)
        yield
    finally:
        with suppress(OSError):
            for folder in made:
                folder.rmdir()
        os.close(handle)
