"""``report.json``."""

from __future__ import annotations

import msgspec

from mendlite.model.analysis import Analysis
from mendlite.model.report import Report, Validation


def to_json(report: Report | Analysis | Validation) -> bytes:
    """Indented UTF-8 JSON with a final newline (docs/SPEC.md, "The report")."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
