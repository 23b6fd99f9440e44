"""Names and sentences as the page shows them."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from mendlite.reading.limited import printable

CODE = re.compile("`([^`]+)`")

LETTERS = 60
"""Characters of a tensor's name that are shown."""


def first_name(name: str) -> str:
    """A tensor's name without those of the operators that a converter fused into it."""
    first = printable(name.split(";", maxsplit=1)[0])
    return first if len(first) <= LETTERS else f"…{first[1 - LETTERS :]}"


def capital(sentence: str) -> str:
    """The sentence with a capital letter, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def marked(sentence: str) -> Markup:
    """A sentence whose `parameters` are set as code, with a full stop."""
    text = sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped above
