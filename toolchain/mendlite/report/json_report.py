"""``report.json``."""

from __future__ import annotations

import msgspec


def to_json(report: object) -> bytes:
    """What was found as indented UTF-8 JSON with a final newline (docs/SPEC.md)."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
