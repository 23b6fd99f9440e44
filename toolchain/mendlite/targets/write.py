"""The text of a ``target.toml``: the inverse of reading one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from mendlite.targets.schema import Target

LEFT_OUT = "path"
"""A field that loading fills in, and no file holds."""


def target_text(target: Target) -> str:
    """TOML that ``parse`` reads as the same target; what has its default is left out."""
    return "\n".join(_table("", _plain(target))).strip("\n") + "\n"


def _plain(value: Any) -> Any:
    """Tables as dictionaries by TOML key, without defaults; other values as they are."""
    if isinstance(value, msgspec.Struct):
        return {
            field.encode_name: _plain(getattr(value, field.name))
            for field in msgspec.structs.fields(value)
            if field.name != LEFT_OUT and not _is_default(value, field)
        }
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _is_default(value: msgspec.Struct, field: Any) -> bool:
    """Whether the field needs no line; tables in lists are kept, for a reader's sake."""
    held = getattr(value, field.name)
    if isinstance(held, tuple) and held and isinstance(held[0], msgspec.Struct):
        return False
    if field.default_factory is not msgspec.NODEFAULT:
        return bool(held == field.default_factory())
    return bool(field.default is not msgspec.NODEFAULT and held == field.default)


def _table(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a table: its values, then the tables in it, each behind an empty line."""
    nested = {key: value for key, value in table.items() if _has_header(name, value)}
    yield from (f"{_key(k)} = {_value(v)}" for k, v in table.items() if k not in nested)
    for key, value in nested.items():
        path = f"{name}.{_key(key)}" if name else _key(key)
        for part in value if isinstance(value, list) else [value]:
            yield ""
            lines = list(_table(path, part))
            if isinstance(value, list):
                yield f"[[{path}]]"
            elif lines and not lines[0]:
                del lines[0]
            else:
                yield f"[{path}]"
            yield from lines


def _has_header(name: str, value: Any) -> bool:
    """Whether a value is written as a table of its own; the sets of samples stand in one line."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict) and name != "samples" and name.count(".") < 1


def _key(key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if bare else _value(key)


def _value(value: Any) -> str:
    """A TOML value; JSON's strings, numbers, marks and lists are TOML's."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        # JSON lets DEL through, TOML does not.
        return json.dumps(value).replace("\x7f", "\\u007f")
    return json.dumps(value)
