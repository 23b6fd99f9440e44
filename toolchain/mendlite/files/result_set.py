"""Sets of files that belong together appear as one.

While a set is written, a list of its digests lies beside it. A run that is killed between two files
leaves the list, which does not fit them: every reader refuses the mixture, and the next run writes
the set again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from mendlite.errors import BadInputError, MendliteError
from mendlite.files.folders import make_folder
from mendlite.files.forms import require_replaceable
from mendlite.files.parts import sync_folder
from mendlite.files.writing import write_together
from mendlite.reading.limited import DATA, MARKER, digest_of, is_there, shown, words
from mendlite.reading.text import read_json

UNFINISHED = ".mendlite-unfinished.json"
FORMAT, VERSION = "mendlite-unfinished", 1
DIGEST = re.compile("[0-9a-f]{64}")

Forms = Mapping[str, str]
"""By file name, the form (``forms.py``) of what may stand there."""


def require_ours(folder: Path, forms: Forms) -> None:
    """Raise BadInputError where a file of these names is there that is not of its form."""
    for name, form in forms.items():
        require_replaceable(folder / name, form)


def require_whole(path: Path) -> Path:
    """``path``, where it belongs to no set that is being written.

    Raises BadInputError where the files of a list are missing or have another digest.
    """
    folder, listed = path.parent, _unfinished(path.parent)
    if path.name not in listed:
        return path
    for name, digest in listed.items():
        if not is_there(folder / name) or digest_of(folder / name, DATA) != digest:
            raise BadInputError(
                f"{shown(path)}: the files of this folder are of two runs: one was killed while it "
                "wrote, or writes now; repair again into this folder, or remove "
                f"{shown(folder / UNFINISHED)} to use them as they are"
            )
    return path


def write_set(folder: Path, contents: Mapping[str, bytes], forms: Forms) -> None:
    """Write the files of a set, so that it is whole or known not to be.

    ``forms`` names all files that a set of this kind may have: an earlier one's that this one has
    not go. Raises BadInputError where something else is in the way, MendliteError (a full disk)
    and then leaves the set before.
    """
    require_ours(folder, forms)
    make_folder(folder)
    digests = {name: sha256(data).hexdigest() for name, data in contents.items()}
    write_together(folder, {UNFINISHED: _dumps(digests)} | dict(contents))
    _remove(folder, [*(name for name in forms if name not in contents), UNFINISHED])


def _unfinished(folder: Path) -> dict[str, str]:
    """The digests that a folder's list names; none where it has no list."""
    path = folder / UNFINISHED
    if not is_there(path):
        return {}
    said = read_json(path, MARKER)
    if not isinstance(said, dict) or (said.get("format"), said.get("version")) != (FORMAT, VERSION):
        raise BadInputError(f"{shown(path)} is no list of mendlite's: remove it")
    files = said.get("files")
    if not isinstance(files, dict) or not all(_fits(*entry) for entry in files.items()):
        raise BadInputError(f"{shown(path)} lists no files with digests: remove it")
    return dict(files)


def _fits(name: Any, digest: Any) -> bool:
    plain = isinstance(name, str) and Path(name).name == name and "\0" not in name
    return plain and isinstance(digest, str) and DIGEST.fullmatch(digest) is not None


def _dumps(digests: Mapping[str, str]) -> bytes:
    said = {"format": FORMAT, "version": VERSION, "files": dict(digests)}
    return (json.dumps(said, indent=1) + "\n").encode()


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Remove regular files, the list last, when all else is on the disk."""
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
            sync_folder(folder)
    except OSError as error:
        raise MendliteError(f"{shown(folder)}: cannot write: {words(error)}") from error
