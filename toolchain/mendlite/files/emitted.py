"""Folders of emitted files: only what an earlier run emitted, byte for byte, is replaced.

A hex file or a firmware image does not say who wrote it. So its digest is looked up: in the
manifest beside it, or in a record that lies there while files are written, and for as long as the
manifest does not list them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from mendlite.errors import BadInputError, MendliteError
from mendlite.files.folders import hold_folder
from mendlite.files.forms import HEAD, form_of, require_replaceable
from mendlite.files.parts import sync_folder
from mendlite.files.writing import write_together
from mendlite.reading.limited import MARKER, MEGABYTE, Kind, digest_of, is_there, shown, words
from mendlite.reading.text import read_json

RECORD, MANIFEST = ".mendlite-emitted.json", "manifest.json"
FORMAT, VERSION = "mendlite-emitted", 1
EMITTED = Kind(what="emitted file", largest=4096 * MEGABYTE)
"""A model of 512 MB is 3 GB as a C array."""

OUR_FORMS = ("manifest", "harness")
"""Forms that nothing but ``emit`` writes."""

Digests = Mapping[str, frozenset[str]]
"""By file name, the sha256 in hex of what a run wrote there."""


def write_emitted(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write emitted files into a folder, in the order given, with a record of their digests.

    Raises BadInputError where a file of these names is there that was not emitted or was edited
    since; MendliteError (a full disk, another run) and then leaves what was there before.
    """
    with hold_folder(folder):
        known = _known(folder)
        new = {name: _digests(folder, name, contents, known) for name in contents}
        record = {**known, **{name: new[name] for name in new if not _form(contents[name])}}
        if not record:
            write_together(folder, contents)
            return
        # The record comes first: a run that is killed has recorded what was there and what is now.
        write_together(folder, {RECORD: _dumps(record), **contents})
        if MANIFEST in contents and record.keys() <= contents.keys():
            _remove(folder)


def _digests(
    folder: Path, name: str, contents: Mapping[str, bytes], known: Digests
) -> frozenset[str]:
    """What may lie under this name from now on; raises where something else lies there."""
    path, new = folder / name, sha256(contents[name]).hexdigest()
    form = _form(contents[name])
    require_replaceable(path, form)
    if not is_there(path):
        return frozenset({new})
    there = digest_of(path, EMITTED)
    if form is None and there not in known.get(name, frozenset()) | {new}:
        raise BadInputError(
            f"{shown(path)} is there and is not as this command wrote it: remove it, or name "
            "another place by `folder`"
        )
    return frozenset({new, there})


def _form(data: bytes) -> str | None:
    """The form that marks an emitted file as mendlite's; None without one."""
    form = form_of(data[:HEAD])
    return form if form in OUR_FORMS else None


def _known(folder: Path) -> Digests:
    """The digests of what earlier runs emitted into a folder."""
    listed = _read(folder / MANIFEST, "mendlite-manifest")
    emitted = {
        name: frozenset({entry["sha256"]})
        for name, entry in listed.items()
        if isinstance(entry, dict) and isinstance(entry.get("sha256"), str)
    }
    for name, digests in _read(folder / RECORD, FORMAT).items():
        if isinstance(digests, list) and all(isinstance(one, str) for one in digests):
            emitted[name] = emitted.get(name, frozenset()) | frozenset(digests)
    return emitted


def _read(path: Path, form: str) -> dict[str, Any]:
    """The files that a JSON file of mendlite's lists; none where it is missing or another's."""
    require_replaceable(path)
    if not is_there(path):
        return {}
    try:
        said = read_json(path, MARKER)
    except BadInputError:
        return {}
    files = said.get("files") if isinstance(said, dict) and said.get("format") == form else None
    return files if isinstance(files, dict) else {}


def _dumps(record: Digests) -> bytes:
    files = {name: sorted(digests) for name, digests in sorted(record.items())}
    said = {"format": FORMAT, "version": VERSION, "files": files}
    return (json.dumps(said, indent=1) + "\n").encode()


def _remove(folder: Path) -> None:
    """Remove the record, where the manifest has the same."""
    try:
        (folder / RECORD).unlink()
        sync_folder(folder)
    except OSError as error:
        raise MendliteError(f"{shown(folder)}: cannot write: {words(error)}") from error
