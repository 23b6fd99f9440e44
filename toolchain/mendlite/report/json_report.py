"""``report.json``."""

from __future__ import annotations

import msgspec


def to_json(report: object) -> bytes:
    """What was found as indented UTF-8 JSON with a final newline (docs/SPEC.md)."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def to_line(values: object) -> bytes:
    """Values as UTF-8 JSON on one line: for lists of many numbers."""
    return msgspec.json.encode(values) + b"\n"
