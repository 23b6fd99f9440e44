"""Boards: where a model lies in their flash, and what flashes them (targets/README.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field, structs

from mendlite.errors import BadInputError
from mendlite.model.places import require_places
from mendlite.reading.limited import shown
from mendlite.reading.names import unknown
from mendlite.reading.text import NO_TOML, read_toml_text
from mendlite.targets.schema import Count, Table

PACKAGE = Path(__file__).parents[1]
FOLDERS = (PACKAGE.parents[1] / "targets" / "boards", PACKAGE / "embedded_boards")
"""Where boards are looked for by name: the checkout's, and those that the wheel carries."""

WITH_TFLM = "-tflm"
"""What a board's name ends with where its firmware runs the user's TFLite Micro."""

Address = Annotated[int, Meta(ge=0, lt=2**32)]

PLACES = ("bin", "hex", "uf2", "address", "port")
"""What a flash command may name in braces."""

STARTED, PRELOADED = ("firmware", "link"), ("model", "address")
"""What an emulator's command and its preload may."""


class LinkTable(Table, frozen=True, kw_only=True):
    """The line to the board.

    ``silence`` in seconds: longer without a valid response, and the board counts as gone.
    ``resets``: how often it may be reset under one piece of work. ``vid`` and ``pid`` are those of
    its USB port, by which it is found.
    """

    baud: Count = 115200
    silence: Annotated[float, Meta(gt=0)] = 10.0
    resets: Count = 3
    vid: Annotated[int, Meta(ge=0, lt=2**16)] | None = None
    pid: Annotated[int, Meta(ge=0, lt=2**16)] | None = None


class EmulatorTable(Table, frozen=True, kw_only=True):
    """A program that plays the board.

    ``command`` starts it, with {firmware} and, where the link is a socket that it inherits, that
    descriptor's number {link} filled in; without {link} the link is its standard input and output.
    ``preload`` is added where the model is executed in place, with {model} and {address};
    ``preload_variable`` names an environment variable that holds the model's path. ``comes_from``
    names where to get the program.
    """

    command: Annotated[list[str], Meta(min_length=1)]
    preload: list[str] = field(default_factory=list)
    preload_variable: str = ""
    comes_from: str = ""


class Board(Table, frozen=True, kw_only=True):
    """A whole board file.

    ``address`` is where the model lies in flash, ``page_size`` what is erased at a time, in bytes;
    ``uf2_family`` the id of its UF2 bootloader; ``flash`` the command that flashes it, with
    {bin}, {hex}, {uf2}, {address} and {port} filled in, and ``flash_from`` names where to get it.
    ``profile`` is the rounding that the board's kernels follow (left out: our own engine follows
    the requested one); ``in_place`` executes the model from flash instead of uploading it.
    """

    name: Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    description: str
    address: Address
    page_size: Count
    uf2_family: Address | None = None
    flash: list[str] = field(default_factory=list)
    flash_from: str = ""
    profile: Literal["tflite_ref", "tflm", "tflm_2026_10", "single"] | None = None
    in_place: bool = False
    link: LinkTable = field(default_factory=LinkTable)
    emulator: EmulatorTable | None = None


def named_boards() -> Iterator[tuple[str, Path]]:
    """(name, path) of every board that has a name."""
    for folder in FOLDERS:
        if folder.is_dir():
            for path in sorted(folder.glob("*.toml")):
                yield path.stem, path
            return


def build_command(name: str) -> str:
    """The command that builds the firmware of the board ``name``."""
    if name.endswith(WITH_TFLM):
        return f"make firmware BOARD={name.removesuffix(WITH_TFLM)} ENGINE=tflm TFLM=path"
    return f"make firmware BOARD={name}"


def load_board(name: str) -> Board:
    """The board ``name`` (a name or a path); raises BadInputError with what is wrong.

    A named board whose name ends with ``-tflm`` too is the same board with TFLite Micro.
    """
    known = dict(named_boards())
    if name not in known and (plain := name.removesuffix(WITH_TFLM)) != name and plain in known:
        board = load_board(plain)
        return structs.replace(board, name=name, description=f"{board.description}, TFLite Micro")
    path = Path(name) if name.endswith(".toml") else known.get(name)
    if path is None:
        raise BadInputError(f"{unknown('board', name, known)}; or pass the path of a board's .toml")
    text = read_toml_text(path)
    try:
        board = msgspec.toml.decode(text, type=Board)
    except (msgspec.MsgspecError, *NO_TOML) as error:
        raise BadInputError(
            f"{shown(path)}: {shown(error)}; targets/README.md explains each field"
        ) from error
    _require_finite(path, board.link.silence)
    _require_places(path, "flash", board.flash, PLACES)
    if board.emulator is not None:
        _require_places(path, "emulator.command", board.emulator.command, STARTED)
        _require_places(path, "emulator.preload", board.emulator.preload, PRELOADED)
    return board


def _require_finite(path: Path, silence: float) -> None:
    if not isfinite(silence):
        raise BadInputError(f"{shown(path)}: link.silence is no number of seconds")


def _require_places(path: Path, field_name: str, words: list[str], places: Sequence[str]) -> None:
    try:
        require_places(words, places)
    except ValueError as error:
        raise BadInputError(
            f"{shown(path)}: {field_name} names {shown(error)}; it may name "
            f"{', '.join(places)} in braces"
        ) from error
