"""``report.json``."""

from __future__ import annotations

import msgspec

from mendlite.model.report import Report


def to_json(report: Report) -> bytes:
    """The report as indented UTF-8 JSON with a final newline (docs/SPEC.md, "The report")."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
