"""Byte ranges of a file that an edit may write, and what else lies there.

A flatbuffer may place its parts anywhere, also on top of each other. A repair writes constants,
scales and zero-points in place, so that nothing else may lie in their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mendlite.errors import MalformedModelError

EDITABLE = frozenset({"data", "scale", "zero_point"})
"""Fields of the schema whose values are edited in place."""


class ByteSpan(NamedTuple):
    """Bytes ``begin`` to ``end`` (exclusive); ``field`` is a name of EDITABLE or empty."""

    begin: int
    end: int
    field: str
    place: str

    @property
    def key(self) -> tuple[int, int, str]:
        """Equal spans are one and the same vector, which several tables may name."""
        return self.begin, self.end, self.field


def require_disjoint(spans: Iterable[ByteSpan]) -> None:
    """Raise MalformedModelError where editable bytes are also part of something else."""
    unique = {span.key: span for span in spans if span.end > span.begin}
    furthest: ByteSpan | None = None
    furthest_editable: ByteSpan | None = None
    for key in sorted(unique):
        span = unique[key]
        before = furthest if span.field else furthest_editable
        if before is not None and span.begin < before.end:
            raise MalformedModelError(
                f"{span.place} (bytes {span.begin} to {span.end}) overlaps {before.place} "
                f"(bytes {before.begin} to {before.end}): an edit of one would change the other"
            )
        if furthest is None or span.end > furthest.end:
            furthest = span
        if span.field and (furthest_editable is None or span.end > furthest_editable.end):
            furthest_editable = span
