"""Which entries a certificate may have: what the checker does not know, it cannot vouch for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mendlite.checker.text import shown
from mendlite.errors import ClaimError

MODELS = ("teacher", "base", "patched")

HASHES: Mapping[str, Any] = dict.fromkeys(
    ("samples", "inputs_sha256", "labels_sha256", "recorded_sha256")
)

COUNTS = ("failing_before", "failing_after", "fixed", "regressed")

JUDGED_SET: Mapping[str, Any] = {
    **HASHES,
    "teacher_sha256": None,
    "answers": dict.fromkeys(MODELS),
    "failing": dict.fromkeys(("before", "after")),
    "outputs": dict.fromkeys(("base", "patched")),
    "figures": {**dict.fromkeys(COUNTS), "accuracy": dict.fromkeys(MODELS)},
}

FILE = dict.fromkeys(("name", "sha256", "bytes", "signature"))

TOP: Mapping[str, Any] = {
    **dict.fromkeys(("format", "version", "tool", "versions", "strategy", "seed", "kernels")),
    **dict.fromkeys(("profile", "edits", "graph", "interface", "bounds", "digest", "signature")),
    "target": dict.fromkeys(("name", "reference")),
    "files": {"base": FILE, "patched": FILE, "float": FILE},
    "checks": {
        "bytes": dict.fromkeys(("edits", "bytes_changed", "by_kind")),
        "claims": dict.fromkeys(("backend", "problems", "status", "steps")),
    },
    "recipe": {
        "teacher": None,
        "task": dict.fromkeys(
            ("kind", "tolerance", "threshold", "boxes", "scores", "verdict", "window", "positions")
        ),
        "inputs": None,
    },
    "sets": {"repair": HASHES, "selection": JUDGED_SET, "validation": JUDGED_SET},
}
"""The entries of each table; None where the value is checked elsewhere, or can't be."""


def require_known(certificate: Mapping[str, Any]) -> None:
    """Raise ClaimError where a table has an entry that no check covers."""
    extra = next(_extra(certificate, TOP, ""), None)
    if extra is not None:
        raise ClaimError(f"the certificate has an entry that the checker does not define: {extra}")


def _extra(values: Mapping[str, Any], known: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, value in values.items():
        if key not in known:
            yield shown(place + key)
        elif known[key] is not None and isinstance(value, dict):
            yield from _extra(value, known[key], f"{place}{key}.")
