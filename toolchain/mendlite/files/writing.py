"""Write files whole or not at all, and replace only mendlite's own files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mendlite.errors import MendliteError
from mendlite.files.folders import make_folder
from mendlite.files.forms import HEAD, form_of, require_replaceable
from mendlite.files.parts import PartialFile, remove_stale, sync_folder, write_part
from mendlite.reading.limited import shown, words


def write_together(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write several files of one folder: all beside their places first, synced, then renamed.

    In the order given. Raises BadInputError where a link, a device or a folder stands in the way,
    MendliteError (a full disk, no permission) and then leaves what was there before.
    """
    for name in contents:
        require_replaceable(folder / name)
    make_folder(folder)
    remove_stale(folder)
    parts: list[PartialFile] = []
    try:
        for name, data in contents.items():
            parts.append(write_part(folder / name, data))
        for part in parts:
            part.put()
            # The names must reach the disk in this order: a set's list comes first.
            sync_folder(folder)
    except OSError as error:
        raise MendliteError(f"{shown(folder)}: cannot write: {words(error)}") from error
    finally:
        for part in parts:
            part.close()


def write_file(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write one file, as ``write_together``.

    A file that is there is replaced with ``force``, or where it begins in the same form.
    """
    require_replaceable(path, None if force else form_of(data[:HEAD]) or "none")
    write_together(path.parent, {path.name: data})
