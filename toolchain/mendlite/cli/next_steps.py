"""What to do after a repair: commands that work as they stand."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mendlite.model.report import Ending, Report

PAGE = "report.html"
WIDEST = 48
"""Columns of a command from which on the remarks do not stand below each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How the next commands name things: the target, and the folder of the results.

    ``target`` is a word of the command line. ``usual`` is the folder that commands look into by
    themselves. ``board`` is the one that was named, else empty. ``opens``: there is a command that
    opens the page of the report.
    """

    target: str
    out: Path
    usual: Path
    board: str = ""
    opens: bool = True


def next_lines(report: Report, place: Place) -> Iterator[str]:
    """The commands, each with what it does, in the order of use."""
    commands = _after_a_repair if report.ending in {Ending.REPAIRED, Ending.WORSE} else _without_one
    rows = list(commands(report, place))
    width = min(WIDEST, max(len(command) for command, _ in rows))
    yield "next:"
    for command, what in rows:
        yield f"  {command:{width}}  # {what}"


def _after_a_repair(report: Report, place: Place) -> Iterator[tuple[str, str]]:
    model = "" if place.out == place.usual else f" --model {_quoted(place.out / 'repaired.tflite')}"
    target, board = f"{shlex.quote(place.target)}{model}", place.board or "BOARD"
    steps = [
        ("validate", "run it on the board"),
        ("emit", "C array, HEX, OTA delta"),
        ("flash", "write it to the board"),
    ]
    if report.interpreted or report.host_only or report.frames > 1:  # the engine lacks kernels
        del steps[0]
    which = "" if place.board else " ('mendlite boards' lists them)"
    for command, what in steps:
        yield f"mendlite {command} {target} --board {board}", f"{what}{which}"
        which = ""
    yield _page(place)


def _without_one(report: Report, place: Place) -> Iterator[tuple[str, str]]:
    target = shlex.quote(place.target)
    yield f"mendlite analyze {target}", "what quantization cost, layer by layer"
    if report.strategy != "auto":
        yield f"mendlite repair {target} --strategy auto", "more kinds of changes"
    yield _page(place)


def _page(place: Place) -> tuple[str, str]:
    command = f"mendlite report {_quoted(place.out)} --open"
    return command if place.opens else _quoted(place.out / PAGE), "all figures on a page"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
