"""Named places in a command's words, filled in; nothing else in braces means anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

PLACE = re.compile(r"\{\{|\}\}|\{([a-z0-9_]*)\}|[{}]")
"""A doubled brace, a named place, or a brace that stands alone."""


def fill(word: str, places: Mapping[str, str]) -> str:
    """The word with each ``{name}`` replaced; ``{{`` and ``}}`` are plain braces.

    Unlike ``str.format`` it reads no attributes, indices or formats. Raises ValueError that states
    what stands in braces without being one of ``places``.
    """

    def value(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] not in places:
            raise ValueError(f"'{match[1] or match[0]}'")
        return places[match[1]]

    return PLACE.sub(value, word)


def require_places(words: Iterable[str], places: Iterable[str]) -> None:
    """Raise ValueError as ``fill`` does, where a word names another place."""
    known = dict.fromkeys(places, "")
    for word in words:
        fill(word, known)
