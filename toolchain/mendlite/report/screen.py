"""What a stream can show: colours, its width, its characters."""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 110
"""Columns of a stream that is no terminal."""

PLAIN = {"→": "->", "…": "...", "≥": ">="}
"""What stands for a character that the stream's encoding lacks."""


class PlainText(StringIO):
    """A text that is kept: no colours whatever the environment requests, and WIDTH columns."""


def coloured(stream: TextIO) -> bool:
    """Whether the stream shows colours.

    Never with NO_COLOR (https://no-color.org), else always with FORCE_COLOR, else on a terminal.
    """
    if os.environ.get("NO_COLOR") or isinstance(stream, PlainText):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Columns of the stream: COLUMNS, else the terminal's, else WIDTH."""
    if isinstance(stream, PlainText):
        return WIDTH
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    if not stream.isatty():
        return WIDTH
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except OSError:
        return WIDTH


def console_of(stream: TextIO) -> Console:
    """The stream for tables and coloured lines.

    Without markup and emoji: "mendlite[ota]" and a name such as ":x:" are printed as they are.
    """
    from rich.console import Console

    shows = coloured(stream)
    return Console(
        file=stream,
        width=width_of(stream),
        color_system="standard" if shows else None,
        force_terminal=True if shows else stream.isatty(),
        no_color=not shows,
        highlight=False,
        markup=False,
        emoji=False,
    )


def show_line(text: str, stream: TextIO, style: str = "") -> None:
    """Print one line: broken between words on a terminal, else as it is."""
    from rich.text import Text

    text = encodable(text, stream)
    console_of(stream).print(Text(text, style=style), soft_wrap=not stream.isatty())


def encodable(text: str, stream: TextIO) -> str:
    """The text with other characters for those that the stream's encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for character, other in PLAIN.items():
            text = text.replace(character, other)
    return text
