"""Paths that a file names must not lead out of the folder that they are relative to."""

from __future__ import annotations

from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown, words


def inside(root: Path, name: str, *, said_by: str, allow_outside: bool) -> Path:
    """``name`` below ``root``.

    Raises BadInputError where it leads elsewhere: an absolute path, "..", or a symbolic link, on
    any part of the way. ``said_by`` names the origin of the path. ``allow_outside`` lifts the rule.
    """
    path = root / name
    try:
        real, within = path.resolve(), root.resolve()
    except RuntimeError:
        # Path.resolve's answer to links in a circle, up to Python 3.12.
        raise BadInputError(f"{said_by}: {shown(name)}: its links lead in a circle") from None
    except (OSError, ValueError) as error:
        raise BadInputError(f"{said_by}: {shown(name)}: {words(error)}") from None
    if not (allow_outside or real.is_relative_to(within)):
        raise BadInputError(
            f"{said_by}: {shown(name)} leads out of the folder {shown(root)}: put the file there, "
            "or allow it by `allow_outside`"
        )
    return path
