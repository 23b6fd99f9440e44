"""TOML and JSON whose form is bounded before a parser sees it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mendlite.errors import BadInputError
from mendlite.reading.limited import TABLE, Kind, read_limited, shown

NESTING = 24
"""Deepest table, array or dotted key. Parsers take a time that grows with the square of it."""

QUOTED = re.compile(
    r'"""(?:[^\\"]|\\.|"(?!""))*(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']|'(?!''))*(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\.)*(?:"|\\?$)'
    r"|'[^'\n]*(?:'|$)|#[^\n]*",
    re.DOTALL | re.MULTILINE,
)
"""Strings and comments. One that is left open ends with the line or the file: no match fails late,
so the search takes linear time."""

NO_TOML = (ValueError, RecursionError, OverflowError)
"""What a TOML parser raises besides its own errors: a number of 5,000 digits, say."""

DOTTED = re.compile(r"[^\s=,\[\]{}]*")


def read_toml_text(path: Path) -> bytes:
    """The bytes of a TOML file that a parser reads quickly.

    Raises BadInputError for a file that cannot be read, is too large, is no UTF-8 or nests deeper
    than any of mendlite's.
    """
    data = read_limited(path, TABLE)
    try:
        text = QUOTED.sub("s", data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadInputError(f"{shown(path)}: not TOML: it is not UTF-8 text") from error
    if _depth(text) > NESTING or _dots(text) > NESTING:
        raise BadInputError(f"{shown(path)}: its tables nest deeper than {NESTING}")
    return data


def _depth(text: str) -> int:
    """Deepest nesting of brackets."""
    depth = deepest = 0
    for mark in re.findall(r"[\[\]{}]", text):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _dots(text: str) -> int:
    """Most dots of one key; blanks around a dot belong to the key."""
    joined = text.replace(" ", "").replace("\t", "")
    return max((word.count(".") for word in DOTTED.findall(joined)), default=0)


def parse_json(data: bytes, what: str) -> Any:
    """The value of JSON text; raises BadInputError, without the text, where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInputError(f"the {what} is no JSON{place}") from error


def read_json(path: Path, kind: Kind) -> Any:
    """The value of the JSON file at ``path``; raises BadInputError that names the file."""
    try:
        return parse_json(read_limited(path, kind), kind.what)
    except BadInputError as error:
        text = str(error)
        raise BadInputError(
            text if text.startswith(shown(path)) else f"{shown(path)}: {text}"
        ) from None
