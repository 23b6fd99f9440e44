"""The line for an unknown name: what was meant, perhaps, and what there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from mendlite.reading.limited import shown

LONGEST = 64
"""Characters of a name that is compared: the comparison takes a time that grows with its square."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like ``name``; None where none is."""
    if len(name) > LONGEST:
        return None
    by_case = {one.casefold(): one for one in known}
    close = get_close_matches(name.casefold(), by_case, n=1)
    return by_case[close[0]] if close else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """A clause to follow the mention of an unknown name; empty where no known one is like it."""
    meant = nearest(name, known)
    return "" if meant is None else f" (did you mean '{meant}'?)"


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """The sentence for a name of a ``what`` that is none of ``known``."""
    listed = ", ".join(known)
    return f"no {what} is called '{shown(name)}'{suggestion(name, known)}; there are: {listed}"
