"""From the words of a command line or a target to files."""

from __future__ import annotations

import glob
import re
from itertools import islice
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.reading.inside import inside
from mendlite.reading.limited import is_there, shown

MOST = 2**20
"""Most files of a source."""

GLOB = re.compile(r"[*?\[]")


def paths_of(words: tuple[str, ...], root: Path, *, allow_outside: bool) -> tuple[Path, ...]:
    """The files and folders that the words name below ``root``, globs expanded and sorted.

    Raises BadInputError for a name without a file, a glob without a match, and paths that lead
    out of ``root`` unless ``allow_outside``.
    """
    paths: list[Path] = []
    for word in words:
        names = [word]
        if GLOB.search(word) and not is_there(root / word):
            names = _matches(word, root)
        for name in names:
            path = inside(root, name, said_by="data", allow_outside=allow_outside)
            if not is_there(path):
                raise BadInputError(f"{shown(path)}: no such file or folder")
            paths.append(path)
        if len(paths) > MOST:
            raise BadInputError(f"the data are more than {MOST} files")
    if not paths:
        raise BadInputError("`data` names nothing: pass a folder, files, or module:function")
    return tuple(paths)


def _matches(pattern: str, root: Path) -> list[str]:
    # Path.glob takes no absolute pattern.
    matches = glob.iglob(pattern, root_dir=root, recursive=True)  # noqa: PTH207
    try:
        names = sorted(islice(matches, MOST + 1))
    except (OSError, ValueError, re.error):
        names = []
    if not names:
        raise BadInputError(f"no file matches {shown(pattern)} in {shown(root)}")
    return names
