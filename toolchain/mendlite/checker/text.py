"""Text of a certificate or model file, made fit for a terminal: printable ASCII, cut where long.

Whoever made the file chose that text. Escape sequences, line feeds, marks that turn the writing
direction and lone surrogates are shown as backslash escapes, so that no text can look like a line
of the checker's own.
"""

from __future__ import annotations

from typing import Any

MOST = 100
"""Characters of one value that are shown."""

LINE = 2000
"""Characters of one line that are shown."""

PRINTABLE = range(32, 127)


def plain(text: str, most: int = LINE) -> str:
    """The text in printable ASCII, everything else as a backslash escape, at most ``most`` long."""
    cut = text if len(text) <= most else text[:most] + "..."
    return "".join(c if ord(c) in PRINTABLE else ascii(c)[1:-1] for c in cut)


def shown(value: Any) -> str:
    """A value of a certificate as Python writes it, texts in quotes, cut where it is long."""
    try:
        return plain(ascii(value), MOST)
    except RecursionError:
        return "a value that is nested too deep"
