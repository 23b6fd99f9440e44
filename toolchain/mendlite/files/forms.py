"""How the files that mendlite writes begin: what a later run may replace."""

from __future__ import annotations

import os
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.reading.limited import kind_of_file, shown, words

HEAD = 96
"""Bytes that tell a file's form."""

BEGINNINGS: tuple[tuple[str, int, bytes], ...] = (
    ("model", 4, b"TFL3"),
    ("archive", 0, b"PK\3\4"),
    ("delta", 0, b'{\n "format": "mendlite-delta"'),
    ("certificate", 0, b'{\n"'),
    ("report", 0, b'{\n  "schema": '),
    ("details", 0, b'{"format":"mendlite-report-details"'),
    ("node data", 0, b'{\n "name": "'),
    ("junit", 0, b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="mendlite"'),
    ("summary", 0, b"<!-- mendlite report -->"),
    ("page", 0, b"<!doctype html>\n<!-- mendlite report -->"),
    ("unfinished", 0, b'{\n "format": "mendlite-unfinished"'),
    ("harness", 0, b"/* An int8 network in integer C, rounding profile "),
    ("recipe", 0, b'[\n {\n  "regex": '),
    ("table", 0, b"weights,advised,bytes,int4_layers,samples,"),
    ("manifest", 0, b'{\n "format": "mendlite-manifest"'),
)
"""(form, where, which bytes)."""

PICTURE, SOFTWARE = b"\x89PNG", b"Software\0mendlite"
"""A curve contains the name of the program that drew it."""


def form_of(head: bytes) -> str | None:
    """The form of a file that begins so; None for one that no command writes."""
    for form, at, mark in BEGINNINGS:
        if head[at : at + len(mark)] == mark:
            return form
    return "picture" if head.startswith(PICTURE) and SOFTWARE in head else None


def require_replaceable(path: Path, form: str | None = None) -> None:
    """Raise BadInputError where something stands at ``path`` that must not be replaced.

    That is all but a regular file, and where a ``form`` is given, one of that form.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:
        raise BadInputError(f"{shown(path)}: {words(error)}") from None
    other = kind_of_file(status.st_mode)
    if other:
        raise BadInputError(f"{shown(path)} is {other}, which is not replaced: name another place")
    if form is not None and form_of(_head(path)) != form:
        raise BadInputError(
            f"{shown(path)} is there and was not written by this command: remove it, or name "
            "another place by `folder`"
        )


def _head(path: Path) -> bytes:
    """The first bytes of a regular file; none of one that cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(handle, "rb") as file:
        try:
            return file.read(HEAD)
        except OSError:
            # /proc/self/mem and its like are regular files, too.
            return b""
