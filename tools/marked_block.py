"""Blocks of a Markdown file that a program writes, between two marker lines."""

from __future__ import annotations

from pathlib import Path


def read_block(path: Path, begin: str, end: str) -> str:
    """The text between the two markers; raises ValueError where one is missing."""
    return _split(path, begin, end)[1]


def write_block(path: Path, begin: str, end: str, text: str) -> None:
    """Replace what lies between the two markers; raises ValueError where one is missing."""
    before, _, after = _split(path, begin, end)
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def _split(path: Path, begin: str, end: str) -> tuple[str, str, str]:
    before, first, rest = path.read_text(encoding="utf-8").partition(begin)
    inside, second, after = rest.partition(end)
    if not first or not second:
        raise ValueError(f"{path} lacks the line {end if first else begin}")
    return before, inside.strip("\n"), after
